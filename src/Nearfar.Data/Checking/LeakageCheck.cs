using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training.Streaming;

namespace Nearfar.Data.Checking;

/// <summary>What the sets share that they must not, and what kind of split they are.</summary>
internal static class LeakageCheck
{
    /// <summary>Questions that stand in two sets: by query id, by folded text, by shingles.</summary>
    public static void Questions(WorkspaceRows rows, FindingList findings)
    {
        Compare("train", rows.Train, "gate", rows.Gate, findings);
        Compare("train", rows.Train, "dev", rows.Dev, findings);
        Compare("dev", rows.Dev, "gate", rows.Gate, findings);
    }

    /// <summary>The same for training pairs that stream: one pass, each against the questions of dev and gate.</summary>
    public static void Streamed(StreamedPairs train, WorkspaceRows rows, FindingList findings)
    {
        var heldOut = new[] { ("gate", rows.Gate), ("dev", rows.Dev) }.Where(s => s.Item2 is not null)
            .SelectMany(s => s.Item2!.Rows.Select((row, i) => (Set: s.Item1, Row: row, Path: s.Item2.PathOf(i), Line: s.Item2.Lines[i]))).ToList();
        var byKey = new Dictionary<string, int>(StringComparer.Ordinal);
        var index = new NearDuplicateIndex();
        for (int i = 0; i < heldOut.Count; i++)
        {
            foreach (string key in KeysOf(heldOut[i].Row))
            {
                byKey.TryAdd(key, i);
            }

            index.Add(Shingles.Of(heldOut[i].Row.Query));
        }

        var problems = new ProblemList();
        foreach (var pair in train.Read(problems))
        {
            bool same = KeysOf(pair.Pair).Any(byKey.ContainsKey);
            int[] found = same ? [.. KeysOf(pair.Pair).Where(byKey.ContainsKey).Select(k => byKey[k])] : [.. index.Find(Shingles.Of(pair.Pair.Query))];
            if (found is [var at, ..])
            {
                string message = $"Question \"{pair.Pair.Query}\" {(same ? "stands in" : "is a near-duplicate of one in")} {heldOut[at].Set} too ({heldOut[at].Path}:{heldOut[at].Line}).";
                string remedy = $"Remove the row: what {heldOut[at].Set} asks must be new.";
                if (same || heldOut[at].Set == "gate")
                {
                    findings.Error(same ? "shared-question" : "near-duplicate-question", train.Sets[pair.Set].Path, pair.Line, message, remedy);
                }
                else
                {
                    findings.Warning("near-duplicate-question", train.Sets[pair.Set].Path, pair.Line, message, remedy);
                }
            }
        }

        WorkspaceCheck.AddProblems(problems, findings, "row");
    }

    /// <summary>Which held-out questions ask about pages that training saw, and rows that declare it wrongly.</summary>
    public static void Pages(WorkspaceRows rows, DocumentClusters clusters, FindingList findings)
    {
        if (rows.Train is null)
        {
            return;
        }

        var trained = TrainedClusters(rows.Train, rows.Corpus, clusters);
        foreach (var (name, set) in new[] { ("dev", rows.Dev), ("gate", rows.Gate) })
        {
            if (set is null)
            {
                continue;
            }

            int known = 0;
            for (int i = 0; i < set.Rows.Count; i++)
            {
                string? seen = set.Rows[i].PositiveIds.Where(id => rows.Corpus.TryGetIndex(id, out _)).Select(clusters.ClusterOf).FirstOrDefault(trained.ContainsKey);
                known += seen is null ? 0 : 1;
                CheckDeclared(set, i, seen, seen is null ? 0 : trained[seen], rows.Train.Path, findings);
            }

            Summarise(name, set, known, findings);
        }

        DevAndGate(rows, clusters, findings);
    }

    // Training is held against both above; what chose the step and what decides should not ask about the same pages alone.
    private static void DevAndGate(WorkspaceRows rows, DocumentClusters clusters, FindingList findings)
    {
        if (rows.Dev is null || rows.Gate is null)
        {
            return;
        }

        var chosen = TrainedClusters(rows.Dev, rows.Corpus, clusters);
        int[] shared = [.. Enumerable.Range(0, rows.Gate.Rows.Count).Where(i => rows.Gate.Rows[i].PositiveIds.Any(id => rows.Corpus.TryGetIndex(id, out _) && chosen.ContainsKey(clusters.ClusterOf(id))))];
        if (shared.Length > 0)
        {
            string page = rows.Gate.Rows[shared[0]].PositiveIds.First(id => rows.Corpus.TryGetIndex(id, out _) && chosen.ContainsKey(clusters.ClusterOf(id)));
            findings.Information("shared-pages", rows.Gate.Path, rows.Gate.Lines[shared[0]],
                $"{shared.Length} of {rows.Gate.Rows.Count} gate rows ask about pages that dev asks about with other questions; the first is \"{page}\" ({rows.Dev.Path}:{chosen[clusters.ClusterOf(page)]}).",
                "Nothing to mend while other gate rows do not: nearfar pairs split parts sets by page.");
        }
    }

    private static void Compare(string leftName, RowSet<Pair>? left, string rightName, RowSet<Pair>? right, FindingList findings)
    {
        if (left is null || right is null)
        {
            return;
        }

        var byKey = new Dictionary<string, int>(StringComparer.Ordinal);
        var index = new NearDuplicateIndex();
        for (int i = 0; i < left.Rows.Count; i++)
        {
            foreach (string key in KeysOf(left.Rows[i]))
            {
                byKey.TryAdd(key, i);
            }

            index.Add(Shingles.Of(left.Rows[i].Query));
        }

        for (int i = 0; i < right.Rows.Count; i++)
        {
            var row = right.Rows[i];
            if (KeysOf(row).Where(byKey.ContainsKey).Select(k => byKey[k]).Cast<int?>().FirstOrDefault() is { } same)
            {
                findings.Error("shared-question", right.PathOf(i), right.Lines[i], $"Question \"{row.Query}\" stands in {leftName} too ({left.PathOf(same)}:{left.Lines[same]}).",
                    $"Remove the row from {leftName}: what {rightName} asks must be new.");
            }
            else if (index.Find(Shingles.Of(row.Query)) is [var near, ..])
            {
                Near(leftName, left, near, rightName, right, i, findings);
            }
        }
    }

    private static void Near(string leftName, RowSet<Pair> left, int near, string rightName, RowSet<Pair> right, int i, FindingList findings)
    {
        string message = $"Question \"{right.Rows[i].Query}\" is a near-duplicate of \"{left.Rows[near].Query}\" in {leftName} ({left.PathOf(near)}:{left.Lines[near]}).";
        string remedy = $"Remove the row from {leftName}: what {rightName} asks must be new.";
        if (rightName == "gate" && leftName == "train")
        {
            findings.Error("near-duplicate-question", right.PathOf(i), right.Lines[i], message, remedy);
        }
        else
        {
            findings.Warning("near-duplicate-question", right.PathOf(i), right.Lines[i], message, remedy);
        }
    }

    // A row without query_id that repeats the text of a row with one is the same question.
    private static IEnumerable<string> KeysOf(Pair row) => row.QueryId is null ? [FoldKeys.Of(row.Query)] : [row.FoldKey, FoldKeys.Of(row.Query)];

    private static Dictionary<string, long> TrainedClusters(RowSet<Pair> train, Corpus corpus, DocumentClusters clusters)
    {
        var trained = new Dictionary<string, long>(StringComparer.Ordinal);
        for (int i = 0; i < train.Rows.Count; i++)
        {
            foreach (string id in train.Rows[i].PositiveIds.Where(id => corpus.TryGetIndex(id, out _)))
            {
                trained.TryAdd(clusters.ClusterOf(id), train.Lines[i]);
            }
        }

        return trained;
    }

    private static void CheckDeclared(RowSet<Pair> set, int i, string? seen, long trainLine, string trainPath, FindingList findings)
    {
        string? declared = set.Rows[i].Cohorts.GetValueOrDefault(PageCohort.Attribute);
        if (declared == "new" && seen is not null)
        {
            findings.Error("shared-cluster", set.PathOf(i), set.Lines[i], $"Row \"{set.Rows[i].Id}\" is declared page: new, but training saw the cluster of \"{seen}\" ({trainPath}:{trainLine}).",
                "Remove the training row, or the declaration.");
        }
        else if (declared == "known" && seen is null)
        {
            findings.Warning("shared-cluster", set.PathOf(i), set.Lines[i], $"Row \"{set.Rows[i].Id}\" is declared page: known, but no training pair has its cluster.", "Remove the declaration; it is derived.");
        }
        else if (declared is not (null or "new" or "known"))
        {
            findings.Error("shared-cluster", set.PathOf(i), set.Lines[i], $"Row \"{set.Rows[i].Id}\" is declared page: {declared}; page is built in.", "Write known or new, or remove it.");
        }
    }

    private static void Summarise(string name, RowSet<Pair> set, int known, FindingList findings)
    {
        int fresh = set.Rows.Count - known;
        findings.Information("split", set.Path, $"{name}: {known} rows ask about known pages (trained on with other questions), {fresh} about new pages.");
        if (name == "gate" && set.Rows.Count > 0 && (known == 0 || fresh == 0))
        {
            findings.Warning("one-sided-split", set.Path, 0, $"No gate row asks about {(known == 0 ? "known" : "new")} pages.",
                known == 0 ? "Keep some questions about trained pages for the gate." : "Keep some pages out of training: questions about trained pages alone flatter every trained model.");
        }
    }
}
