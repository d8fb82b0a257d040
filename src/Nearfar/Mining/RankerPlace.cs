namespace Nearfar.Mining;

/// <summary>Where one ranker put a candidate.</summary>
/// <param name="Ranker"><c>encoder</c>, <c>bm25</c>, the space id of another encoder, or <c>served</c> for the system that answered a traffic question.</param>
/// <param name="Rank">1-based, positives included.</param>
/// <param name="Score">In the ranker's own unit, higher is nearer; null when the system that served it logged none.</param>
public sealed record RankerPlace(string Ranker, int Rank, double? Score);
