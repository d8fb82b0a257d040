namespace Nearfar.Evaluation.Statistics;

/// <summary>Roots of monotone functions between two ends.</summary>
internal static class Roots
{
    /// <summary>Where a function that changes its sign once in [low, high] is zero, to the last bits: bisection, then the neighbouring doubles.</summary>
    /// <remarks>At most 1,100 calls (bisection over the exponent too); slow and sure, since a quantile is asked for a few times a report.</remarks>
    public static double Bracketed(Func<double, double> f, double low, double high)
    {
        bool rising = f(high) > 0;
        for (int i = 0; i < 1100; i++)
        {
            double middle = Middle(low, high);
            if (middle <= low || middle >= high)
            {
                break;
            }

            double value = f(middle);
            if (value == 0)
            {
                return middle;
            }

            if (value > 0 == rising)
            {
                high = middle;
            }
            else
            {
                low = middle;
            }
        }

        return low + ((high - low) / 2);
    }

    // Over decades the geometric middle: small roots then have as many right digits as large ones.
    private static double Middle(double low, double high)
    {
        if (low >= 0 && high > 4 * Math.Max(low, 1e-300))
        {
            return Math.Sqrt(Math.Max(low, 1e-300)) * Math.Sqrt(high);
        }

        return low + ((high - low) / 2);
    }
}
