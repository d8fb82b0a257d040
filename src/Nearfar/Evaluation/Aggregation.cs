using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation;

/// <summary>Rows to means with intervals, overall and by cohort.</summary>
internal static class Aggregation
{
    /// <summary>Each side of a report's two-sided 95 % interval.</summary>
    public const double Alpha = 0.025;

    public static SortedDictionary<string, MetricSummary> Summarise(IReadOnlyList<QueryScore> rows)
    {
        var summaries = new SortedDictionary<string, MetricSummary>(StringComparer.Ordinal);
        int[]? ofAll = null;      // most measures are there for every row
        foreach (string metric in MetricsOf(rows))
        {
            var having = new List<QueryScore>(rows.Count);
            double[] values = new double[rows.Count];
            foreach (var row in rows)
            {
                if (row.Metrics.TryGetValue(metric, out double value))
                {
                    values[having.Count] = value;
                    having.Add(row);
                }
            }

            values = values[..having.Count];
            int[] clusters = having.Count == rows.Count ? ofAll ??= ClustersOf(rows) : ClustersOf(having);
            var mean = ClusteredMean.Of(values, clusters);
            var interval = MeanBounds.Describe(metric, values, mean, Alpha);
            bool few = interval is not null && MetricNames.IsUnit(metric) && MeanBounds.HasFewEvents(values, clusters, (0, 1));
            summaries[metric] = new(mean.N, mean.Clusters, mean.Mean, interval?.Low, interval?.High) { FewEvents = few };
        }

        return summaries;
    }

    public static SortedDictionary<string, IReadOnlyDictionary<string, CohortScore>> ByCohort(
        IReadOnlyList<QueryScore> rows, Background? background = null)
    {
        var cohorts = new SortedDictionary<string, IReadOnlyDictionary<string, CohortScore>>(StringComparer.Ordinal);
        foreach (string attribute in rows.SelectMany(r => r.Cohorts.Keys).Distinct(StringComparer.Ordinal))
        {
            var values = new SortedDictionary<string, CohortScore>(StringComparer.Ordinal);
            foreach (var group in rows.GroupBy(r => r.Cohorts.GetValueOrDefault(attribute, "(unknown)"), StringComparer.Ordinal))
            {
                QueryScore[] members = [.. group];
                values[group.Key] = new(members.Length, members.Select(m => m.Cluster).Distinct(StringComparer.Ordinal).Count(), Summarise(members))
                {
                    Quantiles = MarginQuantiles.Of(members),
                    Scale = background?.OfCohort(attribute, group.Key),
                };
            }

            cohorts[attribute] = values;
        }

        return cohorts;
    }

    /// <summary>Every measure that some row has.</summary>
    public static HashSet<string> MetricsOf(IReadOnlyList<QueryScore> rows)
    {
        var metrics = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            metrics.UnionWith(row.Metrics.Keys);
        }

        return metrics;
    }

    /// <summary>Numbers clusters in order of appearance.</summary>
    public static int[] ClustersOf(IReadOnlyList<QueryScore> rows)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        int[] clusters = new int[rows.Count];
        for (int i = 0; i < clusters.Length; i++)
        {
            if (!numbers.TryGetValue(rows[i].Cluster, out int number))
            {
                numbers[rows[i].Cluster] = number = numbers.Count;
            }

            clusters[i] = number;
        }

        return clusters;
    }
}
