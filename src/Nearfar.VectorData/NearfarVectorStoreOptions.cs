using Microsoft.Extensions.AI;
using Nearfar.Vectors;

namespace Nearfar.VectorData;

/// <summary>Who embeds for a <see cref="NearfarVectorStore"/>, and what its vectors are.</summary>
public sealed record NearfarVectorStoreOptions
{
    /// <summary>A name for people, in metadata and errors. Default: the folder, or null in memory.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Embeds what is upserted, and what is searched, for properties without a generator of their own or of their collection. Default null.
    /// With an encoder of Nearfar: <c>encoder.Documents</c>; searches then go through <c>encoder.Queries</c>.
    /// </summary>
    public IEmbeddingGenerator? EmbeddingGenerator { get; init; }

    /// <summary>Embeds the texts of searches, where questions have another prompt than documents. Default null: as said at <see cref="EmbeddingGenerator"/>.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? QueryEmbeddingGenerator { get; init; }

    /// <summary>
    /// The space of vectors that come ready, or of a generator that does not tell its own. Default null: a generator's model id, else unnamed.
    /// An encoder of Nearfar always tells.
    /// </summary>
    public EmbeddingSpace? Space { get; init; }
}
