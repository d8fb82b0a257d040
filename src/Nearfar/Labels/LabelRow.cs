namespace Nearfar.Labels;

/// <summary>One question and one document, to be judged. It does not say who found the document, nor at which rank.</summary>
public sealed record LabelRow
{
    /// <summary>The traffic row that asked.</summary>
    public required string QuestionId { get; init; }

    /// <summary>The question.</summary>
    public required string Query { get; init; }

    /// <summary>Id in the corpus.</summary>
    public required string DocumentId { get; init; }

    /// <summary>Title of the document, if it has one.</summary>
    public string? Title { get; init; }

    /// <summary>Text of the document; empty where another tool left it out.</summary>
    public string Text { get; init; } = "";

    /// <summary>0 (wrong) to 3 (answers fully), 1 and more is right; null: nobody judged, which is not 0.</summary>
    public int? Grade { get; init; }

    /// <summary>Who judged; null while nobody did.</summary>
    public string? Rater { get; init; }

    /// <summary>When, as the caller's clock told; null while nobody did, or when another tool did not keep it.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>All that filled the pool of this question, the same on each of its rows, such as <c>bm25, nf1-…</c>.</summary>
    public string? Pool { get; init; }
}
