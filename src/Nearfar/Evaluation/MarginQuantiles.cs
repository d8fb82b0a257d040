using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation;

/// <summary>Low tail and median of the raw margins, and shares below a threshold: a mean hides both.</summary>
public static class MarginQuantiles
{
    private static readonly (string Name, double P)[] s_quantiles = [("q05", .05), ("q10", .10), ("q50", .50)];
    private static readonly string[] s_metrics = [MetricNames.MarginMean, MetricNames.MarginHard];

    /// <summary>Share of the queries whose value is below a threshold, with its interval (a score, by the design effect).</summary>
    /// <param name="report">Any report.</param>
    /// <param name="metric">For example <see cref="MetricNames.MarginHard"/>; a raw margin's threshold means something in the report's space alone.</param>
    /// <param name="threshold">Any finite number; equal values are not below.</param>
    /// <exception cref="NearfarException">No query has the measure.</exception>
    public static MetricSummary ShareBelow(EvalReport report, string metric, double threshold)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(metric);
        if (!double.IsFinite(threshold))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A threshold must be a finite number.");
        }

        var rows = report.Queries.Where(q => q.Metrics.ContainsKey(metric)).ToArray();
        if (rows.Length == 0)
        {
            throw new NearfarException($"No question of report \"{report.Label}\" has {metric}, so no share of it is below {threshold}. Margins need vectors and rows with negatives.");
        }

        double[] below = [.. rows.Select(q => q.Metrics[metric] < threshold ? 1.0 : 0.0)];
        var mean = ClusteredMean.Of(below, Aggregation.ClustersOf(rows));
        var interval = MeanBounds.Describe(MetricNames.MarginBelowZero, below, mean, Aggregation.Alpha);
        return new(mean.N, mean.Clusters, mean.Mean, interval?.Low, interval?.High);
    }

    /// <summary>By measure and quantile; null when no row has a margin.</summary>
    /// <remarks>
    /// Interval: order statistics whose ranks bound the quantile by the binomial distribution, each side with the probability wanted, hence mostly between two
    /// (Hutson 1999, Journal of Applied Statistics 26:343); with several queries a page, of as many fewer as the design effect of "below the quantile" says
    /// (Woodruff 1952), and fewer again where few pages know it. An end that the data do not bound is null, and the other holds alone: docs/decisions/intervals-of-figures.md.
    /// </remarks>
    internal static Dictionary<string, IReadOnlyDictionary<string, Estimate>>? Of(IReadOnlyList<QueryScore> rows)
    {
        var quantiles = new Dictionary<string, IReadOnlyDictionary<string, Estimate>>(StringComparer.Ordinal);
        foreach (string metric in s_metrics)
        {
            var having = rows.Where(r => r.Metrics.ContainsKey(metric)).ToArray();
            if (having.Length > 0)
            {
                double[] values = [.. having.Select(r => r.Metrics[metric])];
                int[] clusters = Aggregation.ClustersOf(having);
                quantiles[metric] = s_quantiles.ToDictionary(q => q.Name, q => Of(values, clusters, q.P), StringComparer.Ordinal);
            }
        }

        return quantiles.Count == 0 ? null : quantiles;
    }

    internal static Estimate Of(double[] values, int[] clusters, double p)
    {
        double[] sorted = [.. values.Order()];
        double quantile = SortedValues.Quantile(sorted, p);
        var below = ClusteredMean.Of([.. values.Select(v => v < quantile ? 1.0 : 0.0)], clusters);
        if (!below.HasInterval)
        {
            return new(values.Length, quantile, null, null);
        }

        double widening = MeanBounds.Widening(below, Aggregation.Alpha);
        double effective = values.Length / below.DesignEffect / (widening * widening);
        return new(values.Length, quantile, End(sorted, effective, p, 1 - Aggregation.Alpha), End(sorted, effective, p, Aggregation.Alpha));
    }

    // The order statistic, whole or between two, that lies above the quantile with probability `tail`; null when it is none of those there are.
    private static double? End(double[] sorted, double effective, double p, double tail)
    {
        double Above(double share) => SpecialFunctions.RegularizedBeta(p, 1 - p, share * (effective + 1), (1 - share) * (effective + 1));
        double first = 1.0 / (sorted.Length + 1);
        if (Above(first) < tail || Above(1 - first) > tail)
        {
            return null;
        }

        double rank = Roots.Bracketed(share => tail - Above(share), first, 1 - first) * (sorted.Length + 1);
        int below = Math.Clamp((int)rank, 1, sorted.Length - 1);
        return sorted[below - 1] + ((rank - below) * (sorted[below] - sorted[below - 1]));
    }
}
