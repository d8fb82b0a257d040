using System.Collections.ObjectModel;

namespace Nearfar.Gating.Sets;

/// <summary>What one frozen version of a gate set is made of: <c>vN.json</c> beside its rows.</summary>
public sealed record GateSetManifest
{
    /// <summary>1, 2, …</summary>
    public required int Version { get; init; }

    /// <summary>Hash of the judged set (rows, corpus texts, cohort rules, <c>as_of</c>; not provenance), as reports carry it.</summary>
    public required string Hash { get; init; }

    /// <summary>SHA-256 of the manifest of the version before; null for the first.</summary>
    public string? Previous { get; init; }

    /// <summary>SHA-256 of the bytes of the rows file, provenance included.</summary>
    public required string RowsHash { get; init; }

    /// <summary>When it was frozen.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Why rows of the version before were changed, removed or drawn again; null when it only adds.</summary>
    public string? Because { get; init; }

    /// <summary>The day to which document ages are counted.</summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>Hash of the corpus texts.</summary>
    public required string CorpusHash { get; init; }

    /// <summary>Documents of the corpus.</summary>
    public required int CorpusDocuments { get; init; }

    /// <summary>The cohort rules, one text each.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>Seed of the draw.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Negatives drawn for each question.</summary>
    public required int PerQuery { get; init; }

    /// <summary>Documents that each ranker gave to a pool.</summary>
    public required int Depth { get; init; }

    /// <summary>Whether the set promises new pages only.</summary>
    public bool NewPagesOnly { get; init; }

    /// <summary>What ranked for the pools of this version's new questions: part to space id, or to the empty text for keyword search.</summary>
    public required IReadOnlyDictionary<string, string> Rankers { get; init; }

    /// <summary>Folded questions.</summary>
    public required int Questions { get; init; }

    /// <summary>Questions about pages that training knew when the set was frozen; the rest asks about new pages.</summary>
    public required int KnownPages { get; init; }

    /// <summary>Negatives of all questions.</summary>
    public required int Negatives { get; init; }

    /// <summary>Negatives that a person wrote, judged or reviewed.</summary>
    public required int Reviewed { get; init; }

    /// <summary>Questions whose pool held fewer than <see cref="PerQuery"/>.</summary>
    public required int Short { get; init; }

    /// <summary>Ranked documents that were kept out of the pools of this version's new questions, by reason.</summary>
    public IReadOnlyDictionary<string, int> LeftOut { get; init; } = ReadOnlyDictionary<string, int>.Empty;

    /// <summary>Questions by cohort attribute and value.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Cohorts { get; init; }

    /// <summary>Content hash of every document that a row names: tells later which answers were rewritten.</summary>
    public required IReadOnlyDictionary<string, string> Documents { get; init; }
}
