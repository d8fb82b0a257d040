namespace Nearfar.Bench.Simulation;

/// <summary>Repetitions on several threads. Each draws from its own stream, so results do not depend on their number.</summary>
internal static class Repetitions
{
    public static T[] Run<T>(int count, int threads, Func<int, T> one)
    {
        var results = new T[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => results[i] = one(i));
        return results;
    }

    /// <summary>How many repetitions it holds for.</summary>
    public static Rate Rate<T>(this IReadOnlyCollection<T> results, Func<T, bool> of) => new(results.Count(of), results.Count);
}
