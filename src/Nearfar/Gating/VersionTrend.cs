using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>How a measure moved over a line of versions in one cohort: a straight line through each question's values.</summary>
/// <remarks>A cohort that loses a little with every release never fails one gate; summed over the releases the loss shows.</remarks>
public sealed record VersionTrend
{
    /// <summary>The cohort; null: all questions.</summary>
    public CohortKey? Cohort { get; init; }

    /// <summary>Questions that have the measure in every version.</summary>
    public required int N { get; init; }

    /// <summary>Positive documents they ask for.</summary>
    public required int Clusters { get; init; }

    /// <summary>Change from the first version to the last along the fitted line, mean over the questions.</summary>
    public required double Change { get; init; }

    /// <summary>Lower end of its two-sided 95 % interval; null below 3 questions or 2 documents.</summary>
    public double? Low { get; init; }

    /// <summary>Upper end of that interval; null likewise.</summary>
    public double? High { get; init; }

    /// <summary>
    /// The interval rests on too few changes to be one of 95 %: fewer than 20 documents have a question whose line is not level. It then mostly
    /// holds the truth more often. Default false; false without an interval.
    /// </summary>
    public bool FewChanges { get; init; }

    /// <summary>p-value of "no fall" adjusted over all cohorts (sign flips by document, step-down).</summary>
    public required double AdjustedP { get; init; }

    /// <summary>The trend overall and of every cohort of at least 3 questions, the steepest fall first.</summary>
    /// <param name="versions">Reports on one version of one set, oldest first, at least 2.</param>
    /// <param name="metric">A retrieval measure or z-margin.</param>
    /// <param name="flips">Resamples, 999 to 99,999. Default 9,999.</param>
    /// <param name="seed">Of the flips. Default 1.</param>
    /// <exception cref="NearfarException">The reports are of different sets or questions.</exception>
    /// <exception cref="ArgumentException">Fewer than two versions, or a raw margin, which means nothing across spaces.</exception>
    public static IReadOnlyList<VersionTrend> Of(IReadOnlyList<EvalReport> versions, string metric, int flips = 9999, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(versions);
        if (versions.Count < 2 || MetricNames.IsRawMargin(metric) || !MetricNames.IsKnown(metric) || flips is < 999 or > 99_999)
        {
            throw new ArgumentException($"A trend needs at least 2 versions (came {versions.Count}), a measure that spaces share (came {metric}) and 999 to 99999 flips (came {flips}).");
        }

        var changes = new CohortPairs(PairedReports.Of(Blank(versions[^1], metric), Fitted(versions, metric)));
        var cohorts = changes.Keys.Select(k => (CohortKey?)k).Prepend(null).Select(k => (Cohort: k, Values: changes.Values(k, metric))).Where(t => t.Values.Rows.Count >= 3).ToArray();
        var rate = ChangeRate.Of(changes.Values(null, metric));
        var joint = JointFallTest.Run([.. cohorts.Select(c => new FallTest(c.Values, rate))], flips, seed);
        double most = Rise([.. Enumerable.Range(0, versions.Count).Select(v => 2 * v >= versions.Count ? 1.0 : 0.0)]);      // the steepest line of values in [0, 1]: all 0 before its middle, all 1 behind
        return [.. cohorts.Select((c, i) => Row(c.Cohort, c.Values, most, joint[i].AdjustedP)).OrderBy(t => t.Change).ThenBy(t => t.Cohort?.ToString() ?? "", StringComparer.Ordinal)];
    }

    private static VersionTrend Row(CohortKey? cohort, PairedValues values, double most, double p)
    {
        var mean = ClusteredMean.Of(values.Differences, values.Clusters);
        var interval = MeanBounds.DescribePaired(values.Metric, values.Differences, mean, Aggregation.Alpha, most);
        return new VersionTrend
        {
            Cohort = cohort,
            N = mean.N,
            Clusters = mean.Clusters,
            Change = ThreeValuedTest.Round(mean.Mean),
            Low = interval is { } low ? ThreeValuedTest.Round(low.Low) : null,
            High = interval is { } high ? ThreeValuedTest.Round(high.High) : null,
            FewChanges = interval is not null && values.ChangedClusters < MeanBounds.EnoughTrends,
            AdjustedP = ThreeValuedTest.Round(p),
        };
    }

    // The newest report with every question's value replaced by its change along the least-squares line.
    private static EvalReport Fitted(IReadOnlyList<EvalReport> versions, string metric)
    {
        Dictionary<string, double[]> values = new(StringComparer.Ordinal);
        for (int v = 0; v < versions.Count; v++)
        {
            foreach (var (_, row) in PairedReports.Of(versions[^1], versions[v]).Rows)
            {
                if (row.Metrics.TryGetValue(metric, out double value))
                {
                    (values.TryGetValue(row.Id, out double[]? line) ? line : values[row.Id] = [.. Enumerable.Repeat(double.NaN, versions.Count)])[v] = value;
                }
            }
        }

        return With(versions[^1], row => values.TryGetValue(row.Id, out double[]? line) && !Array.Exists(line, double.IsNaN) ? Rise(line) : null, metric);
    }

    private static EvalReport Blank(EvalReport report, string metric) => With(report, _ => 0, metric);

    private static EvalReport With(EvalReport report, Func<QueryScore, double?> value, string metric) => report with
    {
        Queries = [.. report.Queries.Select(row => row with { Metrics = value(row) is { } v ? new Dictionary<string, double> { [metric] = v } : [] })],
    };

    private static double Rise(double[] line)
    {
        double middle = (line.Length - 1) / 2.0;
        double above = 0;
        double below = 0;
        for (int v = 0; v < line.Length; v++)
        {
            above += (v - middle) * line[v];
            below += (v - middle) * (v - middle);
        }

        return above / below * (line.Length - 1);
    }
}
