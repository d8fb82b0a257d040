using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Tasks;

/// <summary>Whether similarities order pairs of sentences as people do (semantic textual similarity).</summary>
public static class RankCorrelation
{
    /// <summary>Spearman's rho: Pearson's correlation of average ranks.</summary>
    /// <remarks>
    /// Interval: Fisher's z with Bonett and Wright's variance (1 + rho² / 2) / (n - 3), Psychometrika 2000; pairs are taken as independent. Null
    /// below 10 pairs.
    /// </remarks>
    /// <param name="similarities">One a pair, finite.</param>
    /// <param name="judgements">What people said of the pair, higher is nearer; finite.</param>
    /// <exception cref="ArgumentException">Counts differ, below 3 pairs, or a value that is not finite.</exception>
    /// <exception cref="NearfarException">One side is constant: it orders nothing, and has no correlation.</exception>
    public static Estimate Spearman(ReadOnlySpan<double> similarities, ReadOnlySpan<double> judgements)
    {
        if (similarities.Length != judgements.Length || similarities.Length < 3)
        {
            throw new ArgumentException($"{similarities.Length} similarities for {judgements.Length} judgements; wanted one for each of at least 3 pairs.");
        }

        double[] a = AverageRanks(similarities);
        double[] b = AverageRanks(judgements);
        double middle = (a.Length + 1) / 2.0;
        var (both, ownA, ownB) = (0.0, 0.0, 0.0);
        for (int i = 0; i < a.Length; i++)
        {
            both += (a[i] - middle) * (b[i] - middle);
            ownA += (a[i] - middle) * (a[i] - middle);
            ownB += (b[i] - middle) * (b[i] - middle);
        }

        if (ownA == 0 || ownB == 0)
        {
            throw new NearfarException($"All {a.Length} {(ownA == 0 ? "similarities" : "judgements")} are equal: they order nothing, so there is no correlation. Is the encoder collapsed?");
        }

        double rho = Math.Clamp(both / Math.Sqrt(ownA * ownB), -1, 1);
        if (a.Length < 10 || Math.Abs(rho) == 1)
        {
            return new(a.Length, rho, null, null);
        }

        double half = Normal.UpperQuantile(Aggregation.Alpha) * Math.Sqrt((1 + (rho * rho / 2)) / (a.Length - 3));
        return new(a.Length, rho, Math.Tanh(Math.Atanh(rho) - half), Math.Tanh(Math.Atanh(rho) + half));
    }

    /// <summary>1-based; equal values share the mean of their places.</summary>
    internal static double[] AverageRanks(ReadOnlySpan<double> values)
    {
        double[] keys = values.ToArray();
        if (keys.Any(v => !double.IsFinite(v)))
        {
            throw new ArgumentException("A value is NaN or infinite; it has no rank.", nameof(values));
        }

        int[] order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, order);
        double[] ranks = new double[keys.Length];
        for (int start = 0, end; start < keys.Length; start = end)
        {
            for (end = start + 1; end < keys.Length && keys[end] == keys[start]; end++) { }

            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = (start + 1 + end) / 2.0;
            }
        }

        return ranks;
    }
}
