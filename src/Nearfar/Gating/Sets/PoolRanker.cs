using Nearfar.Search;

namespace Nearfar.Gating.Sets;

/// <summary>A ranking that gives documents to the pool.</summary>
/// <param name="Part">What it plays, as provenance names it: <c>bm25</c>, <c>baseline</c>, <c>bm25-characters</c> or another word.</param>
/// <param name="Ranker">Ranks the corpus of the set.</param>
/// <param name="Space">Space id when an encoder ranks; null for keyword search.</param>
public sealed record PoolRanker(string Part, IRanker Ranker, string? Space = null)
{
    /// <summary>The rankers of a pool: BM25, the baseline, and BM25 over characters as the third that no candidate can be related to.</summary>
    /// <param name="corpus">The corpus of the set.</param>
    /// <param name="baseline">The model that is in use, or the untrained encoder while there is none. Never the candidate.</param>
    public static IReadOnlyList<PoolRanker> For(Pairs.Corpus corpus, VectorRanker baseline)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(baseline);
        var words = new Bm25Index(corpus);
        var characters = Bm25Index.OverCharacters(corpus);
        return [new PoolRanker(words.Name, words), new PoolRanker("baseline", baseline, baseline.Name), new PoolRanker(characters.Name, characters)];
    }
}
