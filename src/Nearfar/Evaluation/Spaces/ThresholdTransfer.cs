using System.Globalization;
using Nearfar.Evaluation.Statistics;
using Nearfar.Vectors;

namespace Nearfar.Evaluation.Spaces;

/// <summary>A threshold of one space carried over to another by quantile: the new one lets the same share of scores through.</summary>
/// <remarks>
/// A value of one space means nothing in another; the share of wrong pairs it accepts does. Give similarities of pairs that must not match
/// (then the share is the false-accept rate), or margins of questions (then 1 - share is the share below a floor). Immutable, thread-safe.
/// </remarks>
public sealed record ThresholdTransfer
{
    private ThresholdTransfer(ScoreSample from, ScoreSample to, double threshold) =>
        (From, To, Threshold, Accepted, ScoresFrom, ScoresTo, Value) =
        (from.Space, to.Space, threshold, from.AtLeast(threshold), from.Scores.Count, to.Scores.Count, Carry(from.Descending, to.Descending, threshold));

    /// <summary>The space the threshold was found in.</summary>
    public EmbeddingSpace From { get; }

    /// <summary>The space it is carried to.</summary>
    public EmbeddingSpace To { get; }

    /// <summary>The threshold in <see cref="From"/>; scores at or above it are accepted.</summary>
    public double Threshold { get; }

    /// <summary>The threshold in <see cref="To"/>.</summary>
    public double Value { get; }

    /// <summary>Lower end of the interval; null when the scores do not bound it.</summary>
    public double? Low { get; private init; }

    /// <summary>Upper end; null when the scores do not bound it, as when the old threshold accepts none of them.</summary>
    public double? High { get; private init; }

    /// <summary>Scores of <see cref="From"/> at or above <see cref="Threshold"/>.</summary>
    public int Accepted { get; }

    /// <summary>Scores of <see cref="From"/>.</summary>
    public int ScoresFrom { get; }

    /// <summary>Scores of <see cref="To"/>.</summary>
    public int ScoresTo { get; }

    /// <summary>Share that the threshold lets through: the false-accept rate when the scores are of pairs that must not match.</summary>
    public double AcceptRate => Accepted / (double)ScoresFrom;

    /// <summary>Whether the interval rests on so few scores on one side of the threshold that it holds the new one more often than it says: docs/decisions/intervals-of-figures.md.</summary>
    internal bool IsRough => Math.Min(Accepted, ScoresFrom - Accepted) < MeanBounds.EnoughEvents;

    /// <summary>How the interval was made: <c>exact</c> or <c>paired</c>.</summary>
    public required string Method { get; init; }

    /// <summary>With an exact interval, for independent scores.</summary>
    /// <remarks>
    /// The interval holds every threshold at which Fisher's exact test cannot tell the two accept rates apart: order statistics of
    /// <paramref name="to"/>, so no shape of the distribution is assumed. It is wide enough at any size, a little too wide at small ones.
    /// </remarks>
    /// <param name="threshold">In the space of <paramref name="from"/>; finite.</param>
    /// <param name="from">Scores of the old space.</param>
    /// <param name="to">Scores of the new space; other pairs of the same kind, or the same pairs (then the interval is wider than it need be).</param>
    /// <param name="confidence">0.5 to below 1. Default 0.95.</param>
    /// <exception cref="NearfarException">Several scores of one cluster: use <see cref="Paired"/>.</exception>
    public static ThresholdTransfer Exact(double threshold, ScoreSample from, ScoreSample to, double confidence = 0.95)
    {
        Check(threshold, from, to, confidence);
        foreach (var sample in new[] { from, to })
        {
            if (sample.Clusters is { } clusters && clusters.Distinct(StringComparer.Ordinal).Count() < clusters.Count)
            {
                throw new NearfarException($"Scores of space {sample.Space} repeat a cluster, so they are not independent and an exact interval would be too narrow. Use ThresholdTransfer.Paired.");
            }
        }

        double alpha = (1 - confidence) / 2;
        var (n, m, accepted) = (from.Scores.Count, to.Scores.Count, from.AtLeast(threshold));
        int least = First(m, j => Hypergeometric.UpperTail(accepted, n, accepted + j, n + m) > alpha);     // fewer would be too few
        int most = First(m, j => Hypergeometric.UpperTail(j, m, accepted + j, n + m) <= alpha) - 1;        // more would be too many
        return new(from, to, threshold)
        {
            Method = "exact",
            High = least == 0 ? null : to.Descending[least - 1],
            Low = most >= m ? null : to.Descending[most],
        };
    }

    /// <summary>With an interval by paired signs, for scores of the same questions or pages in both spaces.</summary>
    /// <remarks>
    /// The interval holds every threshold at which a page's share of what is accepted, in the old space less in the new, does not lean to one side: McNemar's
    /// statistic (1947, Psychometrika 12:153) where each page has one score, summed by page otherwise. Between two scores it is read off a straight line:
    /// docs/decisions/intervals-of-figures.md.
    /// </remarks>
    /// <param name="threshold">In the space of <paramref name="from"/>; finite.</param>
    /// <param name="from">Scores of the old space, with clusters.</param>
    /// <param name="to">Scores of the new space, with the same clusters.</param>
    /// <param name="confidence">0.5 to below 1. Default 0.95.</param>
    /// <exception cref="NearfarException">Clusters are missing, differ between the spaces, or are fewer than 10.</exception>
    public static ThresholdTransfer Paired(double threshold, ScoreSample from, ScoreSample to, double confidence = 0.95)
    {
        Check(threshold, from, to, confidence);
        var old = ByCluster(from);
        var now = ByCluster(to);
        if (old.Count < 10 || !old.Keys.SequenceEqual(now.Keys, StringComparer.Ordinal))
        {
            throw new NearfarException(
                $"Wanted scores of the same clusters, at least 10, in both spaces: {from.Space} has {old.Count}, {to.Space} has {now.Count}. Score both models on one set: nearfar eval.");
        }

        var (low, high) = PairedThreshold.Bounds(
            [.. old.Values.Select(o => o.Count(s => s >= threshold) / (double)from.Scores.Count)], [.. now.Values], Normal.UpperQuantile((1 - confidence) / 2));
        return new(from, to, threshold) { Method = "paired", Low = low, High = high };
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Threshold:0.0000} in {From} lets {Accepted} of {ScoresFrom} through; in {To} that is {Value:0.0000} ({Low?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "unbounded"} to {High?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "unbounded"}, {Method})");

    // Place of the threshold among the descending scores, a fraction between neighbours, read off at the same relative place of the others:
    // a space that is the old one stretched and shifted gets the stretched and shifted threshold.
    private static double Carry(ReadOnlySpan<double> from, ReadOnlySpan<double> to, double threshold)
    {
        int above = 0;
        for (int high = from.Length; above < high;)
        {
            int middle = (above + high) / 2;
            (above, high) = from[middle] >= threshold ? (middle + 1, high) : (above, middle);
        }

        double place = above == 0 ? 0 : above == from.Length ? from.Length
            : above + ((from[above - 1] - threshold) / (from[above - 1] - from[above]));
        double at = place * (to.Length + 1) / (from.Length + 1);
        int before = (int)at;
        return before < 1 ? Math.BitIncrement(to[0])        // accepts none, as the old one does
            : before >= to.Length ? to[^1]
            : to[before - 1] + ((at - before) * (to[before] - to[before - 1]));
    }

    private static SortedDictionary<string, double[]> ByCluster(ScoreSample sample)
    {
        var clusters = sample.Clusters ?? throw new NearfarException($"The scores of space {sample.Space} have no clusters, so they cannot be paired. Name each score's question or page, or use ThresholdTransfer.Exact.");
        return new(sample.Scores.Zip(clusters).GroupBy(s => s.Second, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Select(s => s.First).ToArray(), StringComparer.Ordinal), StringComparer.Ordinal);
    }

    private static void Check(double threshold, ScoreSample from, ScoreSample to, double confidence)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (!double.IsFinite(threshold) || confidence is not (>= 0.5 and < 1))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Wanted a finite threshold and a confidence of 0.5 to below 1, came {threshold} and {confidence}."));
        }
    }

    // The first of 0 .. count that meets a condition which stays met; count + 1 when none does.
    private static int First(int count, Func<int, bool> meets)
    {
        int low = 0;
        int high = count + 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = meets(middle) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
