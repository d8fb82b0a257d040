using System.Collections.ObjectModel;

namespace Nearfar.Pairs;

/// <summary>Where a pair or a negative came from. Written by the stage that makes it, never dropped by one that copies it.</summary>
public sealed record Provenance
{
    /// <summary><c>human</c>, <c>log</c>, <c>mined</c> or <c>synthetic</c>.</summary>
    public string? Source { get; init; }

    /// <summary>Id of the document it was made from.</summary>
    public string? DocumentId { get; init; }

    /// <summary>Version of that document.</summary>
    public string? DocumentVersion { get; init; }

    /// <summary>What the user wanted, if known.</summary>
    public string? Intent { get; init; }

    /// <summary>Space id of the model that mined it.</summary>
    public string? Space { get; init; }

    /// <summary>Traffic row (<c>trace:span</c>) it was mined from.</summary>
    public string? TraceId { get; init; }

    /// <summary>The rule that admitted it, for example <c>positive_ratio&lt;0.95</c>.</summary>
    public string? Rule { get; init; }

    /// <summary>Rank at which the miner found it, 1-based.</summary>
    public int? Rank { get; init; }

    /// <summary>Rank that each ranker gave it, 1-based, by the ranker's name (<c>encoder</c>, <c>bm25</c>, the space id of another encoder, <c>served</c> for the system that answered); a ranker that did not find it is missing.</summary>
    public IReadOnlyDictionary<string, int> Ranks { get; init; } = ReadOnlyDictionary<string, int>.Empty;

    /// <summary>Scores that admitted it, by name (<c>negative</c>, <c>positive</c>, <c>background</c> …).</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Who reviewed it.</summary>
    public string? Reviewer { get; init; }

    /// <summary>When, as the caller's clock told.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Updates of the model that mined it, where that was inside a training run.</summary>
    public long? Step { get; init; }

    /// <summary>The loop attempt or run that made it.</summary>
    public string? Run { get; init; }
}
