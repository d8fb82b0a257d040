namespace Nearfar.Training;

/// <summary>Work cut into blocks whose bounds never depend on the number of threads, so that no result does.</summary>
internal static class Blocks
{
    /// <summary>Rows of a block of texts, anchors or documents.</summary>
    public const int Rows = 64;

    private const int CacheLine = 64 / sizeof(int);     // apart, so that two workers do not pull one line to and fro

    /// <summary>Blocks of <see cref="Rows"/> that hold <paramref name="rows"/>.</summary>
    public static int Of(int rows) => (rows + Rows - 1) / Rows;

    /// <summary>Runs every block once; a worker (0 to threads - 1) runs one block at a time and may own scratch.</summary>
    /// <param name="count">Blocks.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="body">Block, worker.</param>
    public static void Run(int count, int threads, Action<int, int> body)
    {
        int workers = Math.Min(threads, count);
        if (workers <= 1)
        {
            for (int block = 0; block < count; block++)
            {
                body(block, 0);
            }

            return;
        }

        RunOn(workers, count, body);
    }

    // By itself: what a closure captures is allocated where its method begins, and one thread needs no closure.
    // A worker takes the blocks of its own part first: what it wrote in the phase before lies in its own cache. Then it helps the others.
    private static void RunOn(int workers, int count, Action<int, int> body)
    {
        int[] next = new int[workers * CacheLine];
        for (int part = 0; part < workers; part++)
        {
            next[part * CacheLine] = End(part - 1) - 1;
        }

        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, worker =>
        {
            for (int turn = 0; turn < workers; turn++)
            {
                int part = (worker + turn) % workers, end = End(part);
                for (int block = Interlocked.Increment(ref next[part * CacheLine]); block < end; block = Interlocked.Increment(ref next[part * CacheLine]))
                {
                    body(block, worker);
                }
            }
        });

        int End(int part) => (int)((long)count * (part + 1) / workers);
    }
}
