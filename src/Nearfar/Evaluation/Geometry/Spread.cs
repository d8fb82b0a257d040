namespace Nearfar.Evaluation.Geometry;

/// <summary>How evenly a sample of documents spreads over the sphere: all pairs of the sample, documents as the units of the intervals.</summary>
internal static class Spread
{
    private const double T = 2;

    /// <param name="measures">Receives anisotropy and uniformity; neither below 2 rows.</param>
    /// <param name="sample">Unit rows [N][D].</param>
    public static void AddTo(SortedDictionary<string, Estimate> measures, IReadOnlyList<float[]> sample)
    {
        if (sample.Count < 2)
        {
            return;
        }

        double[][] rows = DoubleRows.Of(sample);
        int n = rows.Length;
        double[] cosines = new double[n];      // mean over the other rows
        double[] potentials = new double[n];
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < n; j++)
            {
                if (j != i)
                {
                    double cosine = DoubleRows.Dot(rows[i], rows[j]);
                    cosines[i] += cosine / (n - 1);
                    potentials[i] += Math.Exp(-T * (2 - (2 * cosine))) / (n - 1);
                }
            }
        });
        double anisotropy = cosines.Average();
        double potential = potentials.Average();
        // A mean over pairs is a U-statistic: twice a unit's own mean is its influence (Hoeffding 1948).
        measures[GeometryNames.Anisotropy] = PseudoValues.Estimate(anisotropy, [.. cosines.Select(c => 2 * (c - anisotropy))], least: -1, most: 1);
        measures[GeometryNames.Uniformity] = PseudoValues.Estimate(Math.Log(potential), [.. potentials.Select(p => 2 * (p - potential) / potential)], most: 0);
    }
}
