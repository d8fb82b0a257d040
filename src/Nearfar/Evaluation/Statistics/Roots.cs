namespace Nearfar.Evaluation.Statistics;

/// <summary>Roots of monotone functions between two ends.</summary>
internal static class Roots
{
    /// <summary>Where a function that changes its sign once in [low, high] is zero, to the last bits.</summary>
    /// <remarks>
    /// Geometric halving while an end lies decades away (small roots then have as many right digits as large ones), then inverse quadratic
    /// interpolation kept inside a bracket: Chandrupatla 1997, Advances in Engineering Software 28:145.
    /// </remarks>
    public static double Bracketed(Func<double, double> f, double low, double high)
    {
        double atHigh = f(high);
        if (low >= 0)
        {
            Narrow(f, ref low, ref high, ref atHigh);
        }

        return Chandrupatla(f, low, f(low), high, atHigh);
    }

    private static void Narrow(Func<double, double> f, ref double low, ref double high, ref double atHigh)
    {
        while (high > 4 * low && high > 1e-290)
        {
            double middle = Math.Sqrt(Math.Max(low, 1e-300)) * Math.Sqrt(high);
            double value = f(middle);
            if (value > 0 == atHigh > 0)
            {
                (high, atHigh) = (middle, value);
            }
            else
            {
                low = middle;
            }
        }
    }

    private static double Chandrupatla(Func<double, double> f, double b, double atB, double a, double atA)
    {
        double t = 0.5;
        for (int i = 0; i < 300; i++)
        {
            double x = a + (t * (b - a));
            double atX = f(x);
            double c = a;
            double atC = atA;
            if (atX > 0 != atA > 0)
            {
                (c, atC, b, atB) = (b, atB, a, atA);
            }

            (a, atA) = (x, atX);
            double best = Math.Abs(atA) < Math.Abs(atB) ? a : b;
            double least = ((Math.Abs(best) * 4.4e-16) + 1e-307) / Math.Abs(b - a);       // two units in the last place
            if (atX == 0 || least > 0.5 || a == b)
            {
                return atX == 0 ? x : best;
            }

            double xi = (a - b) / (c - b);
            double phi = (atA - atB) / (atC - atB);
            t = phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi
                ? (atA / (atB - atA) * atC / (atB - atC)) + ((c - a) / (b - a) * atA / (atC - atA) * atB / (atC - atB))
                : 0.5;
            t = double.IsFinite(t) ? Math.Clamp(t, least, 1 - least) : 0.5;
        }

        return Math.Abs(atA) < Math.Abs(atB) ? a : b;
    }
}
