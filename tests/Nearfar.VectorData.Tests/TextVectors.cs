using Microsoft.Extensions.AI;

namespace Nearfar.VectorData.Tests;

/// <summary>Reads vectors that are written as texts, "1, 2, 3"; the last value is replaced, so that one sees which generator was asked.</summary>
internal sealed class TextVectors(float? last = null, string? model = null) : IEmbeddingGenerator<string, Embedding<float>>
{
    public int Calls { get; private set; }

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        Calls++;
        return Task.FromResult<GeneratedEmbeddings<Embedding<float>>>([.. values.Select(v => new Embedding<float>(Read(v)))]);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(EmbeddingGeneratorMetadata) && model is not null ? new EmbeddingGeneratorMetadata("stars", null, model) : null;

    public void Dispose() { }

    private float[] Read(string text)
    {
        float[] vector = [.. text.Split(',').Select(v => float.Parse(v, System.Globalization.CultureInfo.InvariantCulture))];
        vector[^1] = last ?? vector[^1];
        return vector;
    }
}
