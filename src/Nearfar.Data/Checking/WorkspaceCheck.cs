using Nearfar.Pairs;

namespace Nearfar.Data.Checking;

/// <summary>Reads all data of a workspace and says what is wrong with them, all of it at once.</summary>
public static class WorkspaceCheck
{
    /// <summary>Findings listed of one rule; the rest is counted.</summary>
    public const int MaxPerRule = 50;

    /// <summary>Checks a workspace.</summary>
    /// <param name="workspace">An open workspace; nothing in it is changed.</param>
    /// <param name="cancellationToken">Stops between rules.</param>
    /// <returns>Row errors, duplicates, contradictions, leakage between sets, likely false negatives, cohort sizes.</returns>
    public static Task<CheckReport> RunAsync(Workspace workspace, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        return Task.Run(() => Run(workspace, cancellationToken), cancellationToken);
    }

    private static CheckReport Run(Workspace workspace, CancellationToken cancellationToken)
    {
        var rows = workspace.Rows;
        var findings = new FindingList();
        AddProblems(rows.Problems, findings, "row");
        foreach (string key in new[] { ("train", rows.Train), ("dev", rows.Dev), ("gate", rows.Gate) }.Where(s => s.Item2 is null).Select(s => s.Item1))
        {
            if (rows.Problems.Count == 0)
            {
                findings.Warning("missing-set", workspace.Path, 0, $"The workspace names no {key} set.", $"Add data.{key}; nearfar init --from makes all three.");
            }
        }

        var clusters = DocumentClusters.Of(rows.Corpus, rows.All);
        var cohorts = new List<CohortSize>();
        Action[] rules =
        [
            () => ReferenceCheck.Run(rows, findings),
            () => DuplicateCheck.Documents(rows, clusters, workspace.Options.Data.Corpus?.Path ?? workspace.Path, findings),
            () => DuplicateCheck.Pairs(rows, findings),
            () => LeakageCheck.Questions(rows, findings),
            () => LeakageCheck.Pages(rows, clusters, findings),
            () => DuplicateCheck.FalseNegatives(rows, clusters, findings),
            () => TrafficCheck.Run(workspace, rows, findings),
            () => CohortCheck.Run(workspace, rows, clusters, findings, cohorts),
        ];
        foreach (var rule in rules)
        {
            cancellationToken.ThrowIfCancellationRequested();
            rule();
        }

        return new CheckReport(findings.ToList(), cohorts, findings.Count(FindingSeverity.Error), findings.Count(FindingSeverity.Warning));
    }

    internal static void AddProblems(ProblemList problems, FindingList findings, string rule)
    {
        foreach (var problem in problems.Shown)
        {
            findings.Error(rule, problem);
        }

        for (long i = problems.Shown.Count; i < problems.Count; i++)
        {
            findings.Error(rule, problems.Shown[^1].Path, 0, "a problem that the reader counted.");
        }
    }
}
