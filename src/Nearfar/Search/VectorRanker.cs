using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Ranks a corpus by an encoder and an index. Thread-safe when the encoder is.</summary>
public sealed class VectorRanker : IRanker
{
    private readonly IEncoder _encoder;

    /// <param name="encoder">Encodes the queries.</param>
    /// <param name="index">Documents in corpus order; the space of the encoder's documents must be its query space.</param>
    /// <exception cref="NearfarException">Another space.</exception>
    public VectorRanker(IEncoder encoder, IVectorIndex index)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(index);
        EmbeddingSpace.ThrowUnlessSame(encoder.DocumentSpace, index.Vectors.Space.QuerySpace, "The index", "Rebuild it: nearfar embed, then nearfar index, with this model.");
        _encoder = encoder;
        Index = index;
    }

    /// <summary>The documents.</summary>
    public IVectorIndex Index { get; }

    /// <inheritdoc />
    public string Name => _encoder.Space.Id;

    /// <summary>Encodes a corpus and indexes it for exact search.</summary>
    /// <param name="encoder">Any encoder.</param>
    /// <param name="corpus">Contents are encoded as documents.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public static async Task<VectorRanker> CreateAsync(IEncoder encoder, Corpus corpus, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(corpus);
        var rows = await EncodeAsync(encoder, [.. corpus.Documents.Select(d => d.Content)], TextRole.Document, cancellationToken).ConfigureAwait(false);
        return new VectorRanker(encoder, new FlatIndex(new VectorSet(encoder.DocumentSpace, [.. corpus.Documents.Select(d => d.Id)], rows)));
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        var rows = await EncodeAsync(_encoder, queries, TextRole.Query, cancellationToken).ConfigureAwait(false);
        return Index.Search(rows, _encoder.DocumentSpace, k, cancellationToken);
    }

    internal EmbeddingSpace QuerySpace => _encoder.DocumentSpace;

    internal Task<Rows<float>> EncodeAsync(IReadOnlyList<string> queries, CancellationToken cancellationToken) => EncodeAsync(_encoder, queries, TextRole.Query, cancellationToken);

    private static async Task<Rows<float>> EncodeAsync(IEncoder encoder, IReadOnlyList<string> texts, TextRole role, CancellationToken cancellationToken)
    {
        var rows = Rows.Allocate<float>(texts.Count, encoder.Dimensions);
        await encoder.EncodeAsync(texts, role, rows.Data, cancellationToken).ConfigureAwait(false);
        return rows;
    }
}
