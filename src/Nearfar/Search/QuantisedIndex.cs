using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>
/// Search in two passes: codes of every row choose candidates, float32 rows order them. The first reads a quarter (int8) or a thirtieth (binary)
/// of the memory that exact search reads; scores are the exact ones, and a document is missed only when its code lost it.
/// </summary>
public sealed class QuantisedIndex : IVectorIndex
{
    private const int QueryBlock = 16;
    private readonly IndexRows _rows;
    private readonly RowCode _code;

    /// <summary>Codes the rows of a set.</summary>
    /// <param name="vectors">Unit rows of float32. Int8 takes its ranges from them; rows added later are clipped to these.</param>
    /// <param name="kind"><see cref="IndexKind.Int8"/> or <see cref="IndexKind.Binary"/>.</param>
    /// <exception cref="ArgumentException">Flat, which has no codes.</exception>
    public QuantisedIndex(VectorSet vectors, IndexKind kind)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        _code = kind switch
        {
            IndexKind.Int8 => new Int8Code(vectors.Rows.Count == 0 ? Int8Ranges.OfUnitVectors(vectors.Rows.Dimensions) : Int8Ranges.Of(vectors.Rows)),
            IndexKind.Binary => new BinaryCode(vectors.Rows.Dimensions),
            _ => throw new ArgumentException($"{kind} has no codes; wanted Int8 or Binary.", nameof(kind)),
        };
        _rows = new IndexRows(vectors, _code);
    }

    internal QuantisedIndex(VectorSet vectors, RowCode code, Memory<byte> codes, Func<int, bool> hasVector, IDisposable files)
    {
        _code = code;
        _rows = new IndexRows(vectors, code, codes, hasVector, files);
    }

    /// <inheritdoc />
    public IndexKind Kind => _code.Kind;

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
        var results = new IReadOnlyList<Hit>[queries.Count];
        int threads = ScanPlan.Threads(options.Threads);
        int wanted = (int)Math.Min(now.Total, (long)options.K * (options.Candidates == 0 ? _code.Candidates : options.Candidates));
        var scan = new CodeScan(_code, now, options.Filter?.Bits, Math.Max(1, wanted), cancellationToken);
        if (queries.Count < threads * 4)      // few queries: threads share the rows
        {
            var heaps = ScanPlan.OverRows(now, threads, range => scan.Run(queries, range), CodeScan.Merge, cancellationToken);
            for (int q = 0; q < queries.Count; q++)
            {
                results[q] = Rank(now, queries[q], heaps?[q], options.K);
            }

            return results;
        }

        ScanPlan.OverBlocks(queries.Count, QueryBlock, threads, (start, count) =>
        {
            var some = queries.Slice(start, count);
            var heaps = scan.Run(some, new ScanRange(0, now.Total));
            for (int q = 0; q < count; q++)
            {
                results[start + q] = Rank(now, some[q], heaps[q], options.K);
            }
        }, cancellationToken);
        return results;
    }

    /// <inheritdoc />
    public void Save(string folder) => IndexFolder.Save(folder, _rows, _code);

    /// <inheritdoc />
    public void Dispose() => _rows.Dispose();

    // The order of candidates does not matter: the best k of a set are one answer.
    private static Hit[] Rank(IndexSnapshot now, ReadOnlySpan<float> query, CandidateHeap? candidates, int k)
    {
        if (candidates is null || !query.ContainsAnyExcept(0f))
        {
            return [];
        }

        var best = new TopK(k, now.Ids);
        foreach (int position in candidates.Positions)
        {
            ExactScore.Offer(best, now, query, position);
        }

        return best.Drain();
    }
}
