using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Tasks;

/// <summary>Whether similarities order pairs of sentences as people do (semantic textual similarity).</summary>
public static class RankCorrelation
{
    /// <summary>Spearman's rho: Pearson's correlation of average ranks.</summary>
    /// <remarks>
    /// Interval: on the scale of Fisher's z, with the variance of the pairs' influences on rho (Hampel 1974, Journal of the American Statistical Association 69:383) and t; pairs
    /// are taken as independent, nothing is assumed of their shape. Null below 10 pairs. Bonett and Wright's variance (1 + rho² / 2) / (n - 3), Psychometrika 2000, is that of normal pairs alone:
    /// docs/decisions/intervals-of-figures.md.
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

        double[] a = Centred(similarities);
        double[] b = Centred(judgements);
        var (both, ownA, ownB) = (0.0, 0.0, 0.0);
        for (int i = 0; i < a.Length; i++)
        {
            both += a[i] * b[i];
            ownA += a[i] * a[i];
            ownB += b[i] * b[i];
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

        double n = a.Length;
        double[] influences = Influences(similarities, judgements, a, b, (both / n, ownA / n, ownB / n));
        double variance = influences.Sum(i => i * i) / n / (n - 3) / Math.Pow(1 - (rho * rho), 2);      // n - 3 as in Fisher's
        double half = StudentT.UpperQuantile(Aggregation.Alpha, n - 1) * Math.Sqrt(variance);
        return new(a.Length, rho, Math.Tanh(Math.Atanh(rho) - half), Math.Tanh(Math.Atanh(rho) + half));
    }

    // Average ranks from -1/2 to 1/2.
    private static double[] Centred(ReadOnlySpan<double> values)
    {
        double[] ranks = AverageRanks(values);
        return Array.ConvertAll(ranks, r => ((r - .5) / ranks.Length) - .5);
    }

    // A pair moves the sums by its own product, and by the ranks of the pairs above it in either order.
    private static double[] Influences(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double[] a, double[] b, (double Both, double A, double B) mean)
    {
        double[] bAboveX = Above(x, b), aAboveY = Above(y, a), aAboveX = Above(x, a), bAboveY = Above(y, b);
        double root = Math.Sqrt(mean.A * mean.B);
        return [.. a.Select((u, i) =>
        {
            double both = (u * b[i]) - mean.Both + bAboveX[i] + aAboveY[i];
            double ownA = (u * u) - mean.A + (2 * aAboveX[i]);
            double ownB = (b[i] * b[i]) - mean.B + (2 * bAboveY[i]);
            return (both - (mean.Both / 2 * ((ownA / mean.A) + (ownB / mean.B)))) / root;
        })];
    }

    // For each value the sum of the weights of those above it, equal ones by half, over their number.
    private static double[] Above(ReadOnlySpan<double> values, double[] weights)
    {
        double[] keys = values.ToArray();
        int[] order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, order);
        double[] sums = new double[keys.Length];
        double above = 0;
        for (int end = keys.Length, start; end > 0; end = start)
        {
            double equal = 0;
            for (start = end; start > 0 && keys[start - 1] == keys[end - 1]; start--)
            {
                equal += weights[order[start - 1]];
            }

            foreach (int i in order.AsSpan(start, end - start))
            {
                sums[i] = (above + (equal / 2)) / keys.Length;
            }

            above += equal;
        }

        return sums;
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
