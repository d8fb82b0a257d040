using Nearfar.Evaluation.Geometry;
using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation.Tasks;

/// <summary>Whether one threshold on the similarity tells pairs that belong together from others. Thread-safe.</summary>
public static class PairClassification
{
    /// <summary>Probability that a matching pair is above another, equal ones counting 1/2 (Mann and Whitney).</summary>
    /// <remarks>
    /// Interval by the score of the area (Newcombe 2006) with the variance of the placements (DeLong et al. 1988), clustered by <see cref="ScoredPairs.Groups"/>; null below 3 pairs
    /// or 2 groups. It has a width when every pair is in order, too.
    /// </remarks>
    /// <param name="pairs">Any pairs.</param>
    public static Estimate Auc(ScoredPairs pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return QueryGeometry.PooledAuc([.. Enumerable.Range(0, pairs.Count).Select(i =>
        {
            double[] one = [pairs.Similarities[i]];
            return pairs.Matches[i] ? ((IReadOnlyList<double>)one, (IReadOnlyList<double>)[]) : ([], one);
        })], Groups(pairs));
    }

    /// <summary>Average precision: sum over distinct similarities, descending, of (gain of recall) × precision; equal similarities enter together, so their order decides nothing.</summary>
    /// <param name="pairs">Any pairs.</param>
    public static double AveragePrecision(ScoredPairs pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        double positives = pairs.Matches.Count(m => m);
        var (sum, taken, right) = (0.0, 0, 0);
        foreach (var tie in Descending(pairs, Enumerable.Range(0, pairs.Count)))
        {
            taken += tie.Count();
            int gained = tie.Count(i => pairs.Matches[i]);
            right += gained;
            sum += gained / positives * (right / (double)taken);
        }

        return sum;
    }

    /// <summary>The threshold that classifies given pairs best, midway between two distinct similarities; the lowest cut of equals.</summary>
    /// <remarks>"All match" and "none matches" are cuts too, placed at the least and just above the greatest similarity.</remarks>
    /// <param name="pairs">Pairs to learn from; its score on these flatters, measure it on others.</param>
    /// <param name="aim">What is best.</param>
    public static double Learn(ScoredPairs pairs, ThresholdAim aim)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return Learn(pairs, [.. Enumerable.Range(0, pairs.Count)], aim);
    }

    /// <summary>Classifies pairs by a threshold that they did not choose.</summary>
    /// <param name="pairs">Pairs to test on.</param>
    /// <param name="threshold">Pairs at or above it are said to match.</param>
    public static PairCounts Apply(ScoredPairs pairs, double threshold)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return Count(pairs, Enumerable.Range(0, pairs.Count), threshold);
    }

    /// <summary>Classifies every pair by a threshold learnt on other pairs: groups are dealt into folds by seed, counts are added.</summary>
    /// <param name="pairs">Any pairs.</param>
    /// <param name="aim">What the thresholds are chosen for.</param>
    /// <param name="folds">2 to the number of groups. Default 5.</param>
    /// <param name="seed">Of the deal. Default 1.</param>
    /// <exception cref="NearfarException">Fewer groups than folds, or a fold whose others all match or all do not.</exception>
    public static PairCounts CrossFit(ScoredPairs pairs, ThresholdAim aim, int folds = 5, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        int[] groups = Groups(pairs);
        int count = groups.Max() + 1;
        if (count < folds)
        {
            throw new NearfarException($"{count} groups of pairs cannot be dealt into {folds} folds. Add pairs or ask for fewer folds.");
        }

        int[] deal = [.. Enumerable.Range(0, count)];
        SeededRandom.For(seed, 0, "pair folds").Shuffle(deal);
        int[] fold = new int[count];
        for (int i = 0; i < count; i++)
        {
            fold[deal[i]] = i % folds;
        }

        var sum = new PairCounts(0, 0, 0, 0);
        for (int f = 0; f < folds; f++)
        {
            int[] learn = [.. Enumerable.Range(0, pairs.Count).Where(i => fold[groups[i]] != f)];
            if (learn.All(i => pairs.Matches[i]) || !learn.Any(i => pairs.Matches[i]))
            {
                throw new NearfarException($"Fold {f + 1} of {folds} leaves pairs of one kind to learn from. Add pairs or ask for other folds.");
            }

            var part = Count(pairs, Enumerable.Range(0, pairs.Count).Where(i => fold[groups[i]] == f), Learn(pairs, learn, aim));
            sum = new(sum.TruePositives + part.TruePositives, sum.FalsePositives + part.FalsePositives, sum.FalseNegatives + part.FalseNegatives, sum.TrueNegatives + part.TrueNegatives);
        }

        return sum;
    }

    private static double Learn(ScoredPairs pairs, int[] members, ThresholdAim aim)
    {
        var ties = Descending(pairs, members).ToArray();
        var counts = Count(pairs, members, double.PositiveInfinity);
        double best = Score(counts, aim);
        double threshold = Math.BitIncrement(ties[0].Key);
        for (int t = 0; t < ties.Length; t++)
        {
            int right = ties[t].Count(i => pairs.Matches[i]);
            int wrong = ties[t].Count() - right;
            counts = new(counts.TruePositives + right, counts.FalsePositives + wrong, counts.FalseNegatives - right, counts.TrueNegatives - wrong);
            if (Score(counts, aim) >= best)
            {
                best = Score(counts, aim);
                threshold = t + 1 < ties.Length ? Between(ties[t + 1].Key, ties[t].Key) : ties[t].Key;
            }
        }

        return threshold;
    }

    // Above the lower one even when no number lies between them.
    private static double Between(double low, double high) => low + ((high - low) / 2) is var middle && middle > low ? middle : high;

    private static double Score(PairCounts counts, ThresholdAim aim) => aim == ThresholdAim.F1 ? counts.F1 : counts.Accuracy;

    private static PairCounts Count(ScoredPairs pairs, IEnumerable<int> members, double threshold)
    {
        var (tp, fp, fn, tn) = (0, 0, 0, 0);
        foreach (int i in members)
        {
            bool said = pairs.Similarities[i] >= threshold;
            tp += said && pairs.Matches[i] ? 1 : 0;
            fp += said && !pairs.Matches[i] ? 1 : 0;
            fn += !said && pairs.Matches[i] ? 1 : 0;
            tn += !said && !pairs.Matches[i] ? 1 : 0;
        }

        return new(tp, fp, fn, tn);
    }

    private static IOrderedEnumerable<IGrouping<double, int>> Descending(ScoredPairs pairs, IEnumerable<int> members) =>
        members.GroupBy(i => pairs.Similarities[i]).OrderByDescending(g => g.Key);

    private static int[] Groups(ScoredPairs pairs)
    {
        if (pairs.Groups is null)
        {
            return [.. Enumerable.Range(0, pairs.Count)];
        }

        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. pairs.Groups.Select(g => numbers.TryGetValue(g, out int number) ? number : numbers[g] = numbers.Count)];
    }
}

/// <summary>What a threshold is chosen for.</summary>
public enum ThresholdAim
{
    /// <summary>Harmonic mean of precision and recall.</summary>
    F1,

    /// <summary>Share of pairs classified rightly.</summary>
    Accuracy,
}
