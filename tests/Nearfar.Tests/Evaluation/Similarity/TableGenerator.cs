using Microsoft.Extensions.AI;

namespace Nearfar.Tests.Evaluation.Similarity;

/// <summary>A provider whose vectors are a table; a text that it has not makes the whole call fail.</summary>
internal sealed class TableGenerator(EmbeddingGeneratorMetadata? metadata = null) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly Dictionary<string, float[]> _table = new(StringComparer.Ordinal);

    public List<string[]> Calls { get; } = [];

    public Exception? Fails { get; set; }

    public int DropsLast { get; set; }

    public TableGenerator With(string text, params float[] vector)
    {
        _table[text] = vector;
        return this;
    }

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. values];
        Calls.Add(texts);
        cancellationToken.ThrowIfCancellationRequested();
        return Fails is null
            ? Task.FromResult<GeneratedEmbeddings<Embedding<float>>>([.. texts.Select(t => new Embedding<float>(_table[t])).SkipLast(DropsLast)])
            : throw Fails;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(EmbeddingGeneratorMetadata) ? metadata : null;

    public void Dispose() { }
}
