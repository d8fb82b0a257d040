namespace Nearfar.Search;

/// <summary>Positions [start, end).</summary>
internal readonly record struct ScanRange(int Start, int End);

/// <summary>How work is spread over threads. One thread means the caller's own.</summary>
internal static class ScanPlan
{
    private const int LeastRows = 4096;

    public static int Threads(int wanted) => wanted == 0 ? Environment.ProcessorCount : wanted;

    /// <summary>Scans all rows in as many ranges as threads and merges what they found; null for an empty index.</summary>
    public static T? OverRows<T>(IndexSnapshot now, int threads, Func<ScanRange, T> scan, Action<T, T> merge, CancellationToken cancellationToken)
        where T : class
    {
        if (now.Total == 0)
        {
            return null;
        }

        int ranges = Math.Clamp(now.Total / LeastRows, 1, threads);
        var found = new T[ranges];
        OverBlocks(ranges, 1, threads, (r, _) => found[r] = scan(new ScanRange((int)((long)now.Total * r / ranges), (int)((long)now.Total * (r + 1) / ranges))), cancellationToken);
        for (int r = 1; r < ranges; r++)
        {
            merge(found[0], found[r]);
        }

        return found[0];
    }

    /// <summary>Calls with the start and length of each block.</summary>
    public static void OverBlocks(int count, int block, int threads, Action<int, int> work, CancellationToken cancellationToken)
    {
        int blocks = (count + block - 1) / block;
        if (threads == 1 || blocks == 1)
        {
            for (int start = 0; start < count; start += block)
            {
                cancellationToken.ThrowIfCancellationRequested();
                work(start, Math.Min(block, count - start));
            }

            return;
        }

        try
        {
            Parallel.For(0, blocks, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
                b => work(b * block, Math.Min(block, count - (b * block))));
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is NearfarException or OperationCanceledException)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);      // the cause, as one thread throws it
        }
    }
}
