using System.Globalization;
using Nearfar.Pairs;

namespace Nearfar.Data.Checking;

/// <summary>Sizes of the held-out sets by cohort, and what they can prove.</summary>
internal static class CohortCheck
{
    public static void Run(Workspace workspace, WorkspaceRows rows, DocumentClusters clusters, FindingList findings, List<CohortSize> sizes)
    {
        Dates(workspace, rows, findings);
        var builder = new JudgedSetBuilder(rows.Corpus, clusters) { Rules = workspace.Options.Cohorts, AsOf = workspace.Options.AsOf, Train = rows.Train?.Rows };
        var dev = Build(rows, rows.Dev, builder.Dev, findings);
        var gate = Build(rows, rows.Gate, builder.Gate, findings);
        foreach (var (set, path) in new[] { ((JudgedSet?)dev, rows.Dev?.Path), (gate, rows.Gate?.Path) })
        {
            if (set is not null)
            {
                Measure(set, sizes);
                Protected(workspace, set, path!, findings);
                Negatives(set, path!, findings);
            }
        }
    }

    // Missing documents were told with the lines of all sets already; their rows are left out here.
    private static T? Build<T>(WorkspaceRows rows, RowSet<Pair>? set, Func<RowSet<Pair>, T> build, FindingList findings)
        where T : JudgedSet
    {
        if (set is null)
        {
            return null;
        }

        int[] whole = [.. Enumerable.Range(0, set.Rows.Count).Where(i => QuestionFold.Named(set.Rows[i]).All(id => rows.Corpus.TryGetIndex(id, out _)))];
        if (whole.Length == 0)
        {
            return null;
        }

        try
        {
            return build(new RowSet<Pair>(set.Path, [.. whole.Select(i => set.Rows[i])], [.. whole.Select(i => set.Lines[i])]));
        }
        catch (NearfarException e)
        {
            findings.Error("judgement", DataProblem.Of(e, set.Path));
            return null;
        }
    }

    private static void Dates(Workspace workspace, WorkspaceRows rows, FindingList findings)
    {
        if (workspace.Options.AsOf is not { } asOf)
        {
            return;
        }

        for (int i = 0; i < rows.Corpus.Count; i++)
        {
            var document = rows.Corpus.Documents[i];
            if (document.Attributes.TryGetValue("updated", out string? text) && Nearfar.Pairs.Dates.TryParseDay(text, out var day) && day > asOf)
            {
                findings.Warning("future-document", workspace.Options.Data.Corpus?.Path ?? workspace.Path, rows.CorpusLines[i],
                    $"Document \"{document.Id}\" was updated on {text}, after as_of {asOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}.", "Move as_of, or mend the date.");
            }
        }
    }

    private static void Measure(JudgedSet set, List<CohortSize> sizes)
    {
        sizes.Add(new CohortSize(set.Name, "", "", set.Queries.Count, ClustersOf(set.Queries), false));
        foreach (var rule in set.Rules)
        {
            foreach (var group in set.Queries.GroupBy(q => q.Cohorts[rule.Attribute], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                sizes.Add(new CohortSize(set.Name, rule.Attribute, group.Key, group.Count(), ClustersOf(group), rule.Protected.Contains(group.Key, StringComparer.Ordinal)));
            }
        }
    }

    private static int ClustersOf(IEnumerable<JudgedQuery> queries) => queries.Select(q => q.Cluster).Distinct(StringComparer.Ordinal).Count();

    private static void Protected(Workspace workspace, JudgedSet set, string path, FindingList findings)
    {
        if (set is not GateSet)
        {
            return;
        }

        double tolerance = workspace.Options.Gate.ProtectedTolerance ?? workspace.Options.Gate.Tolerance;
        foreach (var (rule, value) in set.Rules.SelectMany(r => r.Protected.Select(v => (r, v))))
        {
            int questions = set.Queries.Count(q => q.Cohorts[rule.Attribute] == value);
            string cohort = $"{rule.Attribute}={value}";
            if (questions == 0)
            {
                findings.Error("protected-cohort", path, 0, $"The protected cohort {cohort} has no question in the gate set.", "Add questions, or stop protecting it: the gate cannot pass without them.");
            }
            else if (tolerance > 0 && CohortSize.QuestionsFor(tolerance) > questions)
            {
                findings.Warning("protected-cohort", path, 0, string.Create(CultureInfo.InvariantCulture,
                    $"The protected cohort {cohort} has {questions} questions, which show a difference of {2.486 * Math.Sqrt(CohortSize.AssumedDisagreement / questions):0.###}; its tolerance is {tolerance:0.###}."),
                    $"Collect about {CohortSize.QuestionsFor(tolerance)} questions, or expect the verdict inconclusive.");
            }
        }
    }

    private static void Negatives(JudgedSet set, string path, FindingList findings)
    {
        int without = set.Queries.Count(q => q.NegativeIds.Count == 0);
        if (without > 0)
        {
            findings.Warning("no-negatives", path, 0, $"{without} of {set.Queries.Count} questions of {set.Name} have no negatives, so no margin.", "Add hard_negative_ids: documents that are near and wrong.");
        }
    }
}
