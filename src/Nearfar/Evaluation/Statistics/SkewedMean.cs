namespace Nearfar.Evaluation.Statistics;

/// <summary>The t interval, moved and stretched for the skewness of what is averaged.</summary>
/// <remarks>
/// Hall 1992, Journal of the Royal Statistical Society B 54:221: a cubic of t whose distribution has no skewness left in its first order, and which can be
/// turned back. With questions of several documents the deviations are those of the documents' sums.
/// </remarks>
internal static class SkewedMean
{
    /// <param name="value">What the deviations are from.</param>
    /// <param name="mean">Of the deviations, with an interval.</param>
    /// <param name="alpha">Of each side.</param>
    public static (double Low, double High) Around(double value, in ClusteredMean mean, double alpha)
    {
        if (mean.StandardError == 0)
        {
            return (value, value);
        }

        double t = StudentT.UpperQuantile(alpha, mean.Effective - 1);
        double c = mean.Clusters;
        double skew = mean.Cubes / Math.Pow(mean.Squares, 1.5) * (c > 2 ? Math.Sqrt(c * (c - 1)) / (c - 2) : 1);      // a sample shows less of it than there is
        return (value - (mean.StandardError * Back(t - (skew / 6), skew)), value - (mean.StandardError * Back(-t - (skew / 6), skew)));
    }

    // x + s x² / 3 + s² x³ / 27 = y, solved for x.
    private static double Back(double y, double s) => Math.Abs(s) < 1e-6 ? y : 3 / s * (Math.Cbrt(1 + (s * y)) - 1);
}
