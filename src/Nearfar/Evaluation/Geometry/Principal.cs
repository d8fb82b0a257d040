namespace Nearfar.Evaluation.Geometry;

/// <summary>Principal axes of rows that are taken as they are: the mean squares along them and every row's coordinates.</summary>
/// <param name="Variances">Mean squares, descending; those below 1e-13 of the greatest are rounding and left out.</param>
/// <param name="Projections">Coordinates [N][axes].</param>
internal sealed record Principal(IReadOnlyList<double> Variances, double[][] Projections)
{
    public static Principal Of(double[][] rows)
    {
        int n = rows.Length;
        int d = rows[0].Length;
        bool gram = n < d;
        double[] moments = gram ? DoubleRows.Gram(rows) : DoubleRows.SecondMoments(rows);
        var eigen = SymmetricEigen.Of(moments, Math.Min(n, d));
        double least = Math.Max(eigen.Values[0] * 1e-13, double.Epsilon);
        int kept = eigen.Values.TakeWhile(v => v > least).Count();
        double[] values = [.. eigen.Values.Take(kept)];
        double[][] projections = new double[n][];
        Parallel.For(0, n, i =>
        {
            projections[i] = new double[kept];
            for (int k = 0; k < kept; k++)
            {
                // Gram: eigenvector k holds the coordinates along axis k, in units of the singular value.
                projections[i][k] = gram ? eigen.Vector(k)[i] * Math.Sqrt(values[k]) : DoubleRows.Dot(rows[i], eigen.Vector(k));
            }
        });
        return new([.. values.Select(v => v / n)], projections);
    }

    /// <summary>Influence of every row on a function of the variances, given its slopes (first-order perturbation: d variance = coordinate² - variance).</summary>
    public double[] Influences(double[] slopes) => [.. Projections.Select(row =>
    {
        double sum = 0;
        for (int k = 0; k < row.Length; k++)
        {
            sum += slopes[k] * ((row[k] * row[k]) - Variances[k]);
        }

        return sum;
    })];
}
