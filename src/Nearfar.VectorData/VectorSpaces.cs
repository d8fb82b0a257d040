using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData.ProviderServices;
using Nearfar.Encoding;
using Nearfar.Vectors;

namespace Nearfar.VectorData;

/// <summary>Which space the vectors of a property belong to, and who embeds for it.</summary>
internal static class VectorSpaces
{
    /// <summary>Vectors whose maker nobody named. They match each other, and no named space.</summary>
    public static EmbeddingSpace Unnamed { get; } = new("unnamed");

    /// <summary>The generator's space; what the options say for a generator that does not tell and for vectors that come ready.</summary>
    public static EmbeddingSpace Of(VectorPropertyModel property, NearfarVectorStoreOptions options)
    {
        if (property.EmbeddingGenerator?.GetService(typeof(IEncoder)) is IEncoder encoder)
        {
            return encoder.Space;
        }

        if (options.Space is { } space)
        {
            return space;
        }

        return property.EmbeddingGenerator?.GetService(typeof(EmbeddingGeneratorMetadata)) is EmbeddingGeneratorMetadata { DefaultModelId: { } model } metadata
            ? new EmbeddingSpace($"{metadata.ProviderName ?? "provider"}/{model}/{property.Dimensions}")
            : Unnamed;
    }

    /// <summary>Embeds a search text: an encoder has another prompt for questions than for documents.</summary>
    public static IEmbeddingGenerator<string, Embedding<float>>? QuerySide(VectorPropertyModel property, NearfarVectorStoreOptions options) =>
        options.QueryEmbeddingGenerator is { } given ? given
        : property.EmbeddingGenerator?.GetService(typeof(IEncoder)) is IEncoder encoder && ReferenceEquals(encoder.Documents, property.EmbeddingGenerator) ? encoder.Queries
        : null;
}
