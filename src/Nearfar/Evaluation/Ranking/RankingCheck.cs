using Nearfar.Search;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Refuses what is no ranking.</summary>
internal static class RankingCheck
{
    public static void ThrowUnlessRanking(string ranker, string query, IReadOnlyList<Hit> hits, int documents, int depth)
    {
        string? problem = hits.Count > depth ? $"{hits.Count} documents where at most {depth} were asked for" : null;
        var seen = new HashSet<int>();
        for (int i = 0; i < hits.Count && problem is null; i++)
        {
            problem = hits[i].Document < 0 || hits[i].Document >= documents ? $"document {hits[i].Document} of a corpus of {documents}"
                : !float.IsFinite(hits[i].Score) ? $"score {hits[i].Score} at rank {i + 1}"
                : i > 0 && hits[i].Score > hits[i - 1].Score ? $"a rising score at rank {i + 1}"
                : !seen.Add(hits[i].Document) ? $"document {hits[i].Document} twice"
                : null;
        }

        if (problem is not null)
        {
            throw new NearfarException($"{ranker} ranked question \"{query}\" with {problem}; wanted are distinct documents of the corpus with finite, falling scores.");
        }
    }
}
