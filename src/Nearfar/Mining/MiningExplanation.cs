namespace Nearfar.Mining;

/// <summary>All candidates of one question, and what became of each.</summary>
public sealed record MiningExplanation
{
    /// <summary>The question.</summary>
    public required string Query { get; init; }

    /// <summary>Its training pair; null for a text that is none, to which rules that need a right page do not apply.</summary>
    public string? PairId { get; init; }

    /// <summary>Its right documents, ordinal.</summary>
    public required IReadOnlyList<string> PositiveIds { get; init; }

    /// <summary>Similarity of the farthest right document; null when none is known or no text of them has a known token.</summary>
    public double? Positive { get; init; }

    /// <summary>Mean similarity of unrelated texts.</summary>
    public double Background { get; init; }

    /// <summary>Negatives wanted for it.</summary>
    public required int Wanted { get; init; }

    /// <summary>Why nothing was mined for it at all; null when its candidates were judged.</summary>
    public string? Trouble { get; init; }

    /// <summary>By rank.</summary>
    public required IReadOnlyList<ExplainedCandidate> Candidates { get; init; }
}
