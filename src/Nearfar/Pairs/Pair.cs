using System.Collections.ObjectModel;

namespace Nearfar.Pairs;

/// <summary>A question with the documents that answer it and, perhaps, documents that are near and wrong.</summary>
/// <remarks>Texts are held once, in the <see cref="Corpus"/>; a reader gives inline texts a content-hash id.</remarks>
public sealed record Pair
{
    /// <summary>Unique in its file.</summary>
    public required string Id { get; init; }

    /// <summary>The question as typed; never blank.</summary>
    public required string Query { get; init; }

    /// <summary>Equal for repetitions of one question; null when the file has none.</summary>
    public string? QueryId { get; init; }

    /// <summary>Ids of the documents that answer, at least one; the first gives document cohorts.</summary>
    public required IReadOnlyList<string> PositiveIds { get; init; }

    /// <summary>Documents that are near and wrong, each with its provenance.</summary>
    public IReadOnlyList<HardNegative> HardNegatives { get; init; } = [];

    /// <summary>Documents that must not be retrieved (near in words, other in policy).</summary>
    public IReadOnlyList<string> ForbiddenIds { get; init; } = [];

    /// <summary>Graded judgements by document id; null: every positive has grade 1.</summary>
    public IReadOnlyDictionary<string, int>? Relevance { get; init; }

    /// <summary>The answer a good system gives, if known.</summary>
    public string? ExpectedAnswer { get; init; }

    /// <summary>Model version named by the row, if any.</summary>
    public string? EmbeddingModelVersion { get; init; }

    /// <summary>Cohort attributes given by the row itself.</summary>
    public IReadOnlyDictionary<string, string> Cohorts { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Name of the data set it was read from, where training reads several; null: the only one. Not part of the row's file.</summary>
    public string? DataSet { get; init; }

    /// <summary>Where the pair came from.</summary>
    public Provenance? Provenance { get; init; }

    /// <summary>Identity of the question over repetitions: <see cref="QueryId"/>, else the folded text.</summary>
    public string FoldKey => QueryId is { } id ? "id:" + id : Text.FoldKeys.Of(Query);
}

/// <summary>A mined or authored document that is near and wrong for a question.</summary>
/// <param name="DocumentId">Id in the corpus.</param>
/// <param name="Provenance">Rule, scores and model that admitted it; null when it came with the data.</param>
public sealed record HardNegative(string DocumentId, Provenance? Provenance = null);
