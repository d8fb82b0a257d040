using Nearfar.Pairs;

namespace Nearfar.Evaluation;

/// <summary>A query's similarities to its positives and to its negatives, and what their distance says.</summary>
/// <param name="Positives">In id order; never empty.</param>
/// <param name="Negatives">In id order; never empty.</param>
internal sealed record Margins(IReadOnlyList<double> Positives, IReadOnlyList<double> Negatives)
{
    /// <summary>Mean similarity to the positives less mean similarity to the negatives.</summary>
    public double Mean { get; } = Positives.Average() - Negatives.Average();

    /// <summary>Lowest similarity to a positive less highest to a negative.</summary>
    public double Hard { get; } = Positives.Min() - Negatives.Max();

    /// <summary>Null without vectors, without negatives, or when a text has no known token: never a 0.</summary>
    public static Margins? Of(EncodedSet? rows, JudgedSet set, int query)
    {
        var judged = set.Queries[query];
        if (rows is null || judged.NegativeIds.Count == 0 || rows.QueryIsZero(query))
        {
            return null;
        }

        // Summed in id order: a file's order must not move the last bit.
        var positives = Similarities(rows, set, query, judged.Relevance.Where(r => r.Value >= 1).Select(r => r.Key));
        var negatives = Similarities(rows, set, query, judged.NegativeIds);
        return positives.Count == 0 || negatives.Count == 0 ? null : new(positives, negatives);
    }

    /// <param name="metrics">Receives the values of the query.</param>
    /// <param name="background">Unit of the measures that compare spaces; without one, or when it has no spread, they are absent.</param>
    /// <param name="temperature">Of the model's training; null: no log-softmax.</param>
    public void AddTo(Dictionary<string, double> metrics, Background? background, double? temperature)
    {
        metrics[MetricNames.MarginMean] = Mean;
        metrics[MetricNames.MarginHard] = Hard;
        metrics[MetricNames.MarginBelowZero] = Hard < 0 ? 1 : 0;
        metrics[MetricNames.TripletAccuracy] = Order(Positives.Min(), Negatives.Max());
        metrics[MetricNames.PairAuc] = Positives.Average(p => Negatives.Average(n => Order(p, n)));
        if (background is { Scale.Sigma: > 0 })
        {
            metrics[MetricNames.ZMarginMean] = Mean / background.Scale.Sigma;
            metrics[MetricNames.ZMarginHard] = Hard / background.Scale.Sigma;
            metrics[MetricNames.PercentileMarginMean] = Positives.Average(background.ShareBelow) - Negatives.Average(background.ShareBelow);
            metrics[MetricNames.PercentileMarginHard] = background.ShareBelow(Positives.Min()) - background.ShareBelow(Negatives.Max());
        }

        if (temperature is { } t)
        {
            metrics[MetricNames.LogSoftmax] = Positives.Average(p => -LogOfSum(p, t));
        }
    }

    /// <summary>log(1 + sum over negatives of e^((n - p) / t)), which is never below 0; nothing overflows.</summary>
    private double LogOfSum(double positive, double temperature)
    {
        double most = Math.Max(0, (Negatives.Max() - positive) / temperature);
        return most + Math.Log(Math.Exp(-most) + Negatives.Sum(n => Math.Exp(((n - positive) / temperature) - most)));
    }

    private static double Order(double positive, double negative) => positive > negative ? 1 : positive == negative ? 0.5 : 0;

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
