using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Few queries over the rows where they lie.</summary>
internal sealed unsafe class FlatScan(IndexSnapshot now, ulong[]? filter, int k, CancellationToken cancellationToken)
{
    private const int Group = 64;
    private const int GroupsBetweenChecks = 256;

    public TopK[] Run(Rows<float> queries, ScanRange range)
    {
        var best = new TopK[queries.Count];
        var padded = new Memory<float>[queries.Count];
        for (int q = 0; q < queries.Count; q++)
        {
            best[q] = new TopK(k, now.Ids);
            padded[q] = AlignedMemory.Allocate(Lanes.RoundUp(queries.Dimensions, Lanes.Count));
            queries[q].CopyTo(padded[q].Span);
        }

        for (int s = 0; s < now.Segments.Length; s++)
        {
            var segment = now.Segments[s];
            int end = Math.Min(range.End, segment.First + now.CountOf(s));
            using var pin = segment.Rows.Data.Pin();
            int groups = 0;
            for (int start = Math.Max(range.Start, segment.First); start < end; start += Group)
            {
                if (groups++ % GroupsBetweenChecks == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                ulong visible = now.Visible(start, end - start, filter);
                for (int q = 0; q < best.Length && visible != 0; q++)      // a group of rows stays in the cache for all queries
                {
                    ScanGroup(padded[q].Span[..queries.Dimensions], (float*)pin.Pointer + ((long)(start - segment.First) * segment.Rows.Stride), segment.Rows.Stride, start, visible, best[q]);
                }
            }
        }

        return best;
    }

    public static void Merge(TopK[] into, TopK[] from)
    {
        for (int q = 0; q < into.Length; q++)
        {
            foreach (var hit in from[q].Drain())
            {
                into[q].Offer(hit.Document, hit.Score);
            }
        }
    }

    private void ScanGroup(ReadOnlySpan<float> query, float* rows, int stride, int first, ulong visible, TopK best)
    {
        const ulong All = (1UL << ScanKernels.Together) - 1;
        int d = query.Length;
        float* guides = stackalloc float[ScanKernels.Together];
        float* squares = stackalloc float[ScanKernels.Together];
        fixed (float* q = query)
        {
            float bound = ScanKernels.ErrorFactor(d) * MathF.Sqrt(ScanKernels.Dot(q, q, d, out _));
            float threshold = best.Threshold;
            for (; visible != 0;)
            {
                int i = BitOperations.TrailingZeroCount(visible);
                float* row = rows + ((long)i * stride);
                int count = (visible >> i & All) == All && d % Lanes.Count == 0 ? ScanKernels.Together : 1;
                if (count == 1)
                {
                    guides[0] = ScanKernels.Dot(q, row, d, out squares[0]);
                    visible &= visible - 1;
                }
                else
                {
                    ScanKernels.Dot4(q, row, stride, d, guides, squares);
                    visible &= ~(All << i);
                }

                for (int j = 0; j < count; j++)
                {
                    if (!(guides[j] + (bound * MathF.Sqrt(squares[j])) + 1e-30f < threshold))      // NaN too is looked at
                    {
                        var span = new ReadOnlySpan<float>(row + ((long)j * stride), d);
                        ExactScore.Offer(best, now, first + i + j, ExactScore.Of(query, span), span);
                        threshold = best.Threshold;
                    }
                }
            }
        }
    }
}
