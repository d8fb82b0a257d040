using Nearfar.Evaluation.Statistics;
using Nearfar.Pairs;

namespace Nearfar.Evaluation.Geometry;

/// <summary>Figures over all questions and their judged documents; questions are the units, clustered by positive document.</summary>
internal static class QueryGeometry
{
    public static void AddTo(SortedDictionary<string, Estimate> measures, EncodedSet rows, JudgedSet set, int[] queries)
    {
        Alignment(measures, rows, set, queries);
        var asked = queries.Select(q => (Query: q, Margins: Margins.Of(rows, set, q))).Where(a => a.Margins is not null).ToArray();
        if (asked.Length > 0)
        {
            int[] clusters = Clusters(set, [.. asked.Select(a => a.Query)]);
            measures[GeometryNames.PooledAuc] = PooledAuc([.. asked.Select(a => (a.Margins!.Positives, a.Margins.Negatives))], clusters);
        }
    }

    private static void Alignment(SortedDictionary<string, Estimate> measures, EncodedSet rows, JudgedSet set, int[] queries)
    {
        var asked = new List<int>();
        var distances = new List<double>();
        foreach (int q in queries.Where(q => !rows.QueryIsZero(q)))
        {
            double[] own = [.. set.Queries[q].Relevance.Where(r => r.Value >= 1).OrderBy(r => r.Key, Search.Utf8Order.Ascending)
                .Select(r => set.Corpus.TryGetIndex(r.Key, out int d) && !rows.DocumentIsZero(d) ? 2 - (2 * (double)rows.Similarity(q, d)) : double.NaN)
                .Where(double.IsFinite)];
            if (own.Length > 0)
            {
                asked.Add(q);
                distances.Add(own.Average());
            }
        }

        if (asked.Count > 0)
        {
            measures[GeometryNames.Alignment] = Alignment([.. distances], Clusters(set, asked));
        }
    }

    internal static Estimate Alignment(double[] distances, int[] clusters)
    {
        double mean = distances.Average();
        return PseudoValues.Estimate(mean, [.. distances.Select(d => d - mean)], clusters, 0, 4);
    }

    /// <remarks>Influences by placements: DeLong et al. 1988, eq. 5 and 6, summed by query. Null ends below 3 queries or 2 clusters.</remarks>
    internal static Estimate PooledAuc(IReadOnlyList<(IReadOnlyList<double> Positives, IReadOnlyList<double> Negatives)> queries, int[] clusters)
    {
        double[] positives = [.. queries.SelectMany(q => q.Positives).Order()];
        double[] negatives = [.. queries.SelectMany(q => q.Negatives).Order()];
        double auc = positives.Average(p => SortedValues.Share(negatives, p));
        double[] influences = [.. queries.Select(q => queries.Count
            * ((q.Positives.Sum(p => SortedValues.Share(negatives, p) - auc) / positives.Length)
                + (q.Negatives.Sum(n => 1 - SortedValues.Share(positives, n) - auc) / negatives.Length)))];
        if (queries.Count < 3 || clusters.Max() < 1)
        {
            return new(queries.Count, auc, null, null);
        }

        var (low, high) = AreaInterval.Of(auc, positives.Length, negatives.Length, influences, clusters, Aggregation.Alpha);
        return new(queries.Count, auc, low, high);
    }

    private static int[] Clusters(JudgedSet set, IReadOnlyList<int> queries)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. queries.Select(q => numbers.TryGetValue(set.Queries[q].PrimaryId, out int number) ? number : numbers[set.Queries[q].PrimaryId] = numbers.Count)];
    }
}
