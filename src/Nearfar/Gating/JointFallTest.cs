using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>Which of many overlapping cohorts have fallen, tested together: sign flips by cluster, largest statistic, step-down.</summary>
/// <remarks>
/// Under "no change" the sum of a cluster's differences is as likely positive as negative. One flip serves every cohort, metric and
/// reference, so their dependence is kept. Statistic: the fall summed over clusters, divided by the root of <see cref="OwnShare"/> of its own
/// sum of squares and the rest of what the whole set's rate of change expects of such a cohort; flips change neither. A fall within the
/// tolerance counts for nothing, observed or in a resample: what could not block takes no share of the level (docs/decisions/joint-statistic.md).
/// </remarks>
internal static class JointFallTest
{
    /// <summary>Weight of a cohort's own changes in the scale of its statistic; the rest is the whole set's.</summary>
    public const double OwnShare = 0.6;

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
    /// <returns>For each test P = (1 + #{T* at least T}) / (1 + B), alone (of any fall) and adjusted over all; a fall within its tolerance has the adjusted p 1.</returns>
    public static Result[] Run(IReadOnlyList<FallTest> tests, int flips, ulong seed, int? threads = null)
    {
        var units = new Dictionary<string, int>(StringComparer.Ordinal);
        int most = tests.Sum(t => t.Values.Rows.Count);
        var (starts, unit, value) = (new List<int>(tests.Count + 1) { 0 }, new List<int>(most), new List<int>(most));
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
    private static StepDown.Test Add(FallTest test, Dictionary<string, int> units, List<int> unit, List<int> value)
    {
        var values = test.Values;
        var (sums, sizes) = ChangeRate.ByCluster(values);
        int[] first = new int[sums.Length];
        for (int i = sums.Length - 1; i >= 0; i--)
        {
            first[values.Clusters[i]] = i;
        }

        double absolute = sums.Sum(Math.Abs);
        double unitsOfOne = absolute > 0 ? Whole / absolute : 0;
        var (whole, squares, count) = (0, 0.0, 0);
        for (int c = 0; c < sums.Length; c++)
        {
            int rounded = (int)Math.Round(sums[c] * unitsOfOne);
            if (rounded != 0)
            {
                string name = values.Rows[first[c]].Cluster;
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

        double expected = test.Rate is { } rate ? rate.SumOfSquares(sizes) * unitsOfOne * unitsOfOne : squares;
        double spread = squares > 0 ? Math.Sqrt((OwnShare * squares) + ((1 - OwnShare) * expected)) : 0;
        // Each rounding moves a sum by half a unit at most, here and there; a mean counts as fallen when it does so rounded to 1e-6.
        double reach = test.Tolerance is { } tolerance ? ((1e-6 - tolerance) * values.Rows.Count * unitsOfOne) + count : int.MaxValue;
        return new(whole, 0, spread, count, (int)Math.Clamp(reach, int.MinValue, int.MaxValue));
    }
}
