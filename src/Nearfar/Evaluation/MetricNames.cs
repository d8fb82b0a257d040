using System.Globalization;

namespace Nearfar.Evaluation;

/// <summary>Names of the measures in reports and policies: <c>recall@5</c>, <c>margin_mean</c> …</summary>
public static class MetricNames
{
    /// <summary>Mean similarity to the positives less mean similarity to the row's negatives; a raw cosine difference, -2 to 2.</summary>
    public const string MarginMean = "margin_mean";

    /// <summary>Lowest similarity to a positive less highest similarity to a negative; a raw cosine difference, -2 to 2.</summary>
    public const string MarginHard = "margin_hard";

    /// <summary><see cref="MarginMean"/> in standard deviations of the background: comparable between spaces.</summary>
    public const string ZMarginMean = "z_margin_mean";

    /// <summary><see cref="MarginHard"/> in standard deviations of the background: comparable between spaces.</summary>
    public const string ZMarginHard = "z_margin_hard";

    /// <summary>1 when <see cref="MarginHard"/> is below 0; lower is better.</summary>
    public const string MarginBelowZero = "margin_below_zero";

    /// <summary>Share of the background below the positives less share below the negatives, means of both; -1 to 1, comparable between spaces.</summary>
    public const string PercentileMarginMean = "percentile_margin_mean";

    /// <summary>The same for the lowest positive and the highest negative.</summary>
    public const string PercentileMarginHard = "percentile_margin_hard";

    /// <summary>1 when the lowest positive is above the highest negative, 1/2 when they are equal.</summary>
    public const string TripletAccuracy = "triplet_accuracy";

    /// <summary>Share of a query's pairs of a positive and a negative in the right order; equal ones count 1/2.</summary>
    public const string PairAuc = "pair_auc";

    /// <summary>Log-probability of a positive against the row's negatives at the model's training temperature; nats, at most 0. Only where the model tells its temperature.</summary>
    public const string LogSoftmax = "log_softmax";

    /// <summary>Share of a query's relevant documents in the top k.</summary>
    /// <param name="k">At least 1.</param>
    public static string Recall(int k) => At("recall", k);

    /// <summary>1 when a relevant document is in the top k.</summary>
    /// <param name="k">At least 1.</param>
    public static string Hit(int k) => At("hit", k);

    /// <summary>1 / rank of the first relevant document in the top k.</summary>
    /// <param name="k">At least 1.</param>
    public static string Mrr(int k) => At("mrr", k);

    /// <summary>nDCG with linear gain, cut at k.</summary>
    /// <param name="k">At least 1.</param>
    public static string Ndcg(int k) => At("ndcg", k);

    /// <summary>Relevant documents in the top k, divided by k.</summary>
    /// <param name="k">At least 1.</param>
    public static string Precision(int k) => At("precision", k);

    /// <summary>Average precision, cut at k, divided by all relevant.</summary>
    /// <param name="k">At least 1.</param>
    public static string Map(int k) => At("map", k);

    /// <summary>1 when a forbidden document is in the top k; only rows that forbid some have it; lower is better.</summary>
    /// <param name="k">At least 1.</param>
    public static string Violation(int k) => At("violation", k);

    /// <summary>Share of the top k that nobody judged; only in sets that judge documents as not relevant.</summary>
    /// <param name="k">At least 1.</param>
    public static string Unjudged(int k) => At("unjudged", k);

    /// <summary>Whether a name is one of this list, with a cutoff of at least 1 where it takes one.</summary>
    /// <param name="name">For example <c>recall@5</c>.</param>
    public static bool IsKnown(string name) =>
        name is MarginMean or MarginHard or ZMarginMean or ZMarginHard or MarginBelowZero
            or PercentileMarginMean or PercentileMarginHard or TripletAccuracy or PairAuc or LogSoftmax
        || CutoffOf(name) > 0;

    /// <summary>Values lie in [0, 1].</summary>
    internal static bool IsUnit(string name) => name is MarginBelowZero or TripletAccuracy or PairAuc || name.Contains('@', StringComparison.Ordinal);

    /// <summary>Values depend on the temperature a model was trained with and mean nothing in another space.</summary>
    internal static bool IsRawMargin(string name) => name is MarginMean or MarginHard;

    /// <summary>Margins in units of the background's spread, which two spaces share.</summary>
    internal static bool IsZMargin(string name) => name is ZMarginMean or ZMarginHard;

    /// <summary>Retrieval measures where higher is better: what a release may be gated on.</summary>
    internal static bool IsRetrieval(string name) =>
        CutoffOf(name) > 0 && !name.StartsWith("violation@", StringComparison.Ordinal) && !name.StartsWith("unjudged@", StringComparison.Ordinal);

    /// <summary>k of <c>recall@k</c>; 0 when the name has none or is not known.</summary>
    internal static int CutoffOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int at = name.IndexOf('@', StringComparison.Ordinal);
        return at > 0
            && name[..at] is "recall" or "hit" or "mrr" or "ndcg" or "precision" or "map" or "violation" or "unjudged"
            && int.TryParse(name.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int k)
            && name.AsSpan(at + 1)[0] != '0' ? k : 0;
    }

    private static string At(string measure, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return string.Create(CultureInfo.InvariantCulture, $"{measure}@{k}");
    }
}
