using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Exact search: every float32 row is compared.</summary>
/// <remarks>
/// Few queries are scanned over the rows as they lie, at the speed of memory, by a product whose error is bounded; every row that the bound cannot
/// exclude is scored exactly. Many queries go through a matrix product that packs some rows at a time. Both give the same bits; the rows are held once.
/// </remarks>
public sealed class FlatIndex : VectorIndex
{
    private const int MostScanned = 8;      // queries; from here on packing the rows costs less than scanning them for each

    /// <param name="vectors">Unit rows; ids break ties.</param>
    public FlatIndex(VectorSet vectors) : base(vectors, null)
    {
    }

    internal FlatIndex(VectorSet vectors, IDisposable files) : base(vectors, null, files: files)
    {
    }

    /// <summary>The score that <see cref="IVectorIndex.Search"/> gives a query and a document, bit for bit.</summary>
    internal static float Similarity(ReadOnlySpan<float> query, ReadOnlySpan<float> document) => ExactScore.Of(query, document);

    private protected override IReadOnlyList<Hit>[] Find(IndexSnapshot now, Rows<float> queries, SearchOptions options, int threads, CancellationToken cancellationToken)
    {
        var filter = options.Filter?.Bits;
        TopK[]? best = queries.Count >= MostScanned
            ? new FlatProducts(now, filter, options.K, queries.Dimensions, threads, cancellationToken).Run(queries, options.K)
            : ScanPlan.OverRows(now, threads, range => FlatScan.Run(now, filter, options.K, queries, range, cancellationToken), FlatScan.Merge, cancellationToken);
        var results = new IReadOnlyList<Hit>[queries.Count];
        for (int q = 0; q < results.Length; q++)
        {
            results[q] = best is not null && queries[q].ContainsAnyExcept(0f) ? best[q].Drain() : [];
        }

        return results;
    }
}
