using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
using Nearfar.Gating;
using Nearfar.Releases;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar history</c>: cohorts by version, and which of them decline.</summary>
internal sealed class HistoryVerb : Verb
{
    private readonly Argument<string?> _workspace = CommonOptions.Folder();
    private readonly Option<int> _last = new("--last") { Description = "Versions shown.", DefaultValueFactory = _ => 5, HelpName = "N" };
    private readonly Option<bool> _all = new("--all") { Description = $"List cohorts of fewer than {SmallCohorts.Least} questions too, where an attribute has many." };

    public override string Name => "history";

    public override string Description => "Cohort by version: the gate's measure and margin of the last N judged models on today's gate set, their verdicts, and the trend over the releases. Example: nearfar history --last 5";

    protected override void Declare(Command command)
    {
        command.Add(_workspace);
        command.Add(_last);
        command.Add(_all);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync(context.Parsed.GetValue(_workspace));
        int last = context.Parsed.GetValue(_last);
        if (last < 1)
        {
            throw new NearfarException($"--last is {last}; wanted at least 1.");
        }

        string metric = workspace.Options.Gate.Metric;
        var entries = new ReleaseLedger(Path.Combine(workspace.Output, "releases"), context.Clock).Read();
        var released = entries.Where(e => e.Event != LedgerEvent.Gate).Select(e => e.Space).ToHashSet(StringComparer.Ordinal);
        var judged = entries.Where(e => e.Event == LedgerEvent.Gate).GroupBy(e => e.Run, StringComparer.Ordinal).Select(g => g.Last()).OrderBy(e => e.Sequence).TakeLast(last).ToArray();
        if (judged.Length == 0)
        {
            context.Emit(new { metric, versions = Array.Empty<object>() });
            context.Say("No model was judged yet.");
            context.Next($"nearfar loop{context.WorkspaceFlag}");
            return 0;
        }

        var versions = await context.WithProgress("history", async say =>
        {
            var list = new List<Version>();
            foreach (var entry in judged)
            {
                say($"run {entry.Run}");
                list.Add(new Version(entry, released.Contains(entry.Space), await ScoreAsync(context, workspace, entry)));
            }

            return list;
        });
        EvalReport[] line = [.. versions.Where(v => v is { IsReleased: true, Report: not null }).Select(v => v.Report!)];
        var trends = line.Length >= 2 ? VersionTrend.Of(line, metric) : [];
        Show(context, metric, versions, trends, line.Length);
        context.Next($"nearfar lineage run:{judged[^1].Run}{context.WorkspaceFlag}");
        return 0;
    }

    /// <summary>A judged model on today's gate set; no report when it cannot be scored on it.</summary>
    private sealed record Version(LedgerEntry Entry, bool IsReleased, EvalReport? Report);

    // A report of another version of the set cannot stand in the same row: the model is scored anew, when it is still there.
    private static async Task<EvalReport?> ScoreAsync(VerbContext context, Workspace workspace, LedgerEntry entry)
    {
        var set = workspace.Gate;
        string run = Path.Combine(workspace.Output, "runs", entry.Run);
        string cache = Path.Combine(workspace.Output, "reports", $"{entry.Space}.{set.Hash[..12]}.json");
        foreach (string path in new[] { Path.Combine(run, "report.json"), cache }.Where(File.Exists))
        {
            if (EvalReportJson.Load(path) is { } report && report.SetHash == set.Hash && (report.Space is null || report.Space.Id == entry.Space))
            {
                return report;
            }
        }

        string? folder = new[] { Path.Combine(run, "model"), Path.Combine(workspace.Output, "releases", entry.Space) }.FirstOrDefault(Directory.Exists);
        if (folder is null)
        {
            return null;
        }

        var encoder = await ModelFinder.FolderAsync(context, folder, workspace);
        if (encoder.Space.Id != entry.Space)
        {
            ModelFinder.Close(context, encoder);
            return null;
        }

        var scored = await new Evaluator().EvaluateAsync(encoder, set, context.Cancellation);
        ModelFinder.Close(context, encoder);
        EvalReportJson.Save(cache, scored);
        return scored;
    }

    private void Show(VerbContext context, string metric, List<Version> versions, IReadOnlyList<VersionTrend> trends, int releases)
    {
        var byCohort = trends.ToDictionary(t => t.Cohort?.ToString() ?? "all", StringComparer.Ordinal);
        var rows = new List<(string Cohort, string[] Cells)>
        {
            ("verdict", [.. versions.Select(v => (v.Entry.Verdict ?? "") + (v.IsReleased ? ", released" : ""))]),
            ("all", [.. versions.Select(v => Cell(v.Report?.Metrics, metric))]),
        };
        var newest = versions.LastOrDefault(v => v.Report is not null)?.Report;
        var cohorts = (newest?.Cohorts ?? new Dictionary<string, IReadOnlyDictionary<string, CohortScore>>())
            .SelectMany(a => a.Value.OrderByDescending(v => v.Value.N).Select(v => (Attribute: a.Key, Value: v.Key, v.Value.N)));
        var (shown, folded) = context.Parsed.GetValue(_all) ? ([.. cohorts], []) : SmallCohorts.Fold(cohorts, c => c.Attribute, c => c.N);
        rows.AddRange(shown.Select(c => ($"{c.Attribute}={c.Value}",
                (string[])[.. versions.Select(v => v.Report is { } r && r.Cohorts.TryGetValue(c.Attribute, out var values) && values.TryGetValue(c.Value, out var score) ? Cell(score.Metrics, metric) : "-")])));
        context.Emit(new
        {
            metric,
            versions = versions.Select(v => new { v.Entry.Run, v.Entry.Space, v.Entry.Verdict, v.Entry.GateSet, released = v.IsReleased, scored = v.Report is not null, v.Report?.Metrics, v.Report?.Cohorts }),
            trends = trends.Select(t => new { cohort = t.Cohort?.ToString() ?? "all", t.N, t.Clusters, t.Change, t.Low, t.High, t.FewChanges, t.AdjustedP, declines = Declines(t) }),
        });
        context.Say($"{metric} / {MetricNames.MarginMean} on the gate set");
        context.Table(["cohort", .. versions.Select(v => $"run {v.Entry.Run}"), "trend over releases (95%), adjusted p"],
            rows.Select(r => (IReadOnlyList<string>)[r.Cohort, .. r.Cells, Trend(byCohort.GetValueOrDefault(r.Cohort))]));
        if (trends.Any(t => t.FewChanges))
        {
            context.Say(FormattableString.Invariant($"about: {IntervalText.Meaning}: under {MeanBounds.EnoughTrends} documents whose questions changed."));
        }

        foreach (var (attribute, count) in folded)
        {
            context.Say($"{attribute}: … and {SmallCohorts.Words(count)}: --all lists them.");
        }

        foreach (var trend in trends.Where(Declines))
        {
            context.Say(FormattableString.Invariant($"Declines: {trend.Cohort?.ToString() ?? "all questions"}, {metric} {trend.Change:0.000} over {releases} releases (n {trend.N}, {About(trend)}{trend.Low:0.000} to {trend.High:0.000}), adjusted p {trend.AdjustedP:0.####}."));
        }

        foreach (var version in versions.Where(v => v.Report is null))
        {
            context.Say($"Run {version.Entry.Run} was judged on another version of the gate set and cannot be scored on this one: its model is gone.");
        }

        if (releases < 2)
        {
            context.Say("A trend needs two releases scored on one version of the gate set.");
        }
    }

    // One in a hundred over all cohorts, as in the gate.
    private static bool Declines(VersionTrend trend) => trend.Change < 0 && trend.AdjustedP <= 0.01;

    private static string Trend(VersionTrend? trend) => trend is null ? "" : FormattableString.Invariant(
        $"{(Declines(trend) ? "declines " : "")}{trend.Change:+0.000;-0.000;0.000}{(trend.Low is null ? "" : $" ({About(trend)}{trend.Low:+0.000;-0.000;0.000} to {trend.High:+0.000;-0.000;0.000})")}, p {trend.AdjustedP:0.###}");

    private static string About(VersionTrend trend) => trend.FewChanges ? "about " : "";

    private static string Cell(IReadOnlyDictionary<string, MetricSummary>? metrics, string metric) => metrics is null ? "-" : string.Create(CultureInfo.InvariantCulture,
        $"{(metrics.TryGetValue(metric, out var m) ? m.Mean.ToString("0.000", CultureInfo.InvariantCulture) : "-")} / {(metrics.TryGetValue(MetricNames.MarginMean, out var margin) ? margin.Mean.ToString("0.000", CultureInfo.InvariantCulture) : "-")}");
}
