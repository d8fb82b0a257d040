namespace Nearfar.Evaluation.Slices;

/// <summary>Which measure is searched, and its value for each question that has it.</summary>
internal sealed class SliceValues
{
    /// <exception cref="NearfarException">No such measure, one where lower is better, raw margins of two spaces, or reports that do not fit.</exception>
    public SliceValues(SliceOptions options, SliceInput input)
    {
        Metric = options.Metric ?? Default(input);
        bool two = input.Before is not null;
        if (two && MetricNames.IsRawMargin(Metric) && input.Before!.Space?.Id != input.Report.Space?.Id)
        {
            throw new NearfarException($"{Metric} of spaces {input.Before.Space?.ToString() ?? "none"} and {input.Report.Space?.ToString() ?? "none"} have different units: their difference means nothing. Use {(Metric == MetricNames.MarginHard ? MetricNames.ZMarginHard : MetricNames.ZMarginMean)}.");
        }

        Having = two ? Differences(input) : [.. input.Report.Queries.Where(q => q.Metrics.ContainsKey(Metric)).Select(q => (q, q.Metrics[Metric]))];
        IsDifference = two;
        if (Having.Length == 0)
        {
            throw new NearfarException($"No question of report \"{input.Report.Label}\" has {Metric}. Its measures: {string.Join(", ", input.Report.Queries.SelectMany(q => q.Metrics.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}.");
        }

        if (Having.GroupBy(h => h.Question.Id, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new NearfarException($"Report \"{input.Report.Label}\" holds question \"{twice.Key}\" twice. Score the model anew: nearfar eval.");
        }

        if (Having.FirstOrDefault(h => !double.IsFinite(h.Value)) is { Question: { } broken })
        {
            throw new NearfarException($"Report \"{input.Report.Label}\" gives question \"{broken.Id}\" a {Metric} that is no number. Score the model anew: nearfar eval.");
        }
    }

    public string Metric { get; }

    public bool IsDifference { get; }

    public (QueryScore Question, double Value)[] Having { get; }

    private (QueryScore Question, double Value)[] Differences(SliceInput input)
    {
        var values = PairedReports.Of(input.Before!, input.Report).Values(Metric, _ => true);
        return [.. values.Rows.Select((q, i) => (q, values.Differences[i]))];
    }

    private static string Default(SliceInput input)
    {
        string margin = input.Before is null ? MetricNames.MarginHard : MetricNames.ZMarginHard;
        bool has = input.Report.Queries.Any(q => q.Metrics.ContainsKey(margin)) && (input.Before?.Queries.Any(q => q.Metrics.ContainsKey(margin)) ?? true);
        return has ? margin : MetricNames.Ndcg(input.Report.Cutoffs.DefaultIfEmpty(10).Max());
    }
}
