namespace Nearfar.Evaluation;

/// <summary>How a set is scored. Plain values; two reports are comparable when they were made with the same.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The k of recall@k, hit@k, mrr@k, ndcg@k and precision@k, ascending. Default 1, 3, 5, 10.</summary>
    public IReadOnlyList<int> Cutoffs { get; init; } = [1, 3, 5, 10];

    /// <summary>Ranks searched for the right document, and the cutoff of map; at least the greatest cutoff. Default 100.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>Ranked documents kept in each row, 0 to <see cref="Depth"/>. Default 10.</summary>
    public int Kept { get; init; } = 10;

    /// <summary>Random query-document pairs of the scale fingerprint, at least 10,000. Default 20,000.</summary>
    public int BackgroundPairs { get; init; } = 20_000;

    /// <summary>Seed of those pairs. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Texts handed to an encoder at once, at least 1. Default 1,024.</summary>
    public int Batch { get; init; } = 1024;

    /// <summary>Name of the scored model for people; null: the space's label, its id, or the ranker's name.</summary>
    public string? Label { get; init; }

    internal void ThrowUnlessValid()
    {
        var problems = new List<string>();
        if (Cutoffs.Count == 0 || Cutoffs.Any(k => k < 1) || !Cutoffs.Zip(Cutoffs.Skip(1)).All(p => p.First < p.Second))
        {
            problems.Add($"Cutoffs must be ascending numbers of at least 1, not [{string.Join(", ", Cutoffs)}]");
        }

        if (Depth < Cutoffs.DefaultIfEmpty(1).Max())
        {
            problems.Add($"Depth must be at least the greatest cutoff, not {Depth}");
        }

        if (Kept < 0 || Kept > Depth)
        {
            problems.Add($"Kept must be 0 to Depth ({Depth}), not {Kept}");
        }

        if (BackgroundPairs < 10_000)
        {
            problems.Add($"BackgroundPairs must be at least 10000, not {BackgroundPairs}");
        }

        if (Batch < 1)
        {
            problems.Add($"Batch must be at least 1, not {Batch}");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"Evaluation options: {string.Join("; ", problems)}.");
        }
    }
}
