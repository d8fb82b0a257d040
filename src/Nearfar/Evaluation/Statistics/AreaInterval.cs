namespace Nearfar.Evaluation.Statistics;

/// <summary>Interval of an area under the ROC curve, by its score.</summary>
/// <remarks>
/// <para>
/// A supposed area is inside when the estimate lies within q standard errors of it, the error being that of the supposed area: Newcombe 2006, Statistics in Medicine
/// 25:559, method 5, whose variance is that of exponential scores (Hanley and McNeil 1982, with the mean of both counts for each). It is the right one near 1,
/// where the error about the estimate (DeLong et al. 1988) is far too small and is 0 when all pairs are in order.
/// </para>
/// <para>
/// Differs: scores are not exponential and questions of a page are alike, so the variance is multiplied by how many times DeLong's exceeds it at the estimate.
/// As that is known the worse the fewer units carry it, it counts with its degrees of freedom, 2 / (sum of fourth powers of the units' influences by the
/// square of the sum of their squares, less 1 / units), and the design effect alone with four more.
/// </para>
/// </remarks>
internal static class AreaInterval
{
    private const double Prior = 4;
    private const double LeastEffect = 0.7;      // an estimate further below 1 is luck

    /// <param name="area">Of the sample, 0 to 1.</param>
    /// <param name="positives">Scores that should be high.</param>
    /// <param name="negatives">The others.</param>
    /// <param name="influences">Of the units on the area, their mean 0; together at least 3.</param>
    /// <param name="clusters">Cluster of each unit, 0 to N - 1; at least 2.</param>
    /// <param name="alpha">Of each side.</param>
    public static (double Low, double High) Of(double area, int positives, int negatives, double[] influences, int[] clusters, double alpha)
    {
        double Variance(double a) => a * (1 - a) / positives / negatives * (1 + ((((positives + negatives) / 2.0) - 1) * (((1 - a) / (2 - a)) + (a / (1 + a)))));

        var mean = ClusteredMean.Of(influences, clusters);
        double own = mean.StandardError * mean.StandardError;
        double independent = mean.IndependentError * mean.IndependentError;
        double effect = independent > 0 ? Math.Max(LeastEffect, own / independent) : mean.DesignEffect;
        double degrees = area is 0 or 1 || own == 0 ? 0 : Degrees(influences, clusters, mean);
        double times = degrees == 0 ? effect : ((degrees * own / Variance(area)) + (Prior * effect)) / (degrees + Prior);
        double quantile = Normal.UpperQuantile(alpha) * MeanBounds.Widening(mean, alpha);
        double Beyond(double a) => Math.Abs(a - area) - (quantile * Math.Sqrt(times * Variance(a)));
        // Positive at 0 and at 1, negative beside the estimate, which parts the two roots.
        return (area <= 0 ? 0 : Roots.Bracketed(a => a >= area ? -1 : Beyond(a), 0, area), area >= 1 ? 1 : Roots.Bracketed(a => a <= area ? -1 : Beyond(a), area, 1));
    }

    private static double Degrees(double[] influences, int[] clusters, in ClusteredMean mean)
    {
        double[] sums = new double[influences.Length];
        for (int i = 0; i < influences.Length; i++)
        {
            sums[clusters[i]] += influences[i];
        }

        double squares = sums.Sum(s => s * s);
        double excess = (sums.Sum(s => s * s * s * s) / squares / squares) - (1.0 / mean.Clusters);
        return Math.Min(mean.Effective - 1, excess > 0 ? 2 / excess : double.PositiveInfinity);
    }
}
