using System.Runtime.InteropServices;
using Nearfar.Pairs;

namespace Nearfar.Data.Checking;

/// <summary>Documents and pairs that stand twice, judgements of one question that contradict each other.</summary>
internal static class DuplicateCheck
{
    // A family of a thousand variants, all declared, is not compared a million times.
    private const int MostCompared = 1000;

    public static void Documents(WorkspaceRows rows, DocumentClusters clusters, string path, FindingList findings)
    {
        var families = new Dictionary<int, List<int>>();
        for (int i = 0; i < rows.Corpus.Count; i++)
        {
            if (clusters.FirstOfText[i] == i)
            {
                continue;
            }

            var earlier = CollectionsMarshal.GetValueRefOrAddDefault(families, clusters.FirstOfText[i], out _) ??= [clusters.FirstOfText[i]];
            var document = rows.Corpus.Documents[i];
            var same = earlier.Take(MostCompared).Where(e => !DocumentVariants.Differ(rows.Corpus.Documents[e], document)).ToList();
            int equal = same.FindIndex(e => rows.Corpus.Documents[e].Text == document.Text);
            if (equal >= 0)
            {
                Report(rows, path, findings, same[equal], i, "duplicate-document", "has the text of");
            }
            else if (same.FindIndex(e => clusters.AreNearDuplicates(rows.Corpus.Documents[e].Id, document.Id)) is >= 0 and var near)
            {
                Report(rows, path, findings, same[near], i, "near-duplicate-document", "is a near-duplicate of");
            }
            else
            {
                earlier.Add(i);     // what was told is to be removed: others need not differ from it
            }
        }
    }

    public static void Pairs(WorkspaceRows rows, FindingList findings)
    {
        foreach (var set in new[] { rows.Train, rows.Dev, rows.Gate }.OfType<RowSet<Pair>>())
        {
            var first = new Dictionary<string, List<int>>(StringComparer.Ordinal);
            for (int i = 0; i < set.Rows.Count; i++)
            {
                if (first.TryAdd(set.Rows[i].FoldKey, [i]))
                {
                    continue;
                }

                var earlier = first[set.Rows[i].FoldKey];
                Compare(set, earlier, i, findings);
                earlier.Add(i);
            }
        }
    }

    private static void Report(WorkspaceRows rows, string path, FindingList findings, int earlier, int later, string rule, string relation)
    {
        var (first, second) = (rows.Corpus.Documents[earlier], rows.Corpus.Documents[later]);
        string place = rows.CorpusLines[earlier] is > 0 and var line ? $" (line {line})" : "";
        findings.Warning(rule, path, rows.CorpusLines[later], $"Document \"{second.Id}\" {relation} \"{first.Id}\"{place}.",
            "Remove one, or declare how they differ (replaces, version, product or country): two right answers of which one is judged lower every score.");
    }

    private static void Compare(RowSet<Pair> set, List<int> earlier, int i, FindingList findings)
    {
        var row = set.Rows[i];
        var right = row.PositiveIds.ToHashSet(StringComparer.Ordinal);
        foreach (int e in earlier)
        {
            var other = set.Rows[e];
            var wrong = Wrong(other).Where(right.Contains).Concat(Wrong(row).Intersect(other.PositiveIds, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal);
            foreach (string id in wrong)
            {
                findings.Error("contradiction", set.PathOf(i), set.Lines[i], $"Document \"{id}\" is right for \"{row.Query}\" in one row and wrong in another (line {set.Lines[e]}).", "Keep one of the two judgements.");
            }

            if (right.SetEquals(other.PositiveIds))
            {
                findings.Warning("duplicate-pair", set.PathOf(i), set.Lines[i], $"Question \"{row.Query}\" with the same positives stands on line {set.Lines[e]} already.", "Remove one; scores fold it anyway.");
                return;
            }
        }
    }

    private static IEnumerable<string> Wrong(Pair row) => row.HardNegatives.Select(n => n.DocumentId).Concat(row.ForbiddenIds)
        .Concat((row.Relevance ?? new Dictionary<string, int>()).Where(r => r.Value < 1).Select(r => r.Key));
}
