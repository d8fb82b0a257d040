namespace Nearfar.Evaluation.Statistics;

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    /// <summary>P(Z > z).</summary>
    public static double UpperTail(double z) => 0.5 * SpecialFunctions.Erfc(z / Math.Sqrt(2));

    /// <summary>The z with P(Z > z) = <paramref name="alpha"/>; within 1e-12 relative for 1e-12 to 1/2 less 1e-3.</summary>
    public static double UpperQuantile(double alpha)
    {
        if (alpha is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "A tail probability lies between 0 and 1.");
        }

        return alpha == 0.5 ? 0 : alpha > 0.5 ? -UpperQuantile(1 - alpha) : Roots.Bracketed(z => UpperTail(z) - alpha, 0, 40);
    }
}

/// <summary>Student's t with real degrees of freedom.</summary>
internal static class StudentT
{
    /// <summary>P(T > t); within 1e-12 relative.</summary>
    public static double UpperTail(double t, double degrees)
    {
        double square = t * t;
        double half = 0.5 * SpecialFunctions.RegularizedBeta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5);
        return t >= 0 ? half : 1 - half;
    }

    /// <summary>P(T &lt;= t).</summary>
    public static double Cdf(double t, double degrees) => UpperTail(-t, degrees);

    /// <summary>The t with P(T > t) = <paramref name="alpha"/>; within 1e-12 relative for 1e-12 to .45 and at least half a degree of freedom.</summary>
    public static double UpperQuantile(double alpha, double degrees)
    {
        if (alpha is not (> 0 and < 1) || !(degrees > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, $"A tail probability lies between 0 and 1, degrees of freedom above 0 (came {degrees}).");
        }

        if (alpha == 0.5)
        {
            return 0;
        }

        return alpha > 0.5 ? -UpperQuantile(1 - alpha, degrees) : Roots.Bracketed(t => UpperTail(t, degrees) - alpha, 0, 1e150);
    }
}

/// <summary>The binomial distribution.</summary>
internal static class Binomial
{
    /// <summary>P(X >= k) of n trials.</summary>
    public static double UpperTail(double k, double n, double p) => k <= 0 ? 1 : k > n ? 0 : SpecialFunctions.RegularizedBeta(p, 1 - p, k, n - k + 1);
}
