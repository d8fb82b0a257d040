using Nearfar.Evaluation.Statistics;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation.Geometry;

/// <summary>Hubs of a judged set: documents that stand in the top k of many questions, whatever is asked.</summary>
/// <remarks>
/// Intervals: jackknife over groups of pages (a question goes where its page goes), at most 50 groups dealt by seed, t with groups - 1 degrees
/// of freedom (Efron and Tibshirani 1993, 11), less what leaving out counts twice (Efron and Stein 1981, Annals of Statistics 9:586). None below 4 groups; of a share of documents none
/// where fewer than 5 have the property, or fewer than 5 lack it. A bootstrap would draw questions twice and make hubs of its own. docs/decisions/intervals-of-figures.md.
/// </remarks>
internal static class Hubness
{
    private const int MostGroups = 50;
    private const int MostNamed = 10;
    private const int FewestDocuments = 5;

    // A document is found by one question or by several. What two groups do together is counted in both when one is left out: half of the variance is the least it can be
    // when that is all there is, all of it when there is none of that; the middle.
    private const double Together = .75;
    private static readonly string[] s_names = [GeometryNames.HubSkew, GeometryNames.HubRobinHood, GeometryNames.AntiHubShare, GeometryNames.HubShare];

    /// <returns>The hubs, most found first.</returns>
    public static IReadOnlyList<Hub> AddTo(
        SortedDictionary<string, Estimate> measures, JudgedSet set, int[] queries, int[] documents, IReadOnlyList<IReadOnlyList<Hit>> hits, int k, ulong seed)
    {
        int[][] found = [.. queries.Select(q => hits[q].Take(k).Select(h => h.Document).ToArray())];
        AddTo(measures, found, [.. queries.Select(q => set.Queries[q].PrimaryId)], documents.Length, k, seed);
        return [.. Count(found, _ => true).Where(c => c.Value >= 2 * k).Select(c => new Hub(set.Corpus.Documents[c.Key].Id, c.Value))
            .OrderByDescending(h => h.Count).ThenBy(h => h.Id, Utf8Order.Ascending).Take(MostNamed)];
    }

    /// <param name="measures">Receives the figures; none when nothing was found.</param>
    /// <param name="found">First k documents of every question.</param>
    /// <param name="pages">Page of every question.</param>
    /// <param name="documents">All that could be found.</param>
    /// <param name="k">Of the lists.</param>
    /// <param name="seed">Of the groups.</param>
    internal static void AddTo(SortedDictionary<string, Estimate> measures, int[][] found, string[] pages, int documents, int k, ulong seed)
    {
        if (HubCounts.Figures(Count(found, _ => true).Values, documents, k) is not { } figures)
        {
            return;
        }

        int[] groups = Groups(pages, seed);
        double[][]? without = LeaveOut(found, groups, documents, k);
        double[] sizes = [.. groups.CountBy(g => g).OrderBy(c => c.Key).Select(c => (double)c.Value)];
        for (int m = 0; m < s_names.Length; m++)
        {
            double half = without is null ? 0 : Half(sizes, [.. without.Select(w => w[m])]);
            bool few = m >= 2 && Math.Min(figures[m], 1 - figures[m]) * documents < FewestDocuments - .5;
            (double Low, double High)? interval = half == 0 || few ? null : Around(figures[m], half, isShare: m > 0);
            measures[s_names[m]] = new(found.Length, figures[m], interval?.Low, interval?.High);
        }
    }

    // A small skewness comes with a small error of its own: on the scale of its inverse hyperbolic sine they hang together less.
    private static (double Low, double High) Around(double value, double half, bool isShare)
    {
        double scaled = half / Math.Sqrt(1 + (value * value));
        return isShare ? (Math.Max(0, value - half), Math.Min(1, value + half)) : (Math.Sinh(Math.Asinh(value) - scaled), Math.Sinh(Math.Asinh(value) + scaled));
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
            if (count < 4 || HubCounts.Figures(Count(found, q => groups[q] != g).Values, documents, k) is not { } without)
            {
                return null;
            }

            figures[g] = without;
        }

        return figures;
    }

    // What the size of a group alone does is no chance: squares are summed about the line over the sizes.
    private static double Half(double[] sizes, double[] without)
    {
        double g = without.Length;
        var (middle, mean) = (sizes.Average(), without.Average());
        double spread = sizes.Sum(s => (s - middle) * (s - middle));
        double both = sizes.Zip(without, (s, w) => (s - middle) * (w - mean)).Sum();
        double squares = without.Sum(w => (w - mean) * (w - mean));
        squares = spread == 0 ? squares : Math.Max(0, squares - (both * both / spread)) * (g - 1) / (g - 2);
        return StudentT.UpperQuantile(Aggregation.Alpha, g - 1) * Math.Sqrt(Together * (g - 1) / g * squares);
    }
}
