using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>How much the questions of a whole set change in one measure between two reports: what the changes of a cohort are expected to be.</summary>
/// <param name="Square">Mean squared change of a question.</param>
/// <param name="Product">Mean product of the changes of two questions of one cluster; 0 where each stands alone.</param>
/// <remarks>No flip of a cluster's sign changes either, so a test may use them and stays exact.</remarks>
internal readonly record struct ChangeRate(double Square, double Product)
{
    /// <param name="all">Of every question of the set.</param>
    public static ChangeRate Of(PairedValues all)
    {
        var (sums, sizes) = ByCluster(all);
        double squares = all.Differences.Sum(d => d * d);
        double pairs = sizes.Sum(m => (double)m * (m - 1));
        return new(squares / Math.Max(1, all.Rows.Count), pairs > 0 ? (sums.Sum(s => s * s) - squares) / pairs : 0);
    }

    /// <summary>Expected sum over clusters of their squared changes.</summary>
    /// <param name="sizes">Questions of each cluster.</param>
    public double SumOfSquares(ReadOnlySpan<int> sizes)
    {
        double sum = 0;
        foreach (int size in sizes)
        {
            sum += (Square * size) + (Product * size * (size - 1));
        }

        return Math.Max(0, sum);
    }

    /// <summary>Change and number of questions of each cluster, by cluster number.</summary>
    public static (double[] Sums, int[] Sizes) ByCluster(PairedValues values)
    {
        double[] sums = new double[values.Rows.Count];
        int[] sizes = new int[values.Rows.Count];
        for (int i = sums.Length - 1; i >= 0; i--)
        {
            sums[values.Clusters[i]] += values.Differences[i];
            sizes[values.Clusters[i]]++;
        }

        return (sums, sizes);
    }
}
