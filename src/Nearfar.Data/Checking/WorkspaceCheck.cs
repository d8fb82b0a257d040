using Nearfar.Pairs;

namespace Nearfar.Data.Checking;

/// <summary>Reads all data of a workspace and says what is wrong with them, all of it at once.</summary>
public static class WorkspaceCheck
{
    /// <summary>Findings listed of one rule; the rest is counted.</summary>
    public const int MaxPerRule = 50;

    /// <summary>Questions times documents up to which the rules that rank the corpus run unasked: 2,000,000,000.</summary>
    public const long MostComparisons = 2_000_000_000;

    /// <summary>Checks a workspace.</summary>
    /// <param name="workspace">An open workspace; nothing in it is changed.</param>
    /// <param name="options">How far to go; null for the defaults.</param>
    /// <param name="progress">Told what is being looked at.</param>
    /// <param name="cancellationToken">Stops between rules.</param>
    /// <returns>Row errors, duplicates, contradictions, leakage between sets, likely false negatives, what rankings show, cohort sizes.</returns>
    public static Task<CheckReport> RunAsync(Workspace workspace, CheckOptions? options = null, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        return Task.Run(() => Run(workspace, options ?? new CheckOptions(), text => progress?.Report(text), cancellationToken), cancellationToken);
    }

    private static CheckReport Run(Workspace workspace, CheckOptions options, Action<string> progress, CancellationToken cancellationToken)
    {
        progress("reading");
        var rows = workspace.Rows;
        var findings = new FindingList();
        AddProblems(rows.Problems, findings, "row");
        foreach (string key in new[] { ("train", rows.Train), ("dev", rows.Dev), ("gate", rows.Gate) }.Where(s => s.Item2 is null).Select(s => s.Item1))
        {
            if (key == "train" && workspace.Streams)
            {
                findings.Warning("streamed-set", workspace.Path, 0, "The training pairs are streamed: rows and questions are checked, pages they share with dev and gate, duplicates, labels and negatives among them are not.", "Check a copy of the workspace without train.stream, on a machine that holds the file or with a part of it.");
            }
            else if (rows.Problems.Count == 0)
            {
                findings.Warning("missing-set", workspace.Path, 0, $"The workspace names no {key} set.", $"Add data.{key}; nearfar init --from makes all three.");
            }
        }

        progress("clusters");
        var clusters = DocumentClusters.Of(rows.Corpus, rows.All);
        var cohorts = new List<CohortSize>();
        string corpusPath = workspace.Options.Data.Corpus?.Path ?? workspace.Path;
        (string Name, Action Run)[] rules =
        [
            ("documents that rows name", () => ReferenceCheck.Run(rows, findings)),
            ("duplicates", () => DuplicateCheck.Documents(rows, clusters, corpusPath, findings)),
            ("titles", () => Titles(workspace, rows, corpusPath, findings)),
            ("judgements", () => DuplicateCheck.Pairs(rows, findings)),
            ("judgements", () => LabelConflictCheck.Run(rows, clusters, findings)),
            ("shared questions", () => LeakageCheck.Questions(rows, findings)),
            ("streamed questions", () => Streamed(workspace, rows, findings)),
            ("shared pages", () => LeakageCheck.Pages(rows, clusters, findings)),
            ("negatives", () => FalseNegativeCheck.Run(rows, clusters, findings)),
            ("traffic", () => TrafficCheck.Run(workspace, rows, findings)),
            ("cohorts", () => CohortCheck.Run(workspace, rows, clusters, findings, cohorts)),
            ("rankings", () => Rankings(workspace, rows, corpusPath, options, findings, progress, cancellationToken)),
        ];
        foreach (var (name, run) in rules)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress(name);
            run();
        }

        return new CheckReport(findings.ToList(), findings.Rules(), cohorts, findings.Count(FindingSeverity.Error), findings.Count(FindingSeverity.Warning));
    }

    private static void Titles(Workspace workspace, WorkspaceRows rows, string corpusPath, FindingList findings)
    {
        if (workspace.Options.Encoder.Lead is not { Of: Encoding.LeadField.Title } lead)
        {
            return;
        }

        int without = rows.Corpus.Documents.Count(d => lead.FieldOf(d.Content).IsEmpty);
        if (2 * without > rows.Corpus.Count)
        {
            findings.Warning("no-title", corpusPath, 0, $"encoder.lead weighs titles (of: title), and {without} of {rows.Corpus.Count} documents have none: no title, and no text of several lines.",
                "Give the documents a title, or take of: beginning; training refuses a corpus without any.");
        }
    }

    private static void Streamed(Workspace workspace, WorkspaceRows rows, FindingList findings)
    {
        if (workspace.Streams && workspace.Options.Data.AllTrain.Any() && rows.Problems.Count == 0)
        {
            LeakageCheck.Streamed(workspace.OpenStream(), rows, findings);
        }
    }

    // Rows that are broken would be told twice.
    private static void Rankings(
        Workspace workspace, WorkspaceRows rows, string corpusPath, CheckOptions options, FindingList findings, Action<string> progress, CancellationToken cancellationToken)
    {
        bool broken = rows.Problems.Count > 0 || rows.All.SelectMany(QuestionFold.Named).Any(id => !rows.Corpus.TryGetIndex(id, out _));
        if (options.Ranking == RankingDepth.Never || broken || rows.Corpus.Count == 0)
        {
            return;
        }

        long comparisons = rows.All.LongCount() * rows.Corpus.Count;
        if (options.Ranking == RankingDepth.BySize && comparisons > MostComparisons)
        {
            findings.Information("not-ranked", workspace.Path, $"{rows.All.LongCount()} questions times {rows.Corpus.Count} documents are more than {MostComparisons} comparisons: no ranking was made, so unfound positives, easy negatives and hubs are unknown. nearfar check --full makes them.");
            return;
        }

        var rankers = CheckRankers.Create(workspace, rows, options.Seed, cancellationToken);
        new RankingCheck(rows, rankers, corpusPath, findings).Run(progress, cancellationToken);
        new EasyNegativeCheck(rows, rankers, options.Seed, findings).Run(cancellationToken);
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
