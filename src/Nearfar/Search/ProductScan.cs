using System.Collections.Concurrent;
using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Many queries by matrix products: a thread packs some rows, which stay in its cache while all queries meet them, then the next.</summary>
/// <typeparam name="TBest">What is kept of a query. It must not depend on the order of offering: which thread meets which rows is left open.</typeparam>
internal abstract class ProductScan<TBest>(IndexSnapshot now, ulong[]? filter, int dimensions, int threads, CancellationToken cancellationToken)
    where TBest : class
{
    private const int PackedFloats = 192 << 10;     // 768 KB at a time: stay in the second-level cache
    private const int MostRows = 1024;
    private const int Group = 64;
    private const int QueryBlock = 64;
    private const int TasksOfThread = 4;
    private const int KeptAtATime = 16 << 20;       // of all threads together: 128 MB

    private readonly int _documentBlock = Math.Clamp(PackedFloats / dimensions / Group * Group, Group, MostRows);

    /// <param name="queries">Left side, [Q, D].</param>
    /// <param name="kept">Most that is kept of a query.</param>
    public TBest[] Run(Rows<float> queries, int kept)
    {
        var best = new TBest[queries.Count];
        int most = (int)Math.Max(QueryBlock, KeptAtATime / ((long)kept * threads));
        for (int first = 0; first < queries.Count; first += most)
        {
            RunSome(queries.Slice(first, Math.Min(most, queries.Count - first))).CopyTo(best, first);
        }

        return best;
    }

    protected abstract TBest Start();

    protected abstract float Threshold(TBest best);

    protected abstract void Offer(TBest best, int position, float score);

    protected abstract void Merge(TBest into, TBest from);

    /// <summary>The right side's rows of ascending positions: as they lie, or copied into a buffer.</summary>
    protected abstract ReadOnlySpan<float> RowsAt(ReadOnlySpan<int> positions, Span<float> buffer, out int stride);

    private TBest[] RunSome(Rows<float> queries)
    {
        int blocks = (now.Total + _documentBlock - 1) / _documentBlock;
        int parts = Math.Clamp(((threads * TasksOfThread) + blocks - 1) / Math.Max(1, blocks), 1, (queries.Count + QueryBlock - 1) / QueryBlock);
        int length = (queries.Count + parts - 1) / parts;
        var idle = new ConcurrentBag<Worker>();
        ScanPlan.OverBlocks(blocks * parts, 1, threads, (task, _) =>
        {
            if (!idle.TryTake(out var worker))
            {
                worker = new Worker(dimensions, _documentBlock, [.. Enumerable.Range(0, queries.Count).Select(_ => Start())]);
            }

            int first = task % parts * length;
            Score(worker, task / parts * _documentBlock, queries, first, Math.Min(queries.Count, first + length));
            idle.Add(worker);
        }, cancellationToken);
        if (!idle.TryTake(out var one))
        {
            return [.. Enumerable.Range(0, queries.Count).Select(_ => Start())];
        }

        foreach (var other in idle)
        {
            for (int q = 0; q < queries.Count; q++)
            {
                Merge(one.Best[q], other.Best[q]);
            }
        }

        return one.Best;
    }

    private void Score(Worker worker, int start, Rows<float> queries, int first, int end)
    {
        int count = 0;
        for (int group = start; group < Math.Min(start + _documentBlock, now.Total); group += Group)
        {
            for (ulong visible = now.Visible(group, now.Total - group, filter); visible != 0; visible &= visible - 1)
            {
                worker.Positions[count++] = group + BitOperations.TrailingZeroCount(visible);
            }
        }

        if (count == 0)
        {
            return;
        }

        var positions = worker.Positions.AsSpan(0, count);
        var rows = RowsAt(positions, worker.Copied, out int stride);
        MatrixKernels.PackTransposed(rows, count, dimensions, stride, worker.Packed.Span);
        for (int q = first; q < end; q += QueryBlock)
        {
            var some = queries.Slice(q, Math.Min(QueryBlock, end - q));
            MatrixKernels.Multiply(some.Data.Span, some.Count, dimensions, some.Stride, worker.Packed.Span, count, worker.Scores.Span, _documentBlock);
            for (int i = 0; i < some.Count; i++)
            {
                if (q + QueryBlock + i < end)
                {
                    Prefetch(queries[q + QueryBlock + i]);
                }

                OfferAll(worker.Best[q + i], positions, worker.Scores.Span.Slice(i * _documentBlock, count));
            }
        }
    }

    // The queries that come next are asked for while this block's scores are looked through: they have left the cache since the last rows.
    private static unsafe void Prefetch(ReadOnlySpan<float> query)
    {
        fixed (float* start = query)
        {
            RowSums.Prefetch(start, query.Length);
        }
    }

    private void OfferAll(TBest best, ReadOnlySpan<int> positions, ReadOnlySpan<float> scores)
    {
        const int Step = 64;
        float threshold = Threshold(best);
        for (int start = 0; start < scores.Length; start += Step)
        {
            var some = scores[start..Math.Min(start + Step, scores.Length)];
            if (!ScanKernels.AnyNotBelow(some, threshold))
            {
                continue;
            }

            for (int i = 0; i < some.Length; i++)
            {
                if (!(some[i] < threshold))      // NaN too is looked at
                {
                    Offer(best, positions[start + i], some[i]);
                    threshold = Threshold(best);
                }
            }
        }
    }

    private sealed class Worker(int dimensions, int rows, TBest[] best)
    {
        private float[]? _copied;

        public TBest[] Best { get; } = best;

        public int[] Positions { get; } = new int[rows];

        public Memory<float> Packed { get; } = AlignedMemory.Allocate(MatrixKernels.PackedLength(rows, dimensions));

        public Memory<float> Scores { get; } = AlignedMemory.Allocate(QueryBlock * rows);

        public Span<float> Copied => _copied ??= new float[rows * dimensions];
    }
}
