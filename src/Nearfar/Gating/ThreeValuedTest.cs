using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>Tests of one attempt: bounds, outcome, and how many questions would decide.</summary>
/// <remarks>Fine: the lower bound at 1 - .05 / 2^attempt is above the limit. Bad: the 95 % upper bound is below it. Else open.</remarks>
internal sealed class ThreeValuedTest(int attempt)
{
    public const double BadAlpha = 0.05;
    private const double Power = 0.8;
    private const int MostIds = 100;

    public double FineAlpha { get; } = BadAlpha / Math.Pow(2, attempt);

    /// <summary>Non-inferiority: is the mean difference above -tolerance? <paramref name="known"/>: its clustered mean, where that is at hand.</summary>
    public GateReason Difference(string rule, CohortKey? cohort, ReferenceKind reference, PairedValues values, double tolerance, ClusteredMean? known = null)
    {
        var difference = known ?? ClusteredMean.Of(values.Differences, values.Clusters);
        var bounds = MeanBounds.Paired(values.Metric, values.Before, values.After, difference, FineAlpha, BadAlpha);
        double mean = Round(difference.Mean);
        return Decide(values.Metric, difference, bounds, -tolerance, largest: 1, paired: true) with
        {
            Rule = rule,
            Cohort = cohort,
            Reference = reference,
            Baseline = Round(values.Before.Average()),
            Candidate = Round(values.After.Average()),
            Difference = mean,
            QueryIds = Worst(values.Rows, values.Differences, d => d < 0),
        };
    }

    /// <summary>A floor: is the mean above it?</summary>
    public GateReason Floor(string rule, GateFloor floor, double limit, IReadOnlyList<QueryScore> rows)
    {
        double[] values = [.. rows.Select(r => r.Metrics[floor.Metric])];
        var mean = ClusteredMean.Of(values, Aggregation.ClustersOf(rows));
        var bounds = MeanBounds.Test(floor.Metric, values, mean, FineAlpha, BadAlpha);
        return Decide(floor.Metric, mean, bounds, limit, MetricNames.IsUnit(floor.Metric) ? 1 : 0, paired: false) with
        {
            Rule = rule,
            Cohort = floor.Cohort,
            QueryIds = Worst(rows, values, v => v < limit),
        };
    }

    /// <summary>A limit from above on a share: the roles of the two bounds change places.</summary>
    public GateReason Limit(string metric, double limit, IReadOnlyList<QueryScore> rows)
    {
        double[] values = [.. rows.Select(r => r.Metrics[metric])];
        var mean = ClusteredMean.Of(values, Aggregation.ClustersOf(rows));
        var bounds = MeanBounds.Test(metric, values, mean, BadAlpha, FineAlpha);
        double? low = Round(bounds?.Low);
        double? high = Round(bounds?.High);
        var outcome = high < Round(limit) ? TestOutcome.Fine : low > Round(limit) ? TestOutcome.Bad : TestOutcome.Open;
        return new GateReason
        {
            Rule = "violation",
            Metric = metric,
            N = mean.N,
            Clusters = mean.Clusters,
            Candidate = Round(mean.Mean),
            Low = low,
            High = high,
            FineConfidence = 1 - FineAlpha,
            Threshold = Round(limit),
            Outcome = outcome,
            QueryIds = Worst(rows, values, v => v > 0, ascending: false),
            QueriesNeeded = outcome == TestOutcome.Open ? Needed(mean, limit - mean.Mean, largest: 1, paired: false) : null,
            SmallestEffect = Round(SmallestEffect(mean)),
        };
    }

    /// <summary>About how many questions like these would prove a mean below its limit at a level, with power .8; null when no number can be told.</summary>
    public static int? NeededToProve(in ClusteredMean mean, string metric, double gap, double level) =>
        Needed(mean, gap, level, MetricNames.IsUnit(metric) ? 1 : 0, paired: false);

    /// <summary>The smallest true fall that would be proven at a level with power .8.</summary>
    public static double SmallestProven(in ClusteredMean mean, double level) => Round((Normal.UpperQuantile(level) + Normal.UpperQuantile(1 - Power)) * mean.StandardError);

    public static double Round(double value) => Math.Round(value, 6, MidpointRounding.ToEven);

    private static double? Round(double? value) => value is { } number ? Round(number) : null;

    private GateReason Decide(string metric, in ClusteredMean mean, (double Low, double High)? bounds, double limit, double largest, bool paired)
    {
        double? low = Round(bounds?.Low);
        double? high = Round(bounds?.High);
        double threshold = Round(limit);
        // Comparisons with null are false: without bounds a test stays open.
        var outcome = low > threshold ? TestOutcome.Fine : high < threshold ? TestOutcome.Bad : TestOutcome.Open;
        return new GateReason
        {
            Rule = "",
            Metric = metric,
            N = mean.N,
            Clusters = mean.Clusters,
            Candidate = Round(mean.Mean),
            Low = low,
            High = high,
            FineConfidence = 1 - FineAlpha,
            Threshold = threshold,
            Outcome = outcome,
            QueriesNeeded = outcome == TestOutcome.Open ? Needed(mean, mean.Mean - limit, largest, paired) : null,
            SmallestEffect = bounds is null ? null : Round(SmallestEffect(mean)),
        };
    }

    // n* = ((z_a + z_.8) s / gap)², and at least what the least width of the bounds asks for; same cluster structure assumed.
    private int? Needed(in ClusteredMean mean, double gap, double largest, bool paired) => Needed(mean, gap, gap > 0 ? FineAlpha : BadAlpha, largest, paired);

    private static int? Needed(in ClusteredMean mean, double gap, double alpha, double largest, bool paired)
    {
        gap = Math.Abs(gap);
        if (gap < 1e-6 || (!mean.HasInterval && largest == 0))
        {
            return null;
        }

        double spread = mean.HasInterval ? (Normal.UpperQuantile(alpha) + Normal.UpperQuantile(1 - Power)) * mean.StandardError * Math.Sqrt(mean.N) / gap : 0;
        double least = largest == 0 ? 0 : gap >= largest ? 1 : Math.Log(alpha) / Math.Log(1 - (gap / largest)) * mean.N / mean.Effective;
        if (paired && gap < 1)
        {
            double z = Normal.UpperQuantile(alpha);
            least = Math.Max(least, z * z * ((1 / gap) - 1) * mean.N / mean.Effective);      // Tango's bound without any change is z² / (n + z²)
        }

        double needed = Math.Ceiling(Math.Max(Math.Max(spread * spread, least), mean.N + 1.0));
        return needed < int.MaxValue ? (int)needed : null;
    }

    private double? SmallestEffect(in ClusteredMean mean) =>
        mean.HasInterval ? (Normal.UpperQuantile(FineAlpha) + Normal.UpperQuantile(1 - Power)) * mean.StandardError : null;

    private static string[] Worst(IReadOnlyList<QueryScore> rows, double[] values, Func<double, bool> against, bool ascending = true) =>
        [.. Enumerable.Range(0, values.Length).Where(i => against(values[i])).OrderBy(i => ascending ? values[i] : -values[i])
            .ThenBy(i => rows[i].Id, Search.Utf8Order.Ascending).Take(MostIds).Select(i => rows[i].Id)];
}
