using Nearfar.Evaluation.Statistics;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation.Geometry;

/// <summary>Hubs of a judged set: documents that stand in the top k of many questions, whatever is asked.</summary>
/// <remarks>
/// Intervals: jackknife over groups of pages (a question goes where its page goes), at most 50 groups dealt by seed, t with groups - 1 degrees
/// of freedom (Efron and Tibshirani 1993, 11). A bootstrap would draw questions twice and make hubs of its own.
/// </remarks>
internal static class Hubness
{
    private const int MostGroups = 50;
    private const int MostNamed = 10;
    private static readonly string[] s_names = [GeometryNames.HubSkew, GeometryNames.HubRobinHood, GeometryNames.AntiHubShare, GeometryNames.HubShare];

    /// <returns>The hubs, most found first.</returns>
    public static IReadOnlyList<Hub> AddTo(
        SortedDictionary<string, Estimate> measures, JudgedSet set, int[] queries, int[] documents, IReadOnlyList<IReadOnlyList<Hit>> hits, int k, ulong seed)
    {
        int[][] found = [.. queries.Select(q => hits[q].Take(k).Select(h => h.Document).ToArray())];
        var counts = Count(found, _ => true);
        if (HubCounts.Figures(counts.Values, documents.Length, k) is not { } figures)
        {
            return [];
        }

        int[] groups = Groups([.. queries.Select(q => set.Queries[q].PrimaryId)], seed);
        double[][]? without = LeaveOut(found, groups, documents.Length, k);
        for (int m = 0; m < s_names.Length; m++)
        {
            var interval = without is null ? null : Jackknife(figures[m], [.. without.Select(w => w[m])]);
            measures[s_names[m]] = m == 0
                ? new(queries.Length, figures[m], interval?.Low, interval?.High)
                : new(queries.Length, figures[m], interval is { } i ? Math.Max(0, i.Low) : null, interval is { } j ? Math.Min(1, j.High) : null);
        }

        return [.. counts.Where(c => c.Value >= 2 * k).Select(c => new Hub(set.Corpus.Documents[c.Key].Id, c.Value))
            .OrderByDescending(h => h.Count).ThenBy(h => h.Id, Utf8Order.Ascending).Take(MostNamed)];
    }

    private static Dictionary<int, int> Count(int[][] found, Func<int, bool> counts)
    {
        var times = new Dictionary<int, int>();
        for (int q = 0; q < found.Length; q++)
        {
            if (counts(q))
            {
                foreach (int d in found[q])
                {
                    times[d] = times.GetValueOrDefault(d) + 1;
                }
            }
        }

        return times;
    }

    // Pages in byte order are shuffled and dealt one by one, so that groups are of equal size.
    private static int[] Groups(string[] pages, ulong seed)
    {
        string[] distinct = [.. pages.Distinct(StringComparer.Ordinal).Order(Utf8Order.Ascending)];
        int[] order = [.. Enumerable.Range(0, distinct.Length)];
        SeededRandom.For(seed, 0, "hubness").Shuffle(order);
        var group = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < order.Length; i++)
        {
            group[distinct[order[i]]] = i % MostGroups;
        }

        return [.. pages.Select(p => group[p])];
    }

    private static double[][]? LeaveOut(int[][] found, int[] groups, int documents, int k)
    {
        int count = groups.Max() + 1;
        double[][] figures = new double[count][];
        for (int g = 0; g < count; g++)
        {
            if (count < 3 || HubCounts.Figures(Count(found, q => groups[q] != g).Values, documents, k) is not { } without)
            {
                return null;
            }

            figures[g] = without;
        }

        return figures;
    }

    private static (double Low, double High)? Jackknife(double value, double[] without)
    {
        double mean = without.Average();
        double g = without.Length;
        double half = StudentT.UpperQuantile(Aggregation.Alpha, g - 1) * Math.Sqrt((g - 1) / g * without.Sum(w => (w - mean) * (w - mean)));
        return (value - half, value + half);
    }
}
