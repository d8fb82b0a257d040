using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Exact search: every float32 row is compared.</summary>
/// <remarks>
/// Few queries are scanned over the rows as they lie, at the speed of memory, by a product whose error is bounded; every row that the bound cannot
/// exclude is scored exactly. Many queries go through a matrix product that packs some rows at a time. Both give the same bits.
/// </remarks>
public sealed class FlatIndex : IVectorIndex
{
    private const int MostScanned = 8;      // queries; from here on packing the rows costs less than scanning them for each
    private readonly IndexRows _rows;

    /// <param name="vectors">Unit rows; ids break ties.</param>
    public FlatIndex(VectorSet vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        _rows = new IndexRows(vectors, null);
    }

    internal FlatIndex(VectorSet vectors, IDisposable files) => _rows = new IndexRows(vectors, null, files: files);

    /// <inheritdoc />
    public IndexKind Kind => IndexKind.Flat;

    /// <inheritdoc />
    public VectorSet Vectors => _rows.Vectors;

    /// <inheritdoc />
    public IReadOnlyList<string> Ids => _rows.Ids;

    /// <inheritdoc />
    public int Count => _rows.Now.Live;

    /// <inheritdoc />
    public int? PositionOf(string id) => _rows.PositionOf(id);

    /// <inheritdoc />
    public void Add(VectorSet vectors) => _rows.Add(vectors);

    /// <inheritdoc />
    public int Delete(IEnumerable<string> ids) => _rows.Delete(ids);

    /// <inheritdoc />
    public VectorFilter Filter(Func<int, bool> passes) => _rows.Filter(passes);

    /// <inheritdoc />
    public VectorFilter Filter(IEnumerable<string> ids) => _rows.Filter(ids);

    /// <inheritdoc />
    public IReadOnlyList<IReadOnlyList<Hit>> Search(Rows<float> queries, EmbeddingSpace space, SearchOptions options, CancellationToken cancellationToken = default)
    {
        _rows.Check(queries, space, options);
        var now = _rows.Now;
        int threads = ScanPlan.Threads(options.Threads);
        TopK[]? best = queries.Count >= MostScanned
            ? new MatrixScan(now, options, threads, cancellationToken).Run(queries)
            : ScanPlan.OverRows(now, threads, range => new FlatScan(now, options.Filter?.Bits, options.K, cancellationToken).Run(queries, range), FlatScan.Merge, cancellationToken);
        var results = new IReadOnlyList<Hit>[queries.Count];
        for (int q = 0; q < results.Length; q++)
        {
            results[q] = best is not null && queries[q].ContainsAnyExcept(0f) ? best[q].Drain() : [];
        }

        return results;
    }

    /// <inheritdoc />
    public void Save(string folder) => IndexFolder.Save(folder, _rows, null);

    /// <inheritdoc />
    public void Dispose() => _rows.Dispose();

    /// <summary>The score that <see cref="Search"/> gives a query and a document, bit for bit.</summary>
    internal static float Similarity(ReadOnlySpan<float> query, ReadOnlySpan<float> document) => ExactScore.Of(query, document);
}
