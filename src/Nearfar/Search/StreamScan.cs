using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Walks the rows of an index as they lie in memory, eight at a time.</summary>
/// <remarks>
/// The eight come from places far apart, so that memory is asked for more at once than one stream asks. Where most rows may be found, every row is compared, and
/// only one that would enter is asked whether it may; elsewhere only rows that may be found are read.
/// </remarks>
internal abstract unsafe class StreamScan(IndexSnapshot now, ulong[]? filter, CancellationToken cancellationToken)
{
    protected const int Streams = ScanKernels.Streams;
    private const int StreamRows = 2047;        // odd: streams do not start at equal places of the cache
    private const int Group = 64;
    private const int GroupsBetweenChecks = 256;

    /// <param name="rows">The first row of the segment.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="first">Its position.</param>
    /// <param name="start">First position.</param>
    /// <param name="end">Behind the last.</param>
    protected void Walk(void* rows, nint stride, int first, int start, int end)
    {
        byte* origin = (byte*)rows - (first * stride);
        start = MostAreVisible(start, end) ? WalkStreams(origin, stride, start, end) : start;
        WalkVisible(origin, stride, start, end);
    }

    /// <summary>Compares eight rows with all queries.</summary>
    /// <param name="rows">Where they lie.</param>
    /// <param name="positions">Their positions.</param>
    /// <param name="count">How many of them count.</param>
    /// <param name="ahead">Whether the rows that follow come next.</param>
    protected abstract void Score(byte** rows, int* positions, int count, bool ahead);

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

    // Returns where the few rows that do not fill the streams begin.
    private int WalkStreams(byte* origin, nint stride, int start, int end)
    {
        byte** rows = stackalloc byte*[Streams];
        int* positions = stackalloc int[Streams];
        while (end - start >= Streams)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = Math.Min(StreamRows, (end - start) / Streams);
            for (int j = 0; j < Streams; j++)
            {
                positions[j] = start + (j * length);
                rows[j] = origin + (positions[j] * stride);
            }

            for (int r = 0; r < length; r++)
            {
                Score(rows, positions, Streams, ahead: true);
                for (int j = 0; j < Streams; j++)
                {
                    positions[j]++;
                    rows[j] += stride;
                }
            }

            start += length * Streams;
        }

        return start;
    }

    private void WalkVisible(byte* origin, nint stride, int start, int end)
    {
        byte** rows = stackalloc byte*[Streams];
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
                rows[count] = origin + (positions[count] * stride);
                if (++count == Streams)
                {
                    Score(rows, positions, count, ahead: false);
                    count = 0;
                }
            }
        }

        if (count > 0)
        {
            for (int j = count; j < Streams; j++)
            {
                rows[j] = rows[0];      // read again, and left
            }

            Score(rows, positions, count, ahead: false);
        }
    }
}
