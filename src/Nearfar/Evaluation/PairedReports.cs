using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation;

/// <summary>The rows of two reports of one set, question by question, ascending by id in UTF-8 bytes.</summary>
internal sealed class PairedReports
{
    private PairedReports((QueryScore Before, QueryScore After)[] rows) => Rows = rows;

    public (QueryScore Before, QueryScore After)[] Rows { get; }

    /// <exception cref="NearfarException">Other sets, or questions that one report lacks.</exception>
    public static PairedReports Of(EvalReport before, EvalReport after)
    {
        before.ThrowUnlessSameSet(after);
        if (InOneOrder(before.Queries, after.Queries))
        {
            return Checked(before, after, [.. before.Queries.Zip(after.Queries)]);
        }

        var (earlier, later) = (ById(before), ById(after));
        string[] missing = [.. earlier.Keys.Except(later.Keys, StringComparer.Ordinal), .. later.Keys.Except(earlier.Keys, StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            throw new NearfarException(
                $"Reports \"{before.Label}\" and \"{after.Label}\" do not hold the same questions: {missing.Length} are in one only, such as \"{missing.Order(StringComparer.Ordinal).First()}\". Score both anew: nearfar eval.");
        }

        return Checked(before, after, [.. earlier.Keys.Order(Search.Utf8Order.Ascending).Select(id => (Before: earlier[id], After: later[id]))]);
    }

    private static PairedReports Checked(EvalReport before, EvalReport after, (QueryScore Before, QueryScore After)[] rows)
    {
        int other = Array.FindIndex(rows, r => r.Before.Cluster != r.After.Cluster || !SameCohorts(r.Before.Cohorts, r.After.Cohorts));
        return other < 0
            ? new(rows)
            : throw new NearfarException($"Reports \"{before.Label}\" and \"{after.Label}\" give question \"{rows[other].After.Id}\" other cohorts or another positive. Score both anew: nearfar eval.");
    }

    /// <summary>The questions of a cohort that have a measure in both reports.</summary>
    public PairedValues Values(string metric, Func<QueryScore, bool> member)
    {
        var having = Rows.Where(r => member(r.After) && r.Before.Metrics.ContainsKey(metric) && r.After.Metrics.ContainsKey(metric)).ToArray();
        QueryScore[] rows = [.. having.Select(r => r.After)];
        return new(metric, rows, [.. having.Select(r => r.Before.Metrics[metric])], [.. rows.Select(r => r.Metrics[metric])]);
    }

    public SortedDictionary<string, MetricChange> Differences(Func<QueryScore, bool> member)
    {
        var changes = new SortedDictionary<string, MetricChange>(StringComparer.Ordinal);
        foreach (string metric in Rows.SelectMany(r => r.After.Metrics.Keys).Distinct(StringComparer.Ordinal))
        {
            var values = Values(metric, member);
            // Raw margins of two spaces have different units: their difference means nothing.
            if (values.Rows.Count > 0 && !MetricNames.IsRawMargin(metric))
            {
                changes[metric] = values.Change();
            }
        }

        return changes;
    }

    public SortedDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, MetricChange>>> ByCohort()
    {
        var cohorts = new SortedDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, MetricChange>>>(StringComparer.Ordinal);
        foreach (string attribute in Rows.SelectMany(r => r.After.Cohorts.Keys).Distinct(StringComparer.Ordinal))
        {
            var values = new SortedDictionary<string, IReadOnlyDictionary<string, MetricChange>>(StringComparer.Ordinal);
            foreach (string value in Rows.Select(r => CohortOf(r.After, attribute)).Distinct(StringComparer.Ordinal))
            {
                values[value] = Differences(row => CohortOf(row, attribute) == value);
            }

            cohorts[attribute] = values;
        }

        return cohorts;
    }

    public static string CohortOf(QueryScore row, string attribute) => row.Cohorts.GetValueOrDefault(attribute, "(unknown)");

    // Reports are written so: then no table is needed, and no id can stand there twice.
    private static bool InOneOrder(IReadOnlyList<QueryScore> before, IReadOnlyList<QueryScore> after)
    {
        if (before.Count != after.Count)
        {
            return false;
        }

        for (int i = 0; i < before.Count; i++)
        {
            if (before[i].Id != after[i].Id || (i > 0 && Search.Utf8Order.Compare(before[i - 1].Id, before[i].Id) >= 0))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameCohorts(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        ReferenceEquals(a, b) || a.Count == b.Count && a.All(c => b.TryGetValue(c.Key, out string? value) && value == c.Value);

    private static Dictionary<string, QueryScore> ById(EvalReport report)
    {
        var rows = new Dictionary<string, QueryScore>(StringComparer.Ordinal);
        foreach (var row in report.Queries)
        {
            if (!rows.TryAdd(row.Id, row))
            {
                throw new NearfarException($"Report \"{report.Label}\" holds question \"{row.Id}\" twice. Score the model anew: nearfar eval.");
            }
        }

        return rows;
    }
}

/// <summary>One measure of the same questions in two reports.</summary>
internal sealed record PairedValues(string Metric, IReadOnlyList<QueryScore> Rows, double[] Before, double[] After)
{
    public double[] Differences { get; } = Subtract(After, Before);

    /// <summary>Cluster of each row, numbered in order of appearance.</summary>
    public int[] Clusters { get => field ??= Aggregation.ClustersOf(Rows); init; }

    /// <summary>Clusters with a value that changed. Questions of one document tend to change together: they are one witness.</summary>
    public int ChangedClusters => Clusters.Where((_, i) => Differences[i] != 0).Distinct().Count();

    public MetricChange Change()
    {
        var mean = ClusteredMean.Of(Differences, Clusters);
        var interval = MeanBounds.DescribePaired(Metric, Differences, mean, Aggregation.Alpha);
        return new(mean.N, mean.Clusters, ClusteredMean.Of(Before, Clusters).Mean, ClusteredMean.Of(After, Clusters).Mean, mean.Mean,
            interval?.Low, interval?.High, Differences.Count(d => d > 0), Differences.Count(d => d < 0))
        {
            FewChanges = interval is not null && ChangedClusters < MeanBounds.EnoughChanges,
        };
    }

    private static double[] Subtract(double[] from, double[] what)
    {
        double[] differences = new double[from.Length];
        for (int i = 0; i < differences.Length; i++)
        {
            differences[i] = from[i] - what[i];
        }

        return differences;
    }
}
