using Nearfar.Pairs;

namespace Nearfar.Data.Checking;

/// <summary>Documents and pairs that stand twice, judgements that contradict each other, negatives that look right.</summary>
internal static class DuplicateCheck
{
    public static void Documents(WorkspaceRows rows, DocumentClusters clusters, string path, FindingList findings)
    {
        var byText = new Dictionary<string, int>(StringComparer.Ordinal);
        var index = new NearDuplicateIndex();
        var owners = new List<int>();
        for (int i = 0; i < rows.Corpus.Count; i++)
        {
            var document = rows.Corpus.Documents[i];
            var set = clusters.ShinglesByDocument[i];
            if (!byText.TryAdd(document.Text, i))
            {
                Report(rows, path, findings, byText[document.Text], i, "duplicate-document", "has the text of");
                continue;
            }

            foreach (int near in index.Find(set).Take(1))
            {
                Report(rows, path, findings, owners[near], i, "near-duplicate-document", "is a near-duplicate of");
            }

            index.Add(set);
            owners.Add(i);
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

    public static void FalseNegatives(WorkspaceRows rows, DocumentClusters clusters, FindingList findings)
    {
        foreach (var set in new[] { rows.Train, rows.Dev, rows.Gate }.OfType<RowSet<Pair>>())
        {
            for (int i = 0; i < set.Rows.Count; i++)
            {
                var row = set.Rows[i];
                foreach (var (negative, positive) in
                    from n in row.HardNegatives
                    from p in row.PositiveIds
                    where rows.Corpus.TryGet(n.DocumentId, out var right) && rows.Corpus.TryGet(p, out var wrong)
                        && clusters.AreNearDuplicates(n.DocumentId, p) && !DocumentVariants.Differ(right, wrong)
                    select (n.DocumentId, p))
                {
                    findings.Warning("false-negative", set.PathOf(i), set.Lines[i], $"Negative \"{negative}\" of row \"{row.Id}\" is a near-duplicate of its positive \"{positive}\".",
                        "Remove the negative, or declare how the two documents differ (replaces, version, product or country).");
                }
            }
        }
    }

    private static void Report(WorkspaceRows rows, string path, FindingList findings, int earlier, int later, string rule, string relation)
    {
        var (first, second) = (rows.Corpus.Documents[earlier], rows.Corpus.Documents[later]);
        if (!DocumentVariants.Differ(first, second))
        {
            string place = rows.CorpusLines[earlier] is > 0 and var line ? $" (line {line})" : "";
            findings.Warning(rule, path, rows.CorpusLines[later], $"Document \"{second.Id}\" {relation} \"{first.Id}\"{place}.",
                "Remove one, or declare how they differ (replaces, version, product or country): two right answers of which one is judged lower every score.");
        }
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
