namespace Nearfar.Mining;

/// <summary>One candidate of an explained question.</summary>
/// <param name="DocumentId">Id in the corpus.</param>
/// <param name="Similarity">By the mined encoder, -1 to 1.</param>
/// <param name="Rank">1-based among all candidates; null for one that was drawn or named by a reviewer.</param>
/// <param name="Places">Rank and score by each ranker that found it.</param>
/// <param name="Teacher">The teacher's score; null when it was not asked or cannot judge.</param>
/// <param name="Refusal">The rule that left it, in the words that are counted; null: taken.</param>
public sealed record ExplainedCandidate(string DocumentId, double Similarity, int? Rank, IReadOnlyList<RankerPlace> Places, double? Teacher, string? Refusal);
