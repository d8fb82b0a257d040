using Nearfar.Evaluation.Statistics;
using Nearfar.Pairs;
using Nearfar.Training.Sampling;

namespace Nearfar.Gating.Sets;

/// <summary>One value of a cohort attribute, in the gate set and in traffic.</summary>
/// <param name="Value">The value.</param>
/// <param name="Gate">Gate questions with it.</param>
/// <param name="Traffic">Traffic questions with it.</param>
/// <param name="Difference">Share in traffic less share in the gate set, -1 to 1.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <remarks>Interval: Newcombe 1998, Statistics in Medicine 17:873, method 10 (Wilson limits of both shares, squared and added).</remarks>
public sealed record ShareDifference(string Value, int Gate, int Traffic, double Difference, double Low, double High)
{
    /// <summary>Whether fewer than ten questions of both together have the value, or lack it: the interval is then wider than one of 95 % (docs/decisions/intervals-of-figures.md).</summary>
    public bool FewCases { get; init; }
}

/// <summary>Whether the gate set asks what production asks, for one cohort attribute. Effect size first: what is large matters, what is significant may not.</summary>
public sealed record ShareComparison
{
    private const int Shuffles = 1999;

    private ShareComparison() { }

    /// <summary>The attribute.</summary>
    public required string Attribute { get; init; }

    /// <summary>
    /// Effect size: share of gate questions that would need another value to have the shares of traffic (total variation distance), 0 to 1; less
    /// <see cref="MovedByChance"/> it is what size does not explain.
    /// </summary>
    public required double Moved { get; init; }

    /// <summary>Mean of <see cref="Moved"/> when both are drawn from one source: what sets of these sizes show by chance.</summary>
    public required double MovedByChance { get; init; }

    /// <summary>Share of shuffles that moved at least as much: (1 + #) / (1 + 1999). Not adjusted for the number of attributes.</summary>
    public required double P { get; init; }

    /// <summary>Questions of the gate set whose value is known.</summary>
    public required int GateKnown { get; init; }

    /// <summary>Questions of the gate set.</summary>
    public required int Gate { get; init; }

    /// <summary>Traffic questions whose value is known.</summary>
    public required int TrafficKnown { get; init; }

    /// <summary>Traffic questions.</summary>
    public required int Traffic { get; init; }

    /// <summary>Values, largest difference first.</summary>
    public required IReadOnlyList<ShareDifference> Values { get; init; }

    /// <summary>Compares the values of an attribute; unknown ones are counted and take no part.</summary>
    /// <param name="attribute">Its name.</param>
    /// <param name="gate">Value of every gate question.</param>
    /// <param name="traffic">Value of every distinct traffic question.</param>
    /// <param name="seed">Of the shuffles.</param>
    /// <returns>Null when one side knows no value at all.</returns>
    public static ShareComparison? Of(string attribute, IReadOnlyList<string> gate, IReadOnlyList<string> traffic, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(traffic);
        string[] values = [.. gate.Concat(traffic).Where(v => v != CohortResolver.Unknown).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var number = values.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => p.i, StringComparer.Ordinal);
        int[] left = [.. gate.Where(number.ContainsKey).Select(v => number[v])];
        int[] right = [.. traffic.Where(number.ContainsKey).Select(v => number[v])];
        if (left.Length == 0 || right.Length == 0)
        {
            return null;
        }

        double moved = Distance(Count(left, values.Length), Count(right, values.Length), left.Length, right.Length);
        var (chance, p) = Shuffle(left, right, values.Length, moved, SeededRandom.For(seed, 0, "shares of " + attribute));
        return new ShareComparison
        {
            Attribute = attribute,
            Moved = moved,
            MovedByChance = chance,
            P = p,
            GateKnown = left.Length,
            Gate = gate.Count,
            TrafficKnown = right.Length,
            Traffic = traffic.Count,
            Values = [.. values.Select((v, i) => Difference(v, left.Count(x => x == i), left.Length, right.Count(x => x == i), right.Length)).OrderByDescending(d => Math.Abs(d.Difference)).ThenBy(d => d.Value, StringComparer.Ordinal)],
        };
    }

    /// <summary>Adjusts p-values for being several, so that one false alarm among all is as rare as the limit says (Holm 1979).</summary>
    /// <param name="p">Of all comparisons, in any order.</param>
    /// <returns>In the same order.</returns>
    internal static double[] Holm(IReadOnlyList<double> p)
    {
        double[] adjusted = new double[p.Count];
        double running = 0;
        int rank = 0;
        foreach (int i in Enumerable.Range(0, p.Count).OrderBy(i => p[i]))
        {
            running = Math.Max(running, Math.Min(1, p[i] * (p.Count - rank++)));
            adjusted[i] = running;
        }

        return adjusted;
    }

    // The smaller side is drawn from both together; the other side is the rest.
    private static (double Mean, double P) Shuffle(int[] left, int[] right, int values, double moved, SeededRandom random)
    {
        int[] all = [.. left, .. right];
        int[] total = Count(all, values);
        int drawn = Math.Min(left.Length, right.Length);
        double sum = 0;
        int reached = 0;
        for (int shuffle = 0; shuffle < Shuffles; shuffle++)
        {
            int[] counts = new int[values];
            for (int i = 0; i < drawn; i++)
            {
                int j = i + random.Below(all.Length - i);
                (all[i], all[j]) = (all[j], all[i]);
                counts[all[i]]++;
            }

            double distance = Distance(counts, [.. total.Zip(counts, (t, c) => t - c)], drawn, all.Length - drawn);
            sum += distance;
            reached += distance >= moved - 1e-12 ? 1 : 0;
        }

        return (sum / Shuffles, (1.0 + reached) / (1 + Shuffles));
    }

    private static int[] Count(int[] items, int values)
    {
        int[] counts = new int[values];
        foreach (int item in items)
        {
            counts[item]++;
        }

        return counts;
    }

    private static double Distance(int[] a, int[] b, int na, int nb)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += Math.Abs(((double)a[i] / na) - ((double)b[i] / nb));
        }

        return sum / 2;
    }

    internal static ShareDifference Difference(string value, int gate, int gates, int traffic, int traffics)
    {
        var (gateLow, gateHigh) = Proportions.Wilson(gate, gates, 0.025);
        var (trafficLow, trafficHigh) = Proportions.Wilson(traffic, traffics, 0.025);
        double p = (double)traffic / traffics, q = (double)gate / gates;
        return new ShareDifference(value, gate, traffic, p - q, p - q - Math.Sqrt(Square(p - trafficLow) + Square(gateHigh - q)), p - q + Math.Sqrt(Square(trafficHigh - p) + Square(q - gateLow)))
        {
            FewCases = Math.Min(gate + traffic, gates + traffics - gate - traffic) < MeanBounds.EnoughEvents,
        };
    }

    private static double Square(double x) => x * x;
}
