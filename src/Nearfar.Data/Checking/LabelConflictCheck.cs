using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.Checking;

/// <summary>Judgements that contradict each other without naming the same question or the same document: what <see cref="DuplicateCheck"/> cannot see.</summary>
/// <remarks>Two questions are one here when their text is (but for case and white space), or .8 of their shingles; two documents likewise, without a declared difference.</remarks>
internal static class LabelConflictCheck
{
    // Of a question that was asked a thousand times, each row is held against so many others.
    private const int MostCompared = 100;

    public static void Run(WorkspaceRows rows, DocumentClusters clusters, FindingList findings)
    {
        foreach (var set in new[] { rows.Train, rows.Dev, rows.Gate }.OfType<RowSet<Pair>>())
        {
            var groups = Groups(set.Rows);
            foreach (var group in Enumerable.Range(0, set.Rows.Count).GroupBy(groups.Find).Where(g => g.Skip(1).Any()))
            {
                int[] members = [.. group];
                for (int later = 1; later < members.Length; later++)
                {
                    for (int earlier = Math.Max(0, later - MostCompared); earlier < later; earlier++)
                    {
                        Compare(rows.Corpus, clusters, set, members[earlier], members[later], findings);
                    }
                }
            }
        }
    }

    private static UnionFind Groups(IReadOnlyList<Pair> rows)
    {
        var union = new UnionFind(rows.Count);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < rows.Count; i++)
        {
            foreach (string key in new[] { "text:" + FoldKeys.Of(rows[i].Query), "fold:" + rows[i].FoldKey })
            {
                if (!first.TryAdd(key, i))
                {
                    union.Union(first[key], i);
                }
            }
        }

        NearDuplicateJoin.Join(NearDuplicateJoin.ShinglesOf(rows.Count, i => rows[i].Query), union);
        return union;
    }

    private static void Compare(Corpus corpus, DocumentClusters clusters, RowSet<Pair> set, int earlier, int later, FindingList findings)
    {
        var (a, b) = (set.Rows[earlier], set.Rows[later]);
        bool oneFold = a.FoldKey == b.FoldKey;
        foreach (var (right, wrong) in Cross(a, b).Concat(Cross(b, a)))
        {
            // One fold and one document: a contradiction, told as an error already.
            if ((right == wrong && !oneFold) || (right != wrong && IsSameText(corpus, clusters, right, wrong)))
            {
                string documents = right == wrong ? $"Document \"{right}\" is" : $"Documents \"{right}\" and \"{wrong}\" have one text, which is";
                findings.Warning("label-conflict", set.PathOf(later), set.Lines[later],
                    $"{documents} right for one and wrong for the other of \"{a.Query}\" (line {set.Lines[earlier]}) and \"{b.Query}\".",
                    "Keep one judgement, or say in the question what makes the difference.");
                return;
            }
        }
    }

    private static IEnumerable<(string Right, string Wrong)> Cross(Pair judgedRight, Pair judgedWrong) =>
        from right in judgedRight.PositiveIds
        from wrong in judgedWrong.HardNegatives.Select(n => n.DocumentId).Concat((judgedWrong.Relevance ?? new Dictionary<string, int>()).Where(g => g.Value < 1).Select(g => g.Key))
        select (right, wrong);

    private static bool IsSameText(Corpus corpus, DocumentClusters clusters, string right, string wrong) =>
        corpus.TryGet(right, out var a) && corpus.TryGet(wrong, out var b) && clusters.AreNearDuplicates(right, wrong) && !DocumentVariants.Differ(a, b);
}
