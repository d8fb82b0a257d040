using System.Collections.ObjectModel;

namespace Nearfar.Pairs;

/// <summary>Known result of a question in production.</summary>
public enum TrafficOutcome
{
    /// <summary>Nobody said.</summary>
    Unknown,

    /// <summary>The user was served.</summary>
    Ok,

    /// <summary>The user was not served.</summary>
    Failed,
}

/// <summary>One retrieval in production (id <c>trace:span</c>), projected from a trace or logged directly.</summary>
public sealed record TrafficRow
{
    /// <summary>Unique; <c>trace:span</c> when it came from a trace.</summary>
    public required string Id { get; init; }

    /// <summary>The question as typed.</summary>
    public required string Query { get; init; }

    /// <summary>When it was asked.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>What was retrieved, best first.</summary>
    public IReadOnlyList<RetrievedDocument> Retrieved { get; init; } = [];

    /// <summary>Documents that should have been found; empty when nobody knows.</summary>
    public IReadOnlyList<string> ExpectedIds { get; init; } = [];

    /// <summary>Graded judgements by document id, if somebody judged.</summary>
    public IReadOnlyDictionary<string, int>? Judged { get; init; }

    /// <summary>The answer given, if any.</summary>
    public string? Answer { get; init; }

    /// <summary>How it went.</summary>
    public TrafficOutcome Outcome { get; init; }

    /// <summary>Whether a person had to step in.</summary>
    public bool? Escalated { get; init; }

    /// <summary>Tokens spent, if logged.</summary>
    public int? Tokens { get; init; }

    /// <summary>Latency in milliseconds, if logged.</summary>
    public double? LatencyMs { get; init; }

    /// <summary>Space id or label of the model that retrieved.</summary>
    public string? EmbeddingModelVersion { get; init; }

    /// <summary>The whole trace, if known.</summary>
    public string? TraceId { get; init; }

    /// <summary>Who judged it and when, if somebody did.</summary>
    public Provenance? Provenance { get; init; }

    /// <summary>Cohort attributes given by the row.</summary>
    public IReadOnlyDictionary<string, string> Cohorts { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Ids that are known to answer: expected ids, else judged with grade 1 or more.</summary>
    public IReadOnlyList<string> KnownRightIds =>
        ExpectedIds.Count > 0 ? ExpectedIds : Judged is null ? [] : [.. Judged.Where(j => j.Value > 0).Select(j => j.Key).Order(StringComparer.Ordinal)];
}

/// <summary>A document as retrieved.</summary>
/// <param name="Id">Document id.</param>
/// <param name="Score">Similarity, higher is nearer; null when not logged.</param>
/// <param name="Rank">1-based; the position in the list when not logged.</param>
public sealed record RetrievedDocument(string Id, double? Score, int Rank);
