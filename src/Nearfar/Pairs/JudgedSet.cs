using System.Collections.ObjectModel;

namespace Nearfar.Pairs;

/// <summary>A question whose right documents are known, as evaluation reads it. It cannot be turned back into a <see cref="Pair"/>.</summary>
public sealed record JudgedQuery
{
    /// <summary>Id of the (first) row of this question.</summary>
    public required string Id { get; init; }

    /// <summary>The question.</summary>
    public required string Query { get; init; }

    /// <summary>Grades by document id; 1 and more is relevant. At least one relevant.</summary>
    public required IReadOnlyDictionary<string, int> Relevance { get; init; }

    /// <summary>First positive document of the row; clusters the intervals and gives document cohorts.</summary>
    public required string PrimaryId { get; init; }

    /// <summary>Documents that are near and wrong, for margins. Empty: the query has no margin and is counted.</summary>
    public IReadOnlyList<string> NegativeIds { get; init; } = [];

    /// <summary>Documents that must not be retrieved.</summary>
    public IReadOnlyList<string> ForbiddenIds { get; init; } = [];

    /// <summary>Value of every declared cohort attribute; <c>(unknown)</c> when missing.</summary>
    public IReadOnlyDictionary<string, string> Cohorts { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Cluster of the positive document (smallest document id of the cluster).</summary>
    public required string Cluster { get; init; }
}

/// <summary>Folded questions with judgements over one corpus: what evaluation reads. Immutable, thread-safe.</summary>
public abstract class JudgedSet
{
    private protected JudgedSet(string name, Corpus corpus, IReadOnlyList<JudgedQuery> queries, IReadOnlyList<CohortRule> rules, DateOnly? asOf, string hash,
        IReadOnlyList<string>? foldedTexts, IReadOnlyList<string>? pagesBeside)
    {
        Name = name;
        Corpus = corpus;
        Queries = queries;
        Rules = rules;
        AsOf = asOf;
        Hash = hash;
        Seal = new HeldOutSeal(
            queries.Select(q => q.Query).Concat(foldedTexts ?? []),
            queries.Where(q => q.Cohorts.GetValueOrDefault(PageCohort.Attribute) == PageCohort.New).SelectMany(q => q.Relevance.Where(r => r.Value > 0).Select(r => r.Key)),
            pagesBeside);
    }

    /// <summary><c>dev</c> or <c>gate</c>, as the report names it.</summary>
    public string Name { get; }

    /// <summary>What is searched.</summary>
    public Corpus Corpus { get; }

    /// <summary>Folded questions in file order.</summary>
    public IReadOnlyList<JudgedQuery> Queries { get; }

    /// <summary>The declared cohorts.</summary>
    public IReadOnlyList<CohortRule> Rules { get; }

    /// <summary>Day to which document ages are counted.</summary>
    public DateOnly? AsOf { get; }

    /// <summary>SHA-256 over rows, corpus texts, cohort rules and <see cref="AsOf"/>; provenance is not part of it.</summary>
    public string Hash { get; }

    /// <summary>Tells miners which questions and pages they must leave alone, without showing a row.</summary>
    public HeldOutSeal Seal { get; }
}

/// <summary>Held-out questions for model selection, stopping and thresholds. Never trained on.</summary>
public sealed class DevSet : JudgedSet
{
    internal DevSet(string name, Corpus corpus, IReadOnlyList<JudgedQuery> queries, IReadOnlyList<CohortRule> rules, DateOnly? asOf, string hash,
        IReadOnlyList<string>? foldedTexts = null, IReadOnlyList<string>? pagesBeside = null)
        : base(name, corpus, queries, rules, asOf, hash, foldedTexts, pagesBeside) { }
}

/// <summary>The frozen judgement set. No trainer and no miner takes this type, and nothing turns it into one that they take.</summary>
public sealed class GateSet : JudgedSet
{
    internal GateSet(string name, Corpus corpus, IReadOnlyList<JudgedQuery> queries, IReadOnlyList<CohortRule> rules, DateOnly? asOf, string hash,
        IReadOnlyList<string>? foldedTexts = null, IReadOnlyList<string>? pagesBeside = null)
        : base(name, corpus, queries, rules, asOf, hash, foldedTexts, pagesBeside) { }
}
