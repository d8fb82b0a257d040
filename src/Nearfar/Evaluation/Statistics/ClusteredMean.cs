namespace Nearfar.Evaluation.Statistics;

/// <summary>A mean over queries whose errors are independent between clusters only.</summary>
/// <remarks>
/// The mean is that of the queries; its standard error sums the deviations of a cluster before squaring (CR1, Liang and Zeger 1986), which
/// is the usual one when every cluster holds one query. Degrees of freedom: effective clusters (sum of sizes squared over sum of squared
/// sizes) less 1, hence clusters - 1 when sizes are equal and fewer when a few clusters hold most queries.
/// </remarks>
internal readonly record struct ClusteredMean
{
    private ClusteredMean(int n, int clusters, double effective, double mean, double standardError, double independentError)
    {
        N = n;
        Clusters = clusters;
        Effective = effective;
        Mean = mean;
        StandardError = standardError;
        IndependentError = independentError;
    }

    /// <summary>Queries.</summary>
    public int N { get; }

    /// <summary>Clusters they fall into.</summary>
    public int Clusters { get; }

    /// <summary>Equal clusters that would carry as much: N² / sum of squared sizes.</summary>
    public double Effective { get; }

    /// <summary>Mean over the queries.</summary>
    public double Mean { get; }

    /// <summary>Its standard error between clusters; NaN with one cluster.</summary>
    public double StandardError { get; }

    /// <summary>The standard error as if queries were independent; NaN with one query.</summary>
    public double IndependentError { get; }

    /// <summary>Squared deviations of clusters, summed.</summary>
    public double Squares { get; private init; }

    /// <summary>Cubed deviations of clusters, summed.</summary>
    public double Cubes { get; private init; }

    /// <summary>At least 3 queries and 2 clusters: less gives no interval.</summary>
    public bool HasInterval => N >= 3 && Clusters >= 2;

    /// <summary>How many times fewer independent queries these are worth, at least 1.</summary>
    public double DesignEffect
    {
        get
        {
            double sizes = N / Effective;       // the bound when all queries of a cluster agree
            double ratio = StandardError / IndependentError;
            return double.IsFinite(ratio) ? Math.Clamp(ratio * ratio, 1, Math.Max(1, N)) : Math.Max(1, sizes);
        }
    }

    /// <summary>Half the width of the t interval at <paramref name="alpha"/> a side.</summary>
    public double HalfWidth(double alpha) => StandardError == 0 ? 0 : StudentT.UpperQuantile(alpha, Effective - 1) * StandardError;

    /// <summary>The least width that n clusters can prove: with no change seen in n, up to 1 - alpha^(1/n) of them could have changed.</summary>
    /// <param name="alpha">Of one side.</param>
    /// <param name="largest">Largest possible change of one value.</param>
    public double Floor(double alpha, double largest) => largest * (1 - Math.Pow(alpha, 1 / Effective));

    /// <param name="values">One for each query, in a fixed order.</param>
    /// <param name="clusters">Cluster number of each, 0 to N - 1.</param>
    public static ClusteredMean Of(ReadOnlySpan<double> values, ReadOnlySpan<int> clusters)
    {
        double mean = 0;
        foreach (double value in values)
        {
            mean += value;
        }

        mean /= values.Length;
        double[] sums = new double[values.Length];
        int[] sizes = new int[values.Length];
        double squares = 0;
        bool constant = true;
        for (int i = 0; i < values.Length; i++)
        {
            double deviation = values[i] - mean;
            constant &= values[i] == values[0];
            sums[clusters[i]] += deviation;
            sizes[clusters[i]]++;
            squares += deviation * deviation;
        }

        double between = 0;
        double cubes = 0;
        double sizeSquares = 0;
        int count = 0;
        for (int c = 0; c < sums.Length; c++)
        {
            between += sums[c] * sums[c];
            cubes += sums[c] * sums[c] * sums[c];
            sizeSquares += (double)sizes[c] * sizes[c];
            count += sizes[c] > 0 ? 1 : 0;
        }

        double n = values.Length;
        // Equal values have no spread; their computed mean may be off by a bit and would leave 1e-17.
        double standard = constant && count > 1 ? 0 : Math.Sqrt(between * count / (count - 1.0)) / n;
        double independent = constant && n > 1 ? 0 : Math.Sqrt(squares / (n - 1) / n);
        return new(values.Length, count, n * n / sizeSquares, mean, count > 1 ? standard : double.NaN, n > 1 ? independent : double.NaN) { Squares = between, Cubes = cubes };
    }
}
