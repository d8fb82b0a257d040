using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>Which of many overlapping cohorts have fallen, tested together: sign flips by cluster, largest statistic, step-down.</summary>
/// <remarks>
/// Under "no change" the sum of a cluster's differences is as likely positive as negative. One flip serves every cohort, metric and
/// reference, so their dependence is kept. Statistic: the fall summed over clusters, divided by the root of its sum of squares, which flips
/// do not change.
/// </remarks>
internal static class JointFallTest
{
    // Values of a test are whole numbers that together stay below this: sums are then exact in 32 bits.
    private const double Whole = 1 << 30;

    // Values times flips that one thread adds up in about a millisecond, before others have started.
    private const long SmallWork = 8_000_000;

    /// <summary>One cohort against one reference.</summary>
    internal sealed record Result(double P, double AdjustedP);

    /// <param name="tests">What is tested; the order does not matter.</param>
    /// <param name="flips">Resamples, B.</param>
    /// <param name="seed">Of the flips.</param>
    /// <param name="threads">At least 1; moves no bit. Null: what the work is worth.</param>
    /// <returns>For each test P = (1 + #{T* at least T}) / (1 + B), alone and adjusted over all.</returns>
    public static Result[] Run(IReadOnlyList<PairedValues> tests, int flips, ulong seed, int? threads = null)
    {
        var units = new Dictionary<string, int>(StringComparer.Ordinal);
        var (starts, unit, value) = (new List<int> { 0 }, new List<int>(), new List<int>());
        var own = new StepDown.Test[tests.Count];
        for (int t = 0; t < own.Length; t++)
        {
            own[t] = Add(tests[t], units, unit, value);
            starts.Add(unit.Count);
        }

        ulong[] keys = new ulong[units.Count];
        foreach (var (name, number) in units)
        {
            keys[number] = SignFlips.Key(name, seed);
        }

        int[][] flat = [[.. starts], [.. unit], [.. value]];
        threads ??= (long)unit.Count * flips < SmallWork ? 1 : Environment.ProcessorCount;
        var result = StepDown.Run(own, flips, () => new SignFlips(keys, flat[0], flat[1], flat[2]), threads.Value);
        return [.. result.P.Select((p, i) => new Result(p, result.Adjusted[i]))];
    }

    /// <summary>Benjamini and Hochberg 1995: which p-values belong to the list whose expected share of false entries is at most <paramref name="rate"/>.</summary>
    public static bool[] FalseDiscovery(IReadOnlyList<double> p, double rate)
    {
        int[] order = [.. Enumerable.Range(0, p.Count).OrderBy(i => p[i])];
        int kept = 0;
        for (int i = 0; i < order.Length; i++)
        {
            kept = p[order[i]] <= rate * (i + 1) / order.Length ? i + 1 : kept;
        }

        bool[] listed = new bool[p.Count];
        foreach (int i in order.Take(kept))
        {
            listed[i] = true;
        }

        return listed;
    }

    // Clusters whose differences cancel are left out: no flip moves them.
    private static StepDown.Test Add(PairedValues test, Dictionary<string, int> units, List<int> unit, List<int> value)
    {
        double[] sums = new double[test.Rows.Count];
        int[] first = new int[test.Rows.Count];
        for (int i = sums.Length - 1; i >= 0; i--)
        {
            sums[test.Clusters[i]] += test.Differences[i];
            first[test.Clusters[i]] = i;
        }

        double absolute = 0;
        foreach (double sum in sums)
        {
            absolute += Math.Abs(sum);
        }

        var (whole, squares, count) = (0, 0.0, 0);
        for (int c = 0; c < sums.Length; c++)
        {
            int rounded = absolute > 0 ? (int)Math.Round(sums[c] / absolute * Whole) : 0;
            if (rounded != 0)
            {
                string name = test.Rows[first[c]].Cluster;
                if (!units.TryGetValue(name, out int number))
                {
                    units[name] = number = units.Count;
                }

                unit.Add(number);
                value.Add(rounded);
                whole += rounded;
                squares += (double)rounded * rounded;
                count++;
            }
        }

        // Each rounding moves a sum by half a unit at most, here and there.
        return new(whole, 0, Math.Sqrt(squares), count);
    }
}
