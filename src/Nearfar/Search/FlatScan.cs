using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Few queries over the rows where they lie.</summary>
internal sealed unsafe class FlatScan(IndexSnapshot now, ulong[]? filter, int k, CancellationToken cancellationToken)
{
    private const int Streams = ScanKernels.Streams;
    private const int StreamRows = 2048;
    private const int Group = 64;
    private const int GroupsBetweenChecks = 256;

    public TopK[] Run(Rows<float> queries, ScanRange range)
    {
        var best = new TopK[queries.Count];
        int d = queries.Dimensions;
        int wide = Lanes.RoundUp(d, Lanes.Count);
        var padded = AlignedMemory.Allocate(queries.Count * wide);
        float[] bounds = new float[queries.Count];
        for (int q = 0; q < queries.Count; q++)
        {
            best[q] = new TopK(k, now.Ids);
            queries[q].CopyTo(padded.Span[(q * wide)..]);
        }

        using var pin = padded.Pin();
        var questions = new Questions((float*)pin.Pointer, wide, d, bounds, best);
        for (int q = 0; q < bounds.Length; q++)
        {
            bounds[q] = ScanKernels.ErrorFactor(d) * MathF.Sqrt(ScanKernels.Dot(questions.Row(q), questions.Row(q), d, out _));
        }

        for (int s = 0; s < now.Segments.Length; s++)
        {
            var segment = now.Segments[s];
            int start = Math.Max(range.Start, segment.First);
            int end = Math.Min(range.End, segment.First + now.CountOf(s));
            if (start < end)
            {
                using var rows = segment.Rows.Data.Pin();
                var source = new Source((float*)rows.Pointer, segment.Rows.Stride, segment.First);
                start = MostAreVisible(start, end) ? ScanStreams(questions, source, start, end) : start;
                ScanVisible(questions, source, start, end);
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

    // Then every row is compared, and only one that would enter is asked whether it may be found.
    private bool MostAreVisible(int start, int end)
    {
        if (filter is null && now.Hidden is null)
        {
            return true;
        }

        int visible = 0;
        for (int group = start; group < end; group += Group)
        {
            visible += BitOperations.PopCount(now.Visible(group, end - group, filter));
        }

        return visible >= (end - start) / 2;
    }

    // Eight streams far apart, a row of each at a time. Returns where the few that do not fill the streams begin.
    private int ScanStreams(Questions questions, Source source, int start, int end)
    {
        float** rows = stackalloc float*[Streams];
        int* positions = stackalloc int[Streams];
        while (end - start >= Streams)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = Math.Min(StreamRows, (end - start) / Streams);
            for (int r = 0; r < length; r++)
            {
                for (int j = 0; j < Streams; j++)
                {
                    positions[j] = start + (j * length) + r;
                    rows[j] = source.Row(positions[j]);
                }

                Score(questions, rows, positions, Streams, ScanKernels.Ahead);
            }

            start += length * Streams;
        }

        return start;
    }

    // Only rows that may be found are read, eight at a time.
    private void ScanVisible(Questions questions, Source source, int start, int end)
    {
        float** rows = stackalloc float*[Streams];
        int* positions = stackalloc int[Streams];
        int count = 0;
        int groups = 0;
        for (int group = start; group < end; group += Group)
        {
            if (groups++ % GroupsBetweenChecks == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            for (ulong visible = now.Visible(group, end - group, filter); visible != 0; visible &= visible - 1)
            {
                positions[count] = group + BitOperations.TrailingZeroCount(visible);
                rows[count] = source.Row(positions[count]);
                if (++count == Streams)
                {
                    Score(questions, rows, positions, count, 0);
                    count = 0;
                }
            }
        }

        if (count > 0)
        {
            for (int j = count; j < Streams; j++)
            {
                rows[j] = rows[0];      // read again and left
            }

            Score(questions, rows, positions, count, 0);
        }
    }

    private void Score(Questions questions, float** rows, int* positions, int count, nint ahead)
    {
        float* guides = stackalloc float[Streams];
        float* squares = stackalloc float[Streams];
        for (int q = 0; q < questions.Best.Length; q++)      // the rows stay in the cache for all queries
        {
            var best = questions.Best[q];
            ScanKernels.Dot8(questions.Row(q), rows, questions.Dimensions, q == 0 ? ahead : 0, guides, squares);
            uint reach = ScanKernels.Reach(guides, squares, questions.Bounds[q], best.Threshold) & ((1u << count) - 1);
            for (; reach != 0; reach &= reach - 1)
            {
                int j = BitOperations.TrailingZeroCount(reach);
                if (now.IsVisible(positions[j], filter))
                {
                    var row = new ReadOnlySpan<float>(rows[j], questions.Dimensions);
                    ExactScore.Offer(best, now, positions[j], ExactScore.Of(new ReadOnlySpan<float>(questions.Row(q), questions.Dimensions), row), row);
                }
            }
        }
    }

    private sealed class Questions(float* start, int stride, int dimensions, float[] bounds, TopK[] best)
    {
        public int Dimensions { get; } = dimensions;

        public float[] Bounds { get; } = bounds;

        public TopK[] Best { get; } = best;

        public float* Row(int q) => start + ((long)q * stride);
    }

    private readonly struct Source(float* start, int stride, int first)
    {
        public float* Row(int position) => start + ((long)(position - first) * stride);
    }
}
