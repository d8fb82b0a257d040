namespace Nearfar.Evaluation;

/// <summary>Scale of a space: similarities of random query-document pairs that are not relevant to each other.</summary>
/// <remarks>Margins of two spaces are compared in units of <see cref="Sigma"/>; raw ones depend on the training temperature.</remarks>
/// <param name="Pairs">Pairs drawn.</param>
/// <param name="Seed">Seed of the draw.</param>
/// <param name="Mu">Mean similarity.</param>
/// <param name="Sigma">Standard deviation; 0 for a collapsed encoder, which then has no z-margins.</param>
/// <param name="Q01">1 % quantile.</param>
/// <param name="Q50">Median.</param>
/// <param name="Q99">99 % quantile.</param>
public sealed record ScaleFingerprint(int Pairs, ulong Seed, double Mu, double Sigma, double Q01, double Q50, double Q99)
{
    /// <summary>Temperature the model was trained at, where it tells; null otherwise. Above 0.</summary>
    public double? Temperature { get; init; }

    /// <param name="similarities">In the order drawn.</param>
    /// <param name="sorted">The same, ascending.</param>
    /// <param name="seed">Of the draw.</param>
    internal static ScaleFingerprint Of(double[] similarities, double[] sorted, ulong seed)
    {
        double mu = 0;
        foreach (double s in similarities)
        {
            mu += s;
        }

        mu /= similarities.Length;
        double squares = 0;
        foreach (double s in similarities)
        {
            squares += (s - mu) * (s - mu);
        }

        // A spread below float32 noise is none: equal vectors give similarities that differ in the last bit.
        double sigma = sorted[^1] - sorted[0] < 1e-6 ? 0 : Math.Sqrt(squares / (similarities.Length - 1));
        return new(similarities.Length, seed, mu, sigma, SortedValues.Quantile(sorted, .01), SortedValues.Quantile(sorted, .5), SortedValues.Quantile(sorted, .99));
    }
}
