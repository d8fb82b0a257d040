namespace Nearfar.Evaluation.Statistics;

/// <summary>Bounds of shares and of differences of paired shares. Counts may be real: a design effect divides them.</summary>
internal static class Proportions
{
    /// <summary>Score interval of a share, each side at <paramref name="alpha"/>.</summary>
    /// <remarks>Wilson 1927.</remarks>
    public static (double Low, double High) Wilson(double successes, double n, double alpha)
    {
        double z = Normal.UpperQuantile(alpha);
        double p = successes / n;
        double scale = 1 + (z * z / n);
        double centre = (p + (z * z / (2 * n))) / scale;
        double half = z / scale * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n)));
        return (successes <= 0 ? 0 : Math.Max(0, centre - half), successes >= n ? 1 : Math.Min(1, centre + half));
    }

    /// <summary>Exact lower bound of a share at <paramref name="alpha"/>, one-sided.</summary>
    /// <remarks>Clopper and Pearson 1934.</remarks>
    public static double ExactLower(double successes, double n, double alpha) =>
        successes <= 0 ? 0 : SpecialFunctions.InverseRegularizedBeta(alpha, successes, n - successes + 1);

    /// <summary>Exact upper bound of a share at <paramref name="alpha"/>, one-sided.</summary>
    /// <remarks>Clopper and Pearson 1934.</remarks>
    public static double ExactUpper(double successes, double n, double alpha) =>
        successes >= n ? 1 : 1 - SpecialFunctions.InverseRegularizedBeta(alpha, n - successes, successes + 1);

    /// <summary>Score interval of (won - lost) / n of paired 0/1 outcomes, each side at <paramref name="alpha"/>.</summary>
    /// <param name="won">Pairs where only the second succeeded.</param>
    /// <param name="lost">Pairs where only the first succeeded.</param>
    /// <param name="n">All pairs.</param>
    /// <param name="alpha">Of each side.</param>
    /// <remarks>Tango 1998, Statistics in Medicine 17:891, eq. 8 to 11.</remarks>
    public static (double Low, double High) Tango(double won, double lost, double n, double alpha) => (TangoLower(won, lost, n, alpha), TangoUpper(won, lost, n, alpha));

    /// <summary>Its lower end alone.</summary>
    public static double TangoLower(double won, double lost, double n, double alpha)
    {
        double z = Normal.UpperQuantile(alpha);
        double difference = (won - lost) / n;
        // The statistic falls from above z to below -z as delta rises through [-1, 1]; the estimate itself parts the two roots.
        return difference <= -1 ? -1 : Roots.Bracketed(d => TangoStatistic(won, lost, n, d) - z, -1, difference);
    }

    /// <summary>Its upper end alone.</summary>
    public static double TangoUpper(double won, double lost, double n, double alpha)
    {
        double z = Normal.UpperQuantile(alpha);
        double difference = (won - lost) / n;
        return difference >= 1 ? 1 : Roots.Bracketed(d => TangoStatistic(won, lost, n, d) + z, difference, 1);
    }

    /// <summary>Exact two-sided p-value of fixed against broken (McNemar): are both equally likely?</summary>
    public static double McNemarExact(int won, int lost) =>
        won + lost == 0 ? 1 : Math.Min(1, 2 * Binomial.UpperTail(Math.Max(won, lost), won + lost, 0.5));

    /// <summary>The same with half the probability of the observed count: less conservative.</summary>
    /// <remarks>Fagerland, Lydersen and Laake 2013, eq. 9.</remarks>
    public static double McNemarMidP(int won, int lost)
    {
        if (won == lost)
        {
            return won == 0 ? 1 : 1 - PointProbability(won, won + lost);
        }

        int greater = Math.Max(won, lost);
        return Math.Min(1, (2 * Binomial.UpperTail(greater, won + lost, 0.5)) - PointProbability(greater, won + lost));
    }

    private static double PointProbability(int k, int n) => Binomial.UpperTail(k, n, 0.5) - Binomial.UpperTail(k + 1, n, 0.5);

    /// <summary>How far won - lost lies from n delta, in standard errors under delta.</summary>
    public static double TangoStatistic(double won, double lost, double n, double delta)
    {
        double b = (((2 * n) - won + lost) * delta) - won - lost;
        double c = -lost * delta * (1 - delta);
        double root = Math.Sqrt(Math.Max(0, (b * b) - (8 * n * c)));
        double share = b <= 0 ? (root - b) / (4 * n) : -2 * c / (root + b);      // the same root, without cancellation when b is positive
        double variance = n * ((2 * share) + (delta * (1 - delta)));
        double excess = won - lost - (n * delta);
        return variance <= 0 ? (excess == 0 ? 0 : Math.Sign(excess) * double.PositiveInfinity) : excess / Math.Sqrt(variance);
    }
}
