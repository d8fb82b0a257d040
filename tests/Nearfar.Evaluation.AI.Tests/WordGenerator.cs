using Microsoft.Extensions.AI;

namespace Nearfar.Evaluation.AI.Tests;

/// <summary>Counts the words "refund", "days" and "plan"; a text with none of them has a zero vector, and "broken" fails.</summary>
internal sealed class WordGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private static readonly string[] s_words = ["refund", "days", "plan"];

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. values];
        return texts.Any(t => t.Contains("broken", StringComparison.Ordinal))
            ? throw new HttpRequestException("503 from the encoder")
            : Task.FromResult<GeneratedEmbeddings<Embedding<float>>>([.. texts.Select(t => new Embedding<float>(s_words.Select(w => (float)t.Split(w).Length - 1).ToArray()))]);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("test", null, "words", 3) : null;

    public void Dispose() { }
}
