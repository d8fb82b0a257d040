using Microsoft.Extensions.AI;

namespace Nearfar.Encoding;

/// <summary>One side of an encoder as Microsoft.Extensions.AI sees it.</summary>
internal sealed class EncoderGenerator(IEncoder encoder, TextRole role) : IEmbeddingGenerator<string, Embedding<float>>
{
    private EmbeddingGeneratorMetadata? _metadata;

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } dimensions && dimensions != encoder.Dimensions)
        {
            throw new ArgumentException($"{dimensions} dimensions were asked of an encoder of {encoder.Dimensions}; it gives these only.", nameof(options));
        }

        string[] texts = [.. values];
        float[] vectors = new float[checked(texts.Length * encoder.Dimensions)];
        await encoder.EncodeAsync(texts, role, vectors, cancellationToken).ConfigureAwait(false);
        return [.. texts.Select((_, i) => new Embedding<float>(vectors.AsMemory(i * encoder.Dimensions, encoder.Dimensions)) { ModelId = encoder.Space.Id })];
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
        {
            return null;
        }

        return serviceType == typeof(EmbeddingGeneratorMetadata)
            ? _metadata ??= new EmbeddingGeneratorMetadata("nearfar", null, encoder.Space.Id, encoder.Dimensions)
            : serviceType.IsInstanceOfType(encoder) ? encoder : serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
        // The encoder owns the weights; a generator owns nothing.
    }
}
