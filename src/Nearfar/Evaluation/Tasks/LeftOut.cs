using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Tasks;

/// <summary>Intervals of figures that have no formula of their own: the jackknife, t with n - 1 degrees of freedom.</summary>
/// <remarks>Efron and Tibshirani 1993, 11: each unit is left out in turn. Units are taken as independent, and the figure as smooth in them.</remarks>
internal static class LeftOut
{
    private const int Fewest = 10;
    private const double Rounding = 1e-24;       // squares of figures that are equal but for their last digits

    /// <param name="value">The figure of all units.</param>
    /// <param name="n">Units.</param>
    /// <param name="without">The figure without a unit, 0 to n - 1; null when it has none.</param>
    /// <param name="least">Smallest possible value, which cuts the interval.</param>
    /// <param name="most">Largest possible value.</param>
    /// <returns>Null ends below 10 units, and where the figure without one has no value or all are equal.</returns>
    public static Estimate Estimate(double value, int n, Func<int, double?> without, double least = double.NegativeInfinity, double most = double.PositiveInfinity)
    {
        if (n < Fewest)
        {
            return new(n, value, null, null);
        }

        double?[] figures = new double?[n];
        Parallel.For(0, n, i => figures[i] = without(i));
        double mean = figures.Average() ?? 0;
        double squares = figures.Sum(f => (f - mean) * (f - mean)) ?? 0;
        if (figures.Any(f => f is null) || squares < Rounding)
        {
            return new(n, value, null, null);
        }

        double half = StudentT.UpperQuantile(Aggregation.Alpha, n - 1) * Math.Sqrt((n - 1.0) / n * squares);
        return new(n, value, Math.Max(least, value - half), Math.Min(most, value + half));
    }
}
