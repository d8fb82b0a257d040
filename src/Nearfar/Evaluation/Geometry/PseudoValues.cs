using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Geometry;

/// <summary>Intervals of figures that are smooth functions of means: over pseudo-values, one a unit, clustered, by <see cref="SkewedMean"/>.</summary>
/// <remarks>
/// A unit's pseudo-value is the figure plus the unit's influence, its derivative by the unit's weight: the infinitesimal jackknife
/// (Jaeckel 1972; Efron and Tibshirani 1993, 21.2). Their mean is the figure. A bootstrap would draw units twice and so make hubs and close pairs of its own.
/// </remarks>
internal static class PseudoValues
{
    /// <param name="value">The figure.</param>
    /// <param name="influences">One a unit, mean 0.</param>
    /// <param name="clusters">Cluster of each unit; null: units are independent.</param>
    /// <param name="least">Smallest possible value, which cuts the interval.</param>
    /// <param name="most">Largest possible value.</param>
    public static Estimate Estimate(double value, double[] influences, int[]? clusters = null, double least = double.NegativeInfinity, double most = double.PositiveInfinity)
    {
        var mean = ClusteredMean.Of(influences, clusters ?? [.. Enumerable.Range(0, influences.Length)]);
        if (!mean.HasInterval)
        {
            return new(influences.Length, value, null, null);
        }

        var (low, high) = SkewedMean.Around(value, mean, Aggregation.Alpha);
        return new(influences.Length, value, Math.Max(least, low), Math.Min(most, high));
    }
}
