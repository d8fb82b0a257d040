using Microsoft.Extensions.AI;
using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>Which side of a search a text stands on; prompts may differ.</summary>
public enum TextRole
{
    /// <summary>What is asked.</summary>
    Query,

    /// <summary>What is retrieved.</summary>
    Document,
}

/// <summary>Texts to unit vectors of one space.</summary>
public interface IEncoder
{
    /// <summary>The space of its vectors: of queries, and of documents unless <see cref="DocumentSpace"/> says otherwise. Names it in reports and releases.</summary>
    EmbeddingSpace Space { get; }

    /// <summary>The space of its document vectors, which is also the space of the indexes that its queries search. An adapter's is that of its frozen base; default: <see cref="Space"/>.</summary>
    EmbeddingSpace DocumentSpace => Space;

    /// <summary>Length of a vector, D.</summary>
    int Dimensions { get; }

    /// <summary>Temperature it was trained at, above 0; null when it is not known. Not part of the space.</summary>
    double? Temperature => null;

    /// <summary>Writes one unit row [D] for each text. A text without any known token gives a zero row: callers count it as a miss, never as similarity 0.</summary>
    /// <param name="texts">Any number of texts.</param>
    /// <param name="role">The side they stand on.</param>
    /// <param name="into">At least texts.Count * D values; row i of text i.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="NearfarException">The encoder failed or returned NaN.</exception>
    ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default);

    /// <summary>The query side as Microsoft.Extensions.AI sees it.</summary>
    IEmbeddingGenerator<string, Embedding<float>> Queries { get; }

    /// <summary>The document side as Microsoft.Extensions.AI sees it.</summary>
    IEmbeddingGenerator<string, Embedding<float>> Documents { get; }
}
