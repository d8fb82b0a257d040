namespace Nearfar.Evaluation;

/// <summary>A ranked document as a report keeps it.</summary>
/// <param name="Id">Document id.</param>
/// <param name="Score">Similarity, higher is nearer.</param>
public sealed record RankedDocument(string Id, float Score);

/// <summary>One folded query's result.</summary>
public sealed record QueryScore
{
    /// <summary>Id of the question.</summary>
    public required string Id { get; init; }

    /// <summary>The question.</summary>
    public required string Query { get; init; }

    /// <summary>Its positive document: queries of one are not independent.</summary>
    public required string Cluster { get; init; }

    /// <summary>Value of every cohort attribute.</summary>
    public required IReadOnlyDictionary<string, string> Cohorts { get; init; }

    /// <summary>1-based rank of the first relevant document; null when it is not within the report's depth.</summary>
    public int? FirstRelevantRank { get; init; }

    /// <summary>The text has no token that the encoder knows: a miss in every measure, without margin.</summary>
    public bool NoKnownToken { get; init; }

    /// <summary>Values by measure.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>The first ranked documents.</summary>
    public required IReadOnlyList<RankedDocument> Top { get; init; }
}
