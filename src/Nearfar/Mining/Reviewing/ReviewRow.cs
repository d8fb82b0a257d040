using System.Collections.ObjectModel;
using Nearfar.Pairs;

namespace Nearfar.Mining.Reviewing;

/// <summary>A likely false negative, with all that a person needs to decide on it.</summary>
public sealed record ReviewRow
{
    /// <summary>Hash of the question's fold key, the document's id and <see cref="TextHash"/>: one row a decision, and a changed page is another row.</summary>
    public required string Id { get; init; }

    /// <summary>The question.</summary>
    public required string Query { get; init; }

    /// <summary>As in the pair; null when it has none.</summary>
    public string? QueryId { get; init; }

    /// <summary>Pair it was mined for.</summary>
    public required string PairId { get; init; }

    /// <summary>Documents that are known to answer.</summary>
    public required IReadOnlyList<string> PositiveIds { get; init; }

    /// <summary>Their texts, in the same order.</summary>
    public required IReadOnlyList<string> Positives { get; init; }

    /// <summary>The candidate.</summary>
    public required string DocumentId { get; init; }

    /// <summary>Its text, title first.</summary>
    public required string Text { get; init; }

    /// <summary>Content hash of that text when it was mined.</summary>
    public required string TextHash { get; init; }

    /// <summary>The rule that refused it, in the words that are counted.</summary>
    public required string Rule { get; init; }

    /// <summary>1 when the candidate is as near as the lowest positive, 0 when it is as near as any text; the file's order.</summary>
    public required double Likelihood { get; init; }

    /// <summary>Scores by name, as in the provenance of a mined negative.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Rank by ranker, as in the provenance of a mined negative.</summary>
    public IReadOnlyDictionary<string, int> Ranks { get; init; } = ReadOnlyDictionary<string, int>.Empty;

    /// <summary>Space of the encoder that was mined.</summary>
    public string? Space { get; init; }

    /// <summary>Traffic row it was mined from, if any.</summary>
    public string? TraceId { get; init; }

    /// <summary>The pair's own cohort attributes: a promoted document makes a pair of the same ones.</summary>
    public IReadOnlyDictionary<string, string> Cohorts { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Null: not decided.</summary>
    public ReviewDecision? Decision { get; init; }

    /// <summary>Who decided; wanted with a decision.</summary>
    public string? Reviewer { get; init; }

    /// <summary>When, as the caller's clock told.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Identity of the question over repetitions, as <see cref="Pair.FoldKey"/>.</summary>
    public string FoldKey => QueryId is { } id ? "id:" + id : Nearfar.Text.FoldKeys.Of(Query);

    /// <summary>The <see cref="Id"/> of a decision.</summary>
    internal static string IdOf(string foldKey, string documentId, string textHash) => ContentHash.IdOf($"{foldKey}\n{documentId}\n{textHash}");
}
