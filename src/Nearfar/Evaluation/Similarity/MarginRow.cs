namespace Nearfar.Evaluation.Similarity;

/// <summary>A question's fate: its margins, or why it has none.</summary>
public sealed record MarginRow
{
    /// <summary>Id of the (first) row of the question.</summary>
    public required string Id { get; init; }

    /// <summary>The question.</summary>
    public required string Query { get; init; }

    /// <summary>The model version that the rows name; null when they name none.</summary>
    public string? Version { get; init; }

    /// <summary>Cluster of its positive document: questions of one are not independent.</summary>
    public required string Cluster { get; init; }

    /// <summary>Value of every cohort attribute.</summary>
    public required IReadOnlyDictionary<string, string> Cohorts { get; init; }

    /// <summary>Mean similarity to the positives less mean similarity to the hard negatives; null when it has none.</summary>
    public double? MarginMean { get; init; }

    /// <summary>Lowest similarity to a positive less highest to a hard negative; null when it has none.</summary>
    public double? MarginHard { get; init; }

    /// <summary>Why there is no margin; null when there is one or when the question has no hard negative.</summary>
    public string? Error { get; init; }
}
