using System.Globalization;
using Nearfar.Gating;
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
            var groups = set.Queries.ToLookup(q => q.Cohorts[rule.Attribute], StringComparer.Ordinal);
            foreach (string value in Reporting.CohortOrder.Of(groups.Select(g => g.Key)))
            {
                sizes.Add(new CohortSize(set.Name, rule.Attribute, value, groups[value].Count(), ClustersOf(groups[value]), rule.Protected.Contains(value, StringComparer.Ordinal)));
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

        var policy = workspace.GatePolicy();
        WholeSet(policy, set, path, findings);
        foreach (var cohort in policy.Protected)
        {
            double tolerance = policy.ToleranceOf(cohort);
            JudgedQuery[] members = [.. set.Queries.Where(q => q.Cohorts.TryGetValue(cohort.Attribute, out string? value) && value == cohort.Value)];
            int questions = members.Length;
            if (questions == 0)
            {
                findings.Error("protected-cohort", path, 0, $"The protected cohort {cohort} has no question in the gate set.", "Add questions, or stop protecting it: the gate cannot pass without them.");
            }
            else if (tolerance is > 0 and < 1 && Effective(members) < GatePower.LeastQuestions(tolerance))
            {
                findings.Warning("protected-cohort", path, 0, string.Create(CultureInfo.InvariantCulture,
                    $"The protected cohort {cohort} has {questions} questions on {ClustersOf(members)} documents, worth {Effective(members):0.#} independent ones: too few to pass even when not one of them changes; its tolerance is {tolerance:0.###}."),
                    $"Collect at least {GatePower.LeastQuestions(tolerance)} questions on different documents, raise its tolerance, or stop protecting it: until then every verdict is inconclusive or blocked.");
            }
            else if (tolerance > 0 && CohortSize.QuestionsFor(tolerance) > questions)
            {
                findings.Warning("protected-cohort", path, 0, string.Create(CultureInfo.InvariantCulture,
                    $"The protected cohort {cohort} has {questions} questions, which show a difference of {2.486 * Math.Sqrt(CohortSize.AssumedDisagreement / questions):0.###}; its tolerance is {tolerance:0.###}."),
                    $"Collect about {CohortSize.QuestionsFor(tolerance)} questions, or expect the verdict inconclusive.");
            }
        }
    }

    // What the gate needs of all questions, and of those that forbid documents.
    private static void WholeSet(GatePolicy policy, JudgedSet set, string path, FindingList findings)
    {
        if (policy.Tolerance is > 0 and < 1 && Effective(set.Queries) < GatePower.LeastQuestions(policy.Tolerance))
        {
            findings.Warning("gate-size", path, 0, string.Create(CultureInfo.InvariantCulture,
                $"The gate set has {set.Queries.Count} questions, worth {Effective(set.Queries):0.#} independent ones: questions on one document count little more than one of them. So many prove no fall smaller than {GatePower.LeastTolerance(Effective(set.Queries)):0.###}, even when nothing changes; at a tolerance of {policy.Tolerance:0.###} a model passes only if it is better."),
                $"Collect at least {GatePower.LeastQuestions(policy.Tolerance)} questions on different documents, or raise gate.tolerance.");
        }

        JudgedQuery[] forbidding = [.. set.Queries.Where(q => q.ForbiddenIds.Count > 0)];
        if (policy.ViolationLimit is > 0 and < 1 && Effective(forbidding) < GatePower.LeastForLimit(policy.ViolationLimit.Value))
        {
            findings.Warning("gate-size", path, 0, string.Create(CultureInfo.InvariantCulture,
                $"{forbidding.Length} questions forbid a document: too few to prove a share of violations below {policy.ViolationLimit:0.###} even when there is none."),
                $"Collect at least {GatePower.LeastForLimit(policy.ViolationLimit.Value)} questions with forbidden_ids, or raise gate.violation_limit.");
        }
    }

    // As the gate counts: n² over the sum of squared sizes of what asks for one document.
    private static double Effective(IReadOnlyCollection<JudgedQuery> queries) => queries.Count == 0 ? 0
        : (double)queries.Count * queries.Count / queries.GroupBy(q => q.PrimaryId, StringComparer.Ordinal).Sum(g => (double)g.Count() * g.Count());

    private static void Negatives(JudgedSet set, string path, FindingList findings)
    {
        int without = set.Queries.Count(q => q.NegativeIds.Count == 0);
        if (without > 0)
        {
            findings.Warning("no-negatives", path, 0, $"{without} of {set.Queries.Count} questions of {set.Name} have no negatives, so no margin.", "Add hard_negative_ids: documents that are near and wrong.");
        }
    }
}
