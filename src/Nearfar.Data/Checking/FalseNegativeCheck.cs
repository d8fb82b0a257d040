using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.Checking;

/// <summary>Given negatives that look right: near-duplicates of a positive, and documents that hold the expected answer.</summary>
internal static class FalseNegativeCheck
{
    // "Yes" or "30 days" stands on many pages that answer something else.
    private const int ShortestAnswer = 12;

    public static void Run(WorkspaceRows rows, DocumentClusters clusters, FindingList findings)
    {
        var folded = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var set in new[] { rows.Train, rows.Dev, rows.Gate }.OfType<RowSet<Pair>>())
        {
            for (int i = 0; i < set.Rows.Count; i++)
            {
                foreach (var negative in set.Rows[i].HardNegatives)
                {
                    Check(rows, clusters, set, i, negative.DocumentId, folded, findings);
                }
            }
        }
    }

    private static void Check(WorkspaceRows rows, DocumentClusters clusters, RowSet<Pair> set, int i, string negative, Dictionary<string, string> folded, FindingList findings)
    {
        var row = set.Rows[i];
        if (!rows.Corpus.TryGet(negative, out var wrong))
        {
            return;
        }

        foreach (string positive in row.PositiveIds)
        {
            if (rows.Corpus.TryGet(positive, out var right) && clusters.AreNearDuplicates(negative, positive) && !DocumentVariants.Differ(right, wrong))
            {
                findings.Warning("false-negative", set.PathOf(i), set.Lines[i], $"Negative \"{negative}\" of row \"{row.Id}\" is a near-duplicate of its positive \"{positive}\".",
                    "Remove the negative, or declare how the two documents differ (replaces, version, product or country).");
            }
        }

        if (row.ExpectedAnswer is { Length: >= ShortestAnswer } answer && Folded(negative, wrong).Contains(FoldKeys.Of(answer), StringComparison.Ordinal))
        {
            findings.Warning("false-negative", set.PathOf(i), set.Lines[i], $"Negative \"{negative}\" of row \"{row.Id}\" holds the expected answer.", "Make it a positive, or remove it.");
        }

        string Folded(string id, Document document) => folded.TryGetValue(id, out string? known) ? known : folded[id] = FoldKeys.Of(document.Content);
    }
}
