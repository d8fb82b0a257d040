using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>
/// Search in two passes: codes of every row choose candidates, float32 rows order them. The first reads a quarter (int8) or a thirtieth (binary)
/// of the memory that exact search reads; scores are the exact ones, and a document is missed only when its code lost it.
/// </summary>
/// <remarks>Candidates are the same for any number of queries: from some dozens on, int8 codes go through a matrix product.</remarks>
public sealed class QuantisedIndex : VectorIndex
{
    private const int QueryBlock = 16;
    private const int MostScanned = 48;     // queries; from here on packing the codes costs less than scanning them for each
    private readonly RowCode _code;

    /// <summary>Codes the rows of a set.</summary>
    /// <param name="vectors">Unit rows of float32. Int8 takes its ranges from them; rows added later are clipped to these.</param>
    /// <param name="kind"><see cref="IndexKind.Int8"/> or <see cref="IndexKind.Binary"/>.</param>
    /// <exception cref="ArgumentException">Flat, which has no codes.</exception>
    public QuantisedIndex(VectorSet vectors, IndexKind kind) : this(vectors, CodeOf(vectors, kind), null, null, null)
    {
    }

    internal QuantisedIndex(VectorSet vectors, RowCode code, Memory<byte>? codes, Func<int, bool>? hasVector, IDisposable? files) : base(vectors, code, codes, hasVector, files) => _code = code;

    private protected override IReadOnlyList<Hit>[] Find(IndexSnapshot now, Rows<float> queries, SearchOptions options, int threads, CancellationToken cancellationToken)
    {
        var filter = options.Filter?.Bits;
        int wanted = Math.Max(1, (int)Math.Min(now.Total, (long)options.K * (options.Candidates == 0 ? _code.Candidates : options.Candidates)));
        var results = new IReadOnlyList<Hit>[queries.Count];
        void RankAll(int start, CandidateHeap[]? heaps, int count)
        {
            for (int q = 0; q < count; q++)
            {
                results[start + q] = Rank(now, queries[start + q], heaps?[q], options.K);
            }
        }

        if (_code is Int8Code int8 && queries.Count >= MostScanned)
        {
            var heaps = new CodeProducts(now, filter, wanted, queries.Dimensions, threads, cancellationToken).Run(int8.Weights(queries), wanted);
            ScanPlan.OverBlocks(queries.Count, QueryBlock, threads, (start, count) => RankAll(start, heaps[start..(start + count)], count), cancellationToken);
        }
        else if (queries.Count < threads * 4)      // few queries: threads share the rows
        {
            RankAll(0, ScanPlan.OverRows(now, threads, range => CodeScan.Run(_code, now, filter, wanted, queries, range, cancellationToken), CodeScan.Merge, cancellationToken), queries.Count);
        }
        else
        {
            var all = new ScanRange(0, now.Total);
            ScanPlan.OverBlocks(queries.Count, QueryBlock, threads,
                (start, count) => RankAll(start, CodeScan.Run(_code, now, filter, wanted, queries.Slice(start, count), all, cancellationToken), count), cancellationToken);
        }

        return results;
    }

    private static RowCode CodeOf(VectorSet vectors, IndexKind kind)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        return kind switch
        {
            IndexKind.Int8 => new Int8Code(vectors.Rows.Count == 0 ? Int8Ranges.OfUnitVectors(vectors.Rows.Dimensions) : Int8Ranges.Of(vectors.Rows)),
            IndexKind.Binary => new BinaryCode(vectors.Rows.Dimensions),
            _ => throw new ArgumentException($"{kind} has no codes; wanted Int8 or Binary.", nameof(kind)),
        };
    }

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
