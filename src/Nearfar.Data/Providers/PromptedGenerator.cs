using Microsoft.Extensions.AI;

namespace Nearfar.Data.Providers;

/// <summary>Puts a prompt in front of every text.</summary>
internal sealed class PromptedGenerator(IEmbeddingGenerator<string, Embedding<float>> inner, string prompt) : DelegatingEmbeddingGenerator<string, Embedding<float>>(inner)
{
    public override Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GenerateAsync(values.Select(text => prompt + text), options, cancellationToken);
}
