using Nearfar.Pairs;

namespace Nearfar.Evaluation;

/// <summary>A query's margins.</summary>
/// <param name="Mean">Mean similarity to the positives less mean similarity to the negatives.</param>
/// <param name="Hard">Lowest similarity to a positive less highest to a negative.</param>
/// <param name="Sigma">Spread of the background; 0 when there is none.</param>
internal sealed record Margins(double Mean, double Hard, double Sigma)
{
    /// <summary>Null without vectors, without negatives, or when a text has no known token: never a 0.</summary>
    public static Margins? Of(EncodedSet? rows, JudgedSet set, int query, ScaleFingerprint? scale)
    {
        var judged = set.Queries[query];
        if (rows is null || judged.NegativeIds.Count == 0 || rows.QueryIsZero(query))
        {
            return null;
        }

        // Summed in id order: a file's order must not move the last bit.
        var positives = Similarities(rows, set, query, judged.Relevance.Where(r => r.Value >= 1).Select(r => r.Key));
        var negatives = Similarities(rows, set, query, judged.NegativeIds);
        return positives.Count == 0 || negatives.Count == 0
            ? null
            : new(positives.Average() - negatives.Average(), positives.Min() - negatives.Max(), scale?.Sigma ?? 0);
    }

    public void AddTo(Dictionary<string, double> metrics)
    {
        metrics[MetricNames.MarginMean] = Mean;
        metrics[MetricNames.MarginHard] = Hard;
        metrics[MetricNames.MarginBelowZero] = Hard < 0 ? 1 : 0;
        if (Sigma > 0)
        {
            metrics[MetricNames.ZMarginMean] = Mean / Sigma;
            metrics[MetricNames.ZMarginHard] = Hard / Sigma;
        }
    }

    private static List<double> Similarities(EncodedSet rows, JudgedSet set, int query, IEnumerable<string> ids)
    {
        var similarities = new List<double>();
        foreach (string id in ids.Distinct(StringComparer.Ordinal).Order(Search.Utf8Order.Ascending))
        {
            if (set.Corpus.TryGetIndex(id, out int d) && !rows.DocumentIsZero(d))
            {
                similarities.Add(rows.Similarity(query, d));
            }
        }

        return similarities;
    }
}
