namespace Nearfar.Mining;

/// <summary>A document that a ranker (or the draw) put forward for a question.</summary>
/// <param name="Document">Position in the corpus.</param>
/// <param name="Similarity">By the mined encoder, whoever put it forward.</param>
/// <param name="Rank">1-based among all candidates of the question by that similarity; null for a drawn one.</param>
/// <param name="Places">Rank and score by each ranker that found it.</param>
internal sealed record Candidate(int Document, float Similarity, int? Rank, IReadOnlyList<RankerPlace> Places)
{
    /// <summary>The teacher's score; null before it was asked, or when it cannot judge the document.</summary>
    public double? Teacher { get; set; }
}
