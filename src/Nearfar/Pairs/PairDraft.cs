namespace Nearfar.Pairs;

/// <summary>What one row of a pairs file said, before it is checked as a whole.</summary>
internal sealed class PairDraft
{
    public string? Id { get; set; }

    public string? QueryId { get; set; }

    public string? QueryField { get; set; }

    public string? Query { get; set; }

    public string? PositiveField { get; set; }

    public List<string>? Positives { get; set; }

    public IReadOnlyList<string> PositiveTexts { get; set; } = [];

    public string? NegativeField { get; set; }

    public List<HardNegative>? Negatives { get; set; }

    public IReadOnlyList<string> NegativeTexts { get; set; } = [];

    public List<string>? Forbidden { get; set; }

    public Dictionary<string, int>? Relevance { get; set; }

    public string? ExpectedAnswer { get; set; }

    public string? ModelVersion { get; set; }

    public Dictionary<string, string>? Cohorts { get; set; }

    public Provenance? Provenance { get; set; }

    /// <summary>The rules between fields.</summary>
    public void Check(IReadOnlyList<string> positives, IReadOnlyList<HardNegative> negatives, List<string> problems)
    {
        if (Query is null)
        {
            problems.Add("has no \"query\" (or \"anchor\", \"sentence1\", \"question\").");
        }

        if (positives.Count == 0)
        {
            problems.Add("has no positive: \"positive_ids\", \"positive_chunk\" (or \"positive\", \"sentence2\", \"answer\"), or a \"relevance\" of 1 and more.");
        }

        var right = new HashSet<string>(positives, StringComparer.Ordinal);
        foreach (string id in positives.Where(id => Relevance?.GetValueOrDefault(id, 1) < 1))
        {
            problems.Add($"document \"{id}\" is a positive and has relevance {Relevance![id]}. Keep one of the two judgements.");
        }

        foreach (string id in negatives.Select(n => n.DocumentId).Where(right.Contains))
        {
            problems.Add($"document \"{id}\" is a positive and a hard negative. Keep one of the two judgements.");
        }

        foreach (string id in (Forbidden ?? []).Where(right.Contains))
        {
            problems.Add($"document \"{id}\" is a positive and forbidden. Keep one of the two judgements.");
        }
    }
}
