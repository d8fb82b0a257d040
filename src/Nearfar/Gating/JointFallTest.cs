using Nearfar.Evaluation;
using Nearfar.Training.Sampling;

namespace Nearfar.Gating;

/// <summary>Which of many overlapping cohorts have fallen, tested together: sign flips by cluster, largest statistic, step-down.</summary>
/// <remarks>
/// Westfall and Young 1993, algorithm 2.8, with sign flips in place of permutations: under "no change" the sum of a cluster's differences
/// is as likely positive as negative. One flip serves every cohort and reference, so their dependence is kept.
/// </remarks>
internal static class JointFallTest
{
    /// <summary>One cohort against one reference.</summary>
    internal sealed record Result(double P, double AdjustedP);

    /// <param name="tests">What is tested; the order does not matter.</param>
    /// <param name="flips">Resamples, B.</param>
    /// <param name="seed">Of the flips.</param>
    /// <returns>For each test P = (1 + #{T* at least T}) / (1 + B), alone and adjusted over all.</returns>
    public static Result[] Run(IReadOnlyList<PairedValues> tests, int flips, ulong seed)
    {
        var sums = ClusterSums(tests, out int clusters);
        double[] observed = [.. sums.Select(s => -s.Sum(c => c.Sum) / s.Scale())];
        int[] order = [.. Enumerable.Range(0, observed.Length).OrderByDescending(i => observed[i])];
        int[] alone = new int[observed.Length];
        int[] joint = new int[observed.Length];
        var random = new SeededRandom(seed);
        double[] signs = new double[clusters];
        for (int b = 0; b < flips; b++)
        {
            Flip(random, signs);
            double greatest = double.NegativeInfinity;
            for (int place = order.Length - 1; place >= 0; place--)
            {
                int test = order[place];
                double statistic = Statistic(sums[test], signs);
                greatest = Math.Max(greatest, statistic);
                // Sums in another order of signs may differ in the last bits where they are equal.
                alone[test] += statistic >= observed[test] - 1e-9 ? 1 : 0;
                joint[test] += greatest >= observed[test] - 1e-9 ? 1 : 0;
            }
        }

        var results = new Result[observed.Length];
        double adjusted = 0;
        foreach (int test in order)
        {
            adjusted = Math.Max(adjusted, (1.0 + joint[test]) / (1 + flips));
            results[test] = new((1.0 + alone[test]) / (1 + flips), adjusted);
        }

        return results;
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

    private static void Flip(SeededRandom random, double[] signs)
    {
        ulong bits = 0;
        for (int c = 0; c < signs.Length; c++)
        {
            bits = (c & 63) == 0 ? random.Next() : bits >> 1;
            signs[c] = (bits & 1) == 0 ? 1 : -1;
        }
    }

    private static double Statistic(Part part, double[] signs)
    {
        double sum = 0;
        foreach (var (cluster, value) in part.Clusters)
        {
            sum += signs[cluster] * value;
        }

        return -sum / part.Scale();
    }

    // Clusters in id order over all tests, so that the draw does not depend on the order of tests or rows.
    private static Part[] ClusterSums(IReadOnlyList<PairedValues> tests, out int clusters)
    {
        var numbers = tests.SelectMany(t => t.Rows).Select(r => r.Cluster).Distinct(StringComparer.Ordinal)
            .Order(Search.Utf8Order.Ascending).Select((id, i) => (id, i)).ToDictionary(c => c.id, c => c.i, StringComparer.Ordinal);
        clusters = numbers.Count;
        var parts = new Part[tests.Count];
        for (int t = 0; t < parts.Length; t++)
        {
            var sums = new SortedDictionary<int, double>();
            for (int i = 0; i < tests[t].Rows.Count; i++)
            {
                int cluster = numbers[tests[t].Rows[i].Cluster];
                sums[cluster] = sums.GetValueOrDefault(cluster) + tests[t].Differences[i];
            }

            parts[t] = new([.. sums.Where(s => s.Value != 0).Select(s => (s.Key, s.Value))]);
        }

        return parts;
    }

    private sealed class Part((int Cluster, double Sum)[] clusters)
    {
        // A sum of squares that flips do not change; 1 when nothing changed, so that the statistic is 0.
        private readonly double _scale = clusters.Length == 0 ? 1 : Math.Sqrt(clusters.Sum(c => c.Sum * c.Sum));

        public (int Cluster, double Sum)[] Clusters => clusters;

        public double Scale() => _scale;

        public double Sum(Func<(int Cluster, double Sum), double> of) => clusters.Sum(of);
    }
}
