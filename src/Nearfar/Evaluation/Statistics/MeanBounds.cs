namespace Nearfar.Evaluation.Statistics;

/// <summary>Bounds of a measure's mean and of the mean difference of two models, clustered.</summary>
internal static class MeanBounds
{
    /// <summary>Changed clusters from which on <see cref="DescribePaired"/> holds the truth as often as it says, docs/decisions/intervals-with-few-changes.md.</summary>
    public const int EnoughChanges = 13;

    /// <summary>The same of a trend, whose lines differ more in size.</summary>
    public const int EnoughTrends = 20;

    /// <summary>Clusters with a 1, and with a 0, from which on <see cref="Describe"/> holds the truth as often as it says of a share.</summary>
    public const int EnoughEvents = 10;

    /// <summary>Clusters that a share must have besides: with fewer, ten of either outcome are too coarse for any interval.</summary>
    public const int EnoughForShare = 36;

    /// <summary>Clusters with a value below 1, and with one above 0, from which on it does so of the mean of other values in [0, 1].</summary>
    public const int EnoughGradedEvents = 13;

    private const double LeastEffect = 0.7;

    /// <summary>For reports: each side at <paramref name="alpha"/>; null when there are too few queries or clusters.</summary>
    /// <remarks>
    /// Measures in [0, 1]: <see cref="ShareInterval"/> of 0 and 1 of independent questions, else <see cref="ScoreInterval"/>; others, and values out of that range:
    /// t, with the least width where they do not vary, and none below two effective clusters.
    /// </remarks>
    public static (double Low, double High)? Describe(string metric, ReadOnlySpan<double> values, in ClusteredMean mean, double alpha) =>
        MetricNames.IsUnit(metric) && ScoreInterval.Fits(values, 0, 1) ? DescribeWithin(values, mean, (0, 1), alpha) : HasT(mean) ? OfMean(metric, mean, alpha, alpha) : null;

    /// <summary>The same of values in any known range.</summary>
    public static (double Low, double High)? DescribeWithin(ReadOnlySpan<double> values, in ClusteredMean mean, (double Low, double High) range, double alpha) =>
        !mean.HasInterval ? null
        : range == (0, 1) && HasChosenEnds(mean, alpha) && IsBinary(values) ? ShareInterval.Of(Ones(values), mean.N)
        : ScoreInterval.Of(values, range.Low, range.High, EffectOf(mean), Quantile(mean, alpha));

    /// <summary>For reports: the interval of a difference, each side at <paramref name="alpha"/>; null when there are too few queries or clusters.</summary>
    /// <remarks>
    /// Measures in [0, 1]: <see cref="ScoreInterval"/> in [-1, 1], which is Tango's where both models score 0 or 1 only, but for <see cref="OneWayInterval"/>; others:
    /// t, with the least width where nothing varies. What <see cref="Paired"/> adds for a verdict is caution: printed at 95 % it would hold the truth in 98 to 100 of 100 cases below
    /// about 300 clusters (bench/results/gate.md). Below 30 questions Tango stays near its level where the exact bound of a verdict is wide.
    /// </remarks>
    /// <param name="metric">Name of the measure.</param>
    /// <param name="differences">One for each query.</param>
    /// <param name="difference">Their clustered mean.</param>
    /// <param name="alpha">Of each side.</param>
    /// <param name="largest">Largest possible difference of a measure in [0, 1]. Default 1.</param>
    public static (double Low, double High)? DescribePaired(string metric, ReadOnlySpan<double> differences, in ClusteredMean difference, double alpha, double largest = 1)
    {
        if (!difference.HasInterval)
        {
            return null;
        }

        if (MetricNames.IsUnit(metric) && ScoreInterval.Fits(differences, -largest, largest))
        {
            return (largest == 1 && HasChosenEnds(difference, alpha) && difference.N >= ShareInterval.Least ? OneWay(differences) : null) ?? DescribeWithin(differences, difference, (-largest, largest), alpha);
        }

        if (!HasT(difference))
        {
            return null;
        }

        double half = difference.StandardError == 0 ? difference.Floor(alpha, 2) : difference.HalfWidth(alpha);
        return (difference.Mean - half, difference.Mean + half);
    }

    /// <summary>Whether the interval of a mean rests on too few clusters away from one end of the range, or from the other.</summary>
    public static bool HasFewEvents(ReadOnlySpan<double> values, ReadOnlySpan<int> clusters, (double Low, double High) range)
    {
        bool isShare = IsBinary(values);
        var (above, below, all) = (new HashSet<int>(), new HashSet<int>(), new HashSet<int>());
        for (int i = 0; i < values.Length; i++)
        {
            _ = values[i] > range.Low && above.Add(clusters[i]);
            _ = values[i] < range.High && below.Add(clusters[i]);
            all.Add(clusters[i]);
        }

        return Math.Min(above.Count, below.Count) < (isShare ? EnoughEvents : EnoughGradedEvents) || (isShare && all.Count < EnoughForShare);
    }

    /// <summary>For floors: lower bound at one alpha, upper bound at another; exact for 0/1 measures.</summary>
    public static (double Low, double High)? Test(string metric, ReadOnlySpan<double> values, in ClusteredMean mean, double alphaLow, double alphaHigh)
    {
        if (!mean.HasInterval)
        {
            return null;
        }

        if (MetricNames.IsUnit(metric) && IsBinary(values))
        {
            double effect = mean.DesignEffect;
            double successes = mean.Mean * mean.N / effect;
            double n = mean.N / effect;
            return (Proportions.ExactLower(successes, n, alphaLow), Proportions.ExactUpper(successes, n, alphaHigh));
        }

        return OfMean(metric, mean, alphaLow, alphaHigh);
    }

    /// <summary>For differences: the wider of t and least width and, when both models score 0 or 1 only, Tango on counts divided by the design effect; exact for 0/1 scores of fewer than 30 independent questions.</summary>
    /// <param name="metric">Name of the measure.</param>
    /// <param name="before">Values of the reference.</param>
    /// <param name="after">Values of the candidate, in the same order.</param>
    /// <param name="difference">Clustered mean of after - before.</param>
    /// <param name="alphaLow">Of the lower bound.</param>
    /// <param name="alphaHigh">Of the upper bound.</param>
    public static (double Low, double High)? Paired(
        string metric, ReadOnlySpan<double> before, ReadOnlySpan<double> after, in ClusteredMean difference, double alphaLow, double alphaHigh)
    {
        if (!difference.HasInterval)
        {
            return null;
        }

        bool isBinary = AreBinary(metric, before, after);
        if (isBinary && difference.N < PairedExact.Most && difference.Clusters == difference.N)
        {
            var (rose, fell) = Changes(before, after);
            return (PairedExact.Lower(rose, fell, difference.N, alphaLow), -PairedExact.Lower(fell, rose, difference.N, alphaHigh));
        }

        var (low, high) = Width(metric, difference, alphaLow, alphaHigh, paired: true);
        if (isBinary)
        {
            var (won, lost) = Changes(before, after);
            double effect = difference.DesignEffect;
            low = Math.Min(low, Proportions.TangoLower(won / effect, lost / effect, difference.N / effect, alphaLow));
            high = Math.Max(high, Proportions.TangoUpper(won / effect, lost / effect, difference.N / effect, alphaHigh));
        }

        return MetricNames.IsUnit(metric) ? (Math.Max(-1, low), Math.Min(1, high)) : (low, high);
    }

    /// <summary>p-value of "the mean is at least the limit": the smallest alpha whose upper bound is below it. 1 without an interval.</summary>
    public static double BelowP(string metric, ReadOnlySpan<double> values, in ClusteredMean mean, double limit)
    {
        if (!mean.HasInterval || mean.Mean >= limit)
        {
            return 1;
        }

        if (MetricNames.IsUnit(metric) && IsBinary(values))
        {
            double n = mean.N / mean.DesignEffect;
            return 1 - Binomial.UpperTail((mean.Mean * n) + 1, n, limit);
        }

        if (mean.StandardError == 0)
        {
            double largest = MetricNames.IsUnit(metric) ? 1 : 2;
            return Math.Pow(Math.Max(0, 1 - ((limit - mean.Mean) / largest)), mean.Effective);
        }

        return mean.Effective > 1 ? StudentT.Cdf((mean.Mean - limit) / mean.StandardError, mean.Effective - 1) : 1;
    }

    /// <summary>p-value of "the share is at most the limit", exact. 1 without an interval.</summary>
    public static double AboveP(ReadOnlySpan<double> values, in ClusteredMean mean, double limit)
    {
        double n = mean.N / mean.DesignEffect;
        return mean.HasInterval && IsBinary(values) ? Binomial.UpperTail(mean.Mean * n, n, limit) : 1;
    }

    /// <summary>How many times wider an interval must be because few documents, or some of many questions, know the design effect; 1 where questions are independent.</summary>
    public static double Widening(in ClusteredMean mean, double alpha) => StudentT.UpperQuantile(alpha, mean.Effective - 1) / StudentT.UpperQuantile(alpha, mean.N - 1);

    public static bool IsBinary(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (value is not (0 or 1))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreBinary(string metric, ReadOnlySpan<double> before, ReadOnlySpan<double> after) =>
        MetricNames.IsUnit(metric) && IsBinary(before) && IsBinary(after);

    // Of independent questions alone, at the one level that is printed.
    private static bool HasChosenEnds(in ClusteredMean mean, double alpha) => alpha == ShareInterval.Alpha && mean.Clusters == mean.N;

    // Null unless some rose by 1 and none fell, or the other way about.
    private static (double Low, double High)? OneWay(ReadOnlySpan<double> differences)
    {
        var (rose, fell) = (0, 0);
        foreach (double difference in differences)
        {
            if (difference is not (-1 or 0 or 1))
            {
                return null;
            }

            rose += difference == 1 ? 1 : 0;
            fell += difference == -1 ? 1 : 0;
        }

        if (rose > 0 == fell > 0)
        {
            return null;
        }

        var (near, far) = OneWayInterval.Of(rose + fell, differences.Length);
        return rose > 0 ? (near, far) : (-far, -near);
    }

    private static int Ones(ReadOnlySpan<double> values)
    {
        int ones = 0;
        foreach (double value in values)
        {
            ones += value == 1 ? 1 : 0;
        }

        return ones;
    }

    private static (int Won, int Lost) Changes(ReadOnlySpan<double> before, ReadOnlySpan<double> after)
    {
        int won = 0;
        int lost = 0;
        for (int i = 0; i < before.Length; i++)
        {
            won += after[i] > before[i] ? 1 : 0;
            lost += after[i] < before[i] ? 1 : 0;
        }

        return (won, lost);
    }

    // A verdict's is at least 1. Here that would be too wide where documents are several questions and alike in nothing: the estimate then falls below 1 as often as not.
    // Below one degree of freedom t reaches over hundreds of standard errors: true, and nothing that a reader can use.
    private static bool HasT(in ClusteredMean mean) => mean.HasInterval && mean.Effective >= 2;

    private static double EffectOf(in ClusteredMean mean)
    {
        double ratio = mean.StandardError / mean.IndependentError;
        return mean.IndependentError > 0 ? Math.Max(LeastEffect, ratio * ratio) : mean.DesignEffect;
    }

    private static double Quantile(in ClusteredMean mean, double alpha) => Normal.UpperQuantile(alpha) * Widening(mean, alpha);

    private static (double Low, double High) OfMean(string metric, in ClusteredMean mean, double alphaLow, double alphaHigh)
    {
        var (low, high) = Width(metric, mean, alphaLow, alphaHigh, paired: false);
        return MetricNames.IsUnit(metric) ? (Math.Max(0, low), Math.Min(1, high)) : (low, high);
    }

    // Measures in [0, 1] change by 1 at most, so the least width applies always; a margin's largest change says nothing while values vary.
    private static (double Low, double High) Width(string metric, in ClusteredMean mean, double alphaLow, double alphaHigh, bool paired)
    {
        double largest = MetricNames.IsUnit(metric) ? (paired || mean.StandardError == 0 ? 1 : 0) : mean.StandardError == 0 ? 2 : 0;
        return (mean.Mean - Math.Max(mean.HalfWidth(alphaLow), mean.Floor(alphaLow, largest)),
            mean.Mean + Math.Max(mean.HalfWidth(alphaHigh), mean.Floor(alphaHigh, largest)));
    }
}
