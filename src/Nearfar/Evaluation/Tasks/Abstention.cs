namespace Nearfar.Evaluation.Tasks;

/// <summary>Whether the similarities of a question's hits tell when the answer is wrong, so that the product may stay silent.</summary>
/// <remarks>
/// Gisserot-Boukhlef et al. 2024, arXiv:2402.12997: mean quality of what is still answered, over abstention rates 0, .1 … .9; nAUC is its area
/// less the area of never gaining, as a share of what a perfect abstainer gains. 1 perfect, 0 no better than silence at random, negative worse.
/// </remarks>
public static class Abstention
{
    private const int Rates = 10;

    /// <summary>Confidence by the best similarity.</summary>
    /// <param name="similarities">Of one question's hits, at least one, finite.</param>
    public static double ByMaximum(IReadOnlyList<double> similarities) => Checked(similarities).Max();

    /// <summary>Confidence by the spread: standard deviation of the similarities, divisor n.</summary>
    /// <param name="similarities">Of one question's hits, at least one, finite.</param>
    public static double BySpread(IReadOnlyList<double> similarities)
    {
        double mean = Checked(similarities).Average();
        return Math.Sqrt(similarities.Average(s => (s - mean) * (s - mean)));
    }

    /// <summary>Confidence by the lead of the first over the second; 0 with one hit.</summary>
    /// <param name="similarities">Of one question's hits, at least one, finite.</param>
    public static double ByLead(IReadOnlyList<double> similarities)
    {
        double[] best = [.. Checked(similarities).OrderDescending().Take(2)];
        return best.Length < 2 ? 0 : best[0] - best[1];
    }

    /// <summary>Normalised area under the abstention curve.</summary>
    /// <remarks>Interval: the jackknife over questions, each left out in turn and taken as independent (Efron and Tibshirani 1993, 11); null below 10 of them, or where one left out leaves all qualities equal.</remarks>
    /// <param name="confidences">One a question, finite; the least confident are left unanswered first. Equal ones are left out in random order: the mean over all orders is given, where MTEB takes the order of input.</param>
    /// <param name="qualities">The measure of each question, such as ndcg@10.</param>
    /// <exception cref="ArgumentException">Counts differ, below 2 questions, or a value that is not finite.</exception>
    /// <exception cref="NearfarException">All qualities are equal: silence cannot gain anything.</exception>
    public static Estimate NormalisedAuc(IReadOnlyList<double> confidences, IReadOnlyList<double> qualities)
    {
        ArgumentNullException.ThrowIfNull(confidences);
        ArgumentNullException.ThrowIfNull(qualities);
        if (confidences.Count != qualities.Count || confidences.Count < 2 || confidences.Concat(qualities).Any(v => !double.IsFinite(v)))
        {
            throw new ArgumentException($"{confidences.Count} confidences for {qualities.Count} qualities; wanted one finite value of each for at least 2 questions.");
        }

        double value = Share([.. confidences], [.. qualities])
            ?? throw new NearfarException($"All {qualities.Count} questions have the same quality, so staying silent gains nothing and there is no share of it. Take a measure that differs.");
        return LeftOut.Estimate(value, confidences.Count, q => Share([.. confidences.Where((_, i) => i != q)], [.. qualities.Where((_, i) => i != q)]), most: 1);
    }

    // Null where silence cannot gain anything.
    private static double? Share(double[] confidences, double[] qualities)
    {
        double flat = qualities.Average() * (Rates - 1) / Rates;
        double possible = Area(qualities, qualities) - flat;
        return qualities.Min() == qualities.Max() || possible <= 0 ? null : (Area(confidences, qualities) - flat) / possible;
    }

    private static double Area(double[] confidences, double[] qualities)
    {
        double[] kept = ByTies(confidences, qualities);
        double[] curve = new double[Rates];
        for (int r = 0; r < Rates; r++)
        {
            int silent = Math.Min((int)Math.Round(r * kept.Length / (double)Rates, MidpointRounding.ToEven), kept.Length - 1);
            double sum = 0;
            foreach (double quality in kept.AsSpan(silent))
            {
                sum += quality;
            }

            curve[r] = sum / (kept.Length - silent);
        }

        return (curve.Sum() - ((curve[0] + curve[^1]) / 2)) / Rates;      // trapezoids
    }

    /// <summary>Qualities by ascending confidence, each the mean of its tie: what random order among equals gives on average.</summary>
    private static double[] ByTies(double[] confidences, double[] qualities)
    {
        double[] keys = [.. confidences];
        double[] kept = [.. qualities];
        Array.Sort(keys, kept);
        for (int start = 0, end; start < keys.Length; start = end)
        {
            for (end = start + 1; end < keys.Length && keys[end] == keys[start]; end++) { }

            // Sorted, so that the mean does not depend on the order of input.
            var tie = kept.AsSpan(start, end - start);
            tie.Sort();
            double sum = 0;
            foreach (double quality in tie)
            {
                sum += quality;
            }

            tie.Fill(sum / tie.Length);
        }

        return kept;
    }

    private static IReadOnlyList<double> Checked(IReadOnlyList<double> similarities)
    {
        ArgumentNullException.ThrowIfNull(similarities);
        return similarities.Count > 0 && similarities.All(double.IsFinite)
            ? similarities
            : throw new ArgumentException("Wanted at least one finite similarity: a question without hits has no confidence.", nameof(similarities));
    }
}
