using Nearfar.Search;

namespace Nearfar.Evaluation.Ranking;

/// <summary>The best and the worst ranking that equal scores allow.</summary>
internal static class TieOrders
{
    /// <param name="grades">Grades in falling order of score.</param>
    /// <param name="ends">Index behind the last document of each group of equal scores.</param>
    /// <param name="bestFirst">Highest grades first in each group, else last.</param>
    public static int[] Sorted(int[] grades, IReadOnlyList<int> ends, bool bestFirst)
    {
        int[] sorted = [.. grades];
        int start = 0;
        foreach (int end in ends)
        {
            Array.Sort(sorted, start, end - start);
            if (bestFirst)
            {
                Array.Reverse(sorted, start, end - start);
            }

            start = end;
        }

        return sorted;
    }

    /// <param name="hits">A ranking with scores.</param>
    /// <param name="ranking">Its judgements.</param>
    /// <param name="unseen">Grades of relevant documents behind the cut whose score equals the last one.</param>
    /// <param name="isCut">Documents with the last score may stand behind the cut.</param>
    /// <returns>Twice the given ranking when no tie matters.</returns>
    public static (JudgedRanking Best, JudgedRanking Worst) Of(IReadOnlyList<Hit> hits, JudgedRanking ranking, List<int> unseen, bool isCut)
    {
        bool tied = unseen.Count > 0;
        for (int i = 1; i < hits.Count && !tied; i++)
        {
            tied = hits[i].Score == hits[i - 1].Score;
        }

        if (!tied)
        {
            return (ranking, ranking);
        }

        var best = new List<int>(hits.Count + unseen.Count);
        var worst = new List<int>(hits.Count);
        for (int start = 0; start < hits.Count;)
        {
            int end = start + 1;
            while (end < hits.Count && hits[end].Score == hits[start].Score)
            {
                end++;
            }

            int[] group = ranking.Grades[start..end].ToArray();
            bool open = isCut && end == hits.Count && (end - start > 1 || unseen.Count > 0);
            best.AddRange((open ? group.Concat(unseen) : group).OrderDescending());
            // Behind the cut may be enough unjudged documents of this score to push every relevant one out.
            worst.AddRange(open ? group.Select(g => Math.Min(g, 0)) : group.Order());
            start = end;
        }

        return (ranking.Reordered([.. best.Take(hits.Count)]), ranking.Reordered([.. worst]));
    }
}
