using System.Buffers;
using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Many queries by matrix products: some rows are packed, all queries meet them, then the next rows are packed in the same memory.</summary>
internal sealed class MatrixScan(IndexSnapshot now, SearchOptions options, int threads, CancellationToken cancellationToken)
{
    private const int DocumentBlock = 1024;
    private const int QueryBlock = 64;
    private const int QueryStep = 8;                // rows of a register tile
    private const int PackedFloats = 8 << 20;       // 32 MB packed at a time

    private readonly ulong[]? _filter = options.Filter?.Bits;

    public TopK[] Run(Rows<float> queries)
    {
        var best = new TopK[queries.Count];
        for (int q = 0; q < best.Length; q++)
        {
            best[q] = new TopK(options.K, now.Ids);
        }

        int blocks = Math.Max(threads, PackedFloats / (DocumentBlock * queries.Dimensions));
        var packed = new List<PackedRows>();
        int queryBlock = Math.Clamp(Lanes.RoundUp((queries.Count + threads - 1) / threads, QueryStep), QueryStep, QueryBlock);
        for (int start = 0; start < now.Total;)
        {
            packed.Clear();
            for (; start < now.Total && packed.Count < blocks; start += DocumentBlock)
            {
                packed.Add(new PackedRows(start, Math.Min(DocumentBlock, now.Total - start)));
            }

            ScanPlan.OverBlocks(packed.Count, 1, threads, (b, _) => Pack(packed[b], queries.Dimensions), cancellationToken);
            ScanPlan.OverBlocks(queries.Count, queryBlock, threads, (first, count) => Score(packed, queries.Slice(first, count), best.AsSpan(first, count)), cancellationToken);
            foreach (var block in packed)
            {
                ArrayPool<float>.Shared.Return(block.Panels);
            }
        }

        return best;
    }

    // The rows of a block that may be found, side by side.
    private void Pack(PackedRows block, int d)
    {
        int[] positions = block.Positions;
        for (int group = 0; group < block.Range; group += 64)
        {
            for (ulong visible = now.Visible(block.Start + group, block.Range - group, _filter); visible != 0; visible &= visible - 1)
            {
                positions[block.Count++] = block.Start + group + BitOperations.TrailingZeroCount(visible);
            }
        }

        block.Panels = ArrayPool<float>.Shared.Rent(Math.Max(1, MatrixKernels.PackedLength(block.Count, d)));
        if (block.Count > 0 && InOnePiece(positions[0], positions[block.Count - 1], block.Count) is { } segment)
        {
            var rows = segment.Rows;
            MatrixKernels.PackTransposed(rows.Data.Span[((positions[0] - segment.First) * rows.Stride)..], block.Count, d, rows.Stride, block.Panels);
            return;
        }

        float[] gathered = ArrayPool<float>.Shared.Rent(Math.Max(1, block.Count * d));
        for (int i = 0; i < block.Count; i++)
        {
            now.Row(positions[i]).CopyTo(gathered.AsSpan(i * d, d));
        }

        MatrixKernels.PackTransposed(gathered, block.Count, d, d, block.Panels);
        ArrayPool<float>.Shared.Return(gathered);
    }

    private RowSegment? InOnePiece(int first, int last, int count)
    {
        var segment = now.Segments.Last(s => s.First <= first);
        return last - first + 1 == count && last < segment.First + segment.Rows.Count ? segment : null;
    }

    private void Score(List<PackedRows> packed, Rows<float> queries, Span<TopK> best)
    {
        float[] scores = ArrayPool<float>.Shared.Rent(queries.Count * DocumentBlock);
        foreach (var block in packed)
        {
            if (block.Count == 0)
            {
                continue;
            }

            MatrixKernels.Multiply(queries.Data.Span, queries.Count, queries.Dimensions, queries.Stride, block.Panels, block.Count, scores, DocumentBlock);
            for (int q = 0; q < queries.Count; q++)
            {
                Offer(best[q], block, scores.AsSpan(q * DocumentBlock, block.Count));
            }
        }

        ArrayPool<float>.Shared.Return(scores);
    }

    private void Offer(TopK best, PackedRows block, ReadOnlySpan<float> scores)
    {
        const int Step = 64;
        float threshold = best.Threshold;
        for (int start = 0; start < scores.Length; start += Step)
        {
            var some = scores[start..Math.Min(start + Step, scores.Length)];
            if (!ScanKernels.AnyNotBelow(some, threshold))
            {
                continue;
            }

            for (int i = 0; i < some.Length; i++)
            {
                if (!(some[i] < threshold))
                {
                    ExactScore.Offer(best, now, block.Positions[start + i], some[i], now.Row(block.Positions[start + i]));
                    threshold = best.Threshold;
                }
            }
        }
    }

    private sealed class PackedRows(int start, int range)
    {
        public int Start { get; } = start;

        public int Range { get; } = range;

        public int[] Positions { get; } = new int[range];

        public int Count { get; set; }

        public float[] Panels { get; set; } = [];
    }
}
