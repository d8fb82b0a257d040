using System.Collections.Concurrent;

namespace Nearfar.Evaluation.Statistics;

/// <summary>Exact bounds of (won - lost) / n of paired 0/1 outcomes: no truth is missed more often than alpha, however few the pairs.</summary>
/// <remarks>
/// Tables are ordered by Tango's score statistic, and the probability of one at least as extreme is maximised over the unknown share of pairs
/// that change: Chan 1998, Statistics in Medicine 17:1403, for paired shares. Thread-safe; bounds are kept, as cohorts of one size ask again.
/// </remarks>
internal static class PairedExact
{
    /// <summary>Pairs from which on Tango's own bounds hold well enough.</summary>
    public const int Most = 30;

    private const int Shares = 80;
    private static readonly ConcurrentDictionary<(int Won, int Lost, int N, double Alpha), double> s_bounds = new();

    /// <summary>Lower bound at <paramref name="alpha"/>, one-sided; the upper one is minus that of the counts exchanged.</summary>
    /// <param name="won">Pairs where only the second succeeded.</param>
    /// <param name="lost">Pairs where only the first succeeded.</param>
    /// <param name="n">All pairs, 1 to 29.</param>
    /// <param name="alpha">Above 0 and below 1/2.</param>
    public static double Lower(int won, int lost, int n, double alpha)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(n, Most);
        return s_bounds.GetOrAdd((won, lost, n, alpha), static c => Find(c.Won, c.Lost, c.N, c.Alpha));
    }

    /// <summary>Largest probability, under a true difference, of a table that speaks for a greater one at least as strongly.</summary>
    public static double P(int won, int lost, int n, double difference)
    {
        double least = Proportions.TangoStatistic(won, lost, n, difference) - 1e-9;
        var tables = new List<(int Won, int Lost, double Ways)>();
        for (int w = 0; w <= n; w++)
        {
            for (int l = 0; w + l <= n; l++)
            {
                if (Proportions.TangoStatistic(w, l, n, difference) >= least)
                {
                    tables.Add((w, l, Ways(n, w) * Ways(n - w, l)));
                }
            }
        }

        double from = Math.Max(0, -difference);
        double to = (1 - difference) / 2;
        double greatest = 0;
        for (int step = 0; step <= Shares; step++)
        {
            double loses = from + ((to - from) * step / Shares);
            greatest = Math.Max(greatest, Probability(tables, n, loses + difference, loses));
        }

        return Math.Min(1, greatest);
    }

    // The greatest difference that the table still speaks against at alpha. Halved to a millionth, the precision of a verdict.
    private static double Find(int won, int lost, int n, double alpha)
    {
        double low = -1;
        double high = (double)(won - lost) / n;
        while (high - low > 2e-7)
        {
            double middle = (low + high) / 2;
            (low, high) = P(won, lost, n, middle) <= alpha ? (middle, high) : (low, middle);
        }

        return low;
    }

    private static double Probability(List<(int Won, int Lost, double Ways)> tables, int n, double wins, double loses)
    {
        Span<double> won = stackalloc double[Most];
        Span<double> lost = stackalloc double[Most];
        Span<double> same = stackalloc double[Most];
        Powers(won, Math.Max(0, wins));
        Powers(lost, loses);
        Powers(same, Math.Max(0, 1 - wins - loses));
        double sum = 0;
        foreach (var (w, l, ways) in tables)
        {
            sum += ways * won[w] * lost[l] * same[n - w - l];
        }

        return sum;
    }

    private static void Powers(Span<double> into, double share)
    {
        into[0] = 1;
        for (int i = 1; i < into.Length; i++)
        {
            into[i] = into[i - 1] * share;
        }
    }

    private static double Ways(int n, int k)
    {
        double ways = 1;
        for (int i = 1; i <= k; i++)
        {
            ways = ways * (n - k + i) / i;
        }

        return ways;
    }
}
