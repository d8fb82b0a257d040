namespace Nearfar.Evaluation.Tasks;

/// <summary>How well groups of texts agree with labels.</summary>
/// <remarks>Rosenberg and Hirschberg 2007, eq. 1 to 3 with beta 1. All 0 to 1; a labelling with one label only has homogeneity 1, a grouping with one group only completeness 1.</remarks>
/// <param name="Homogeneity">1 - H(label given group) / H(label).</param>
/// <param name="Completeness">1 - H(group given label) / H(group).</param>
public sealed record ClusterAgreement(double Homogeneity, double Completeness)
{
    /// <summary>Harmonic mean of both.</summary>
    public double VMeasure => Homogeneity + Completeness == 0 ? 0 : 2 * Homogeneity * Completeness / (Homogeneity + Completeness);

    /// <param name="labels">One a text.</param>
    /// <param name="groups">One a text; numbers mean nothing.</param>
    /// <exception cref="ArgumentException">Counts differ, or there is no text.</exception>
    public static ClusterAgreement Of(IReadOnlyList<string> labels, IReadOnlyList<int> groups)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(groups);
        if (labels.Count != groups.Count || labels.Count == 0)
        {
            throw new ArgumentException($"{labels.Count} labels for {groups.Count} texts in groups; wanted one for each of at least 1.");
        }

        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        int[] own = [.. labels.Select(l => numbers.TryGetValue(l, out int number) ? number : numbers[l] = numbers.Count)];
        double label = Entropy(own);
        double group = Entropy(groups);
        double both = Entropy([.. own.Zip(groups)]);
        // H(label given group) = H(both) - H(group)
        return new(label == 0 ? 1 : Math.Clamp(1 - ((both - group) / label), 0, 1), group == 0 ? 1 : Math.Clamp(1 - ((both - label) / group), 0, 1));
    }

    /// <summary>The V-measure with its interval.</summary>
    /// <remarks>Interval: the jackknife over texts, each left out in turn and taken as independent, the groups as given (Efron and Tibshirani 1993, 11); null below 10 texts. It aims at the mean over samples of as many texts: groups agree by chance, too, the more so the fewer the texts.</remarks>
    /// <param name="labels">One a text.</param>
    /// <param name="groups">One a text; numbers mean nothing.</param>
    /// <exception cref="ArgumentException">Counts differ, or there is no text.</exception>
    public static Estimate VMeasureOf(IReadOnlyList<string> labels, IReadOnlyList<int> groups)
    {
        double value = Of(labels, groups).VMeasure;
        // Texts of one label and group are alike: leaving out either gives the same.
        var cells = labels.Zip(groups).Select((cell, i) => (Cell: cell, Text: i)).GroupBy(c => c.Cell)
            .ToDictionary(c => c.Key, c => new Lazy<double?>(() => Without(labels, groups, c.First().Text)));
        return LeftOut.Estimate(value, labels.Count, i => cells[(labels[i], groups[i])].Value, 0, 1);
    }

    private static double? Without(IReadOnlyList<string> labels, IReadOnlyList<int> groups, int text) =>
        Of([.. labels.Where((_, i) => i != text)], [.. groups.Where((_, i) => i != text)]).VMeasure;

    private static double Entropy<T>(IReadOnlyList<T> values) where T : notnull =>
        // counts descending: one order of the sum for any numbering
        -values.GroupBy(v => v).Select(g => g.Count() / (double)values.Count).OrderDescending().Sum(p => p * Math.Log(p));
}
