namespace Nearfar.Evaluation.Geometry;

/// <summary>How many directions a sample of documents uses: from the eigenvalues of its covariance, documents as the units of the intervals.</summary>
/// <remarks>
/// Beyond 512 dimensions the first 512 documents of the sample are used and their Gram matrix, which has the same eigenvalues; no rank can then exceed 511.
/// Eigenvalues of a sample spread wider than the space's own, so all of these are too low in small samples. An interval would not know
/// that and is given only from 20 documents a dimension on.
/// </remarks>
internal static class Spectrum
{
    private const int Most = 512;
    private const int PerDimension = 20;

    /// <param name="measures">Receives effective rank, participation ratio, IsoScore (above 1 dimension) and isotropy; none below 3 rows, nor for a collapsed sample.</param>
    /// <param name="sample">Unit rows [N][D].</param>
    public static void AddTo(SortedDictionary<string, Estimate> measures, IReadOnlyList<float[]> sample)
    {
        if (sample.Count < 3)
        {
            return;
        }

        int dimensions = sample[0].Length;
        double[][] rows = DoubleRows.Of(dimensions > Most ? [.. sample.Take(Most)] : sample);
        var found = new SortedDictionary<string, Estimate>(StringComparer.Ordinal);
        Isotropy(found, Principal.Of(rows));
        DoubleRows.Centre(rows);
        var centred = Principal.Of(rows);
        if (centred.Variances.Count > 0 && centred.Variances[0] > 1e-12)      // float32 noise of equal vectors
        {
            EffectiveRank(found, centred);
            Participation(found, centred, dimensions);
        }

        foreach (var (name, estimate) in found)
        {
            measures[name] = rows.Length >= PerDimension * dimensions ? estimate : estimate with { Low = null, High = null };
        }
    }

    private static void EffectiveRank(SortedDictionary<string, Estimate> measures, Principal axes)
    {
        double[] sigmas = [.. axes.Variances.Select(Math.Sqrt)];
        double sum = sigmas.Sum();
        double entropy = -sigmas.Sum(s => s / sum * Math.Log(s / sum));
        double rank = Math.Exp(entropy);
        // d entropy / d sigma = -(log p + entropy) / sum; d sigma / d variance = 1 / (2 sigma)
        double[] slopes = [.. sigmas.Select(s => -rank * (Math.Log(s / sum) + entropy) / sum / (2 * s))];
        measures[GeometryNames.EffectiveRank] = PseudoValues.Estimate(rank, axes.Influences(slopes), least: 1);
    }

    private static void Participation(SortedDictionary<string, Estimate> measures, Principal axes, int dimensions)
    {
        double sum = axes.Variances.Sum();
        double squares = axes.Variances.Sum(v => v * v);
        double ratio = sum * sum / squares;
        double[] influences = axes.Influences([.. axes.Variances.Select(v => (2 * sum / squares) - (2 * sum * sum * v / (squares * squares)))]);
        measures[GeometryNames.ParticipationRatio] = PseudoValues.Estimate(ratio, influences, least: 1, most: dimensions);
        if (dimensions > 1)
        {
            // The steps of Rudman et al. 2022, section 4, simplify to this: their normalised variances enter through (sum)² / (sum of squares) alone.
            measures[GeometryNames.IsoScore] = PseudoValues.Estimate(
                (ratio - 1) / (dimensions - 1), [.. influences.Select(i => i / (dimensions - 1))], least: 0, most: 1);
        }
    }

    /// <remarks>
    /// Differs: both signs of each direction are tried, since the sign of an eigenvector is arbitrary. No interval: which directions are the least and the greatest depends on the
    /// sample, and intervals that took them as given, or knew only how they turn, held the truth 52 to 99 times in 100 (docs/decisions/intervals-of-figures.md).
    /// </remarks>
    private static void Isotropy(SortedDictionary<string, Estimate> measures, Principal axes)
    {
        double[] means =
        [
            .. from axis in Enumerable.Range(0, axes.Variances.Count) from sign in new[] { 1, -1 }
               select axes.Projections.Average(p => Math.Exp(sign * p[axis])),
        ];
        if (means.Length > 0)
        {
            measures[GeometryNames.Isotropy] = new(axes.Projections.Length, means.Min() / means.Max(), null, null);
        }
    }
}
