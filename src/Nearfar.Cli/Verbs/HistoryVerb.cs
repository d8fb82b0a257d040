using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Evaluation;
using Nearfar.Releases;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar history</c>: cohorts by version.</summary>
internal sealed class HistoryVerb : Verb
{
    private readonly Argument<string?> _workspace = CommonOptions.Folder();
    private readonly Option<int> _last = new("--last") { Description = "Versions shown.", DefaultValueFactory = _ => 5, HelpName = "N" };

    public override string Name => "history";

    public override string Description => "Cohort by version: the gate's measure and margin of the last N judged models, with their verdicts. Example: nearfar history --last 5";

    protected override void Declare(Command command)
    {
        command.Add(_workspace);
        command.Add(_last);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync(context.Parsed.GetValue(_workspace));
        int last = context.Parsed.GetValue(_last);
        if (last < 1)
        {
            throw new NearfarException($"--last is {last}; wanted at least 1.");
        }

        var judged = new ReleaseLedger(Path.Combine(workspace.Output, "releases"), context.Clock).Read()
            .Where(e => e.Event == LedgerEvent.Gate).TakeLast(last).ToArray();
        var versions = judged.Select(e => (Entry: e, Path: Path.Combine(workspace.Output, "runs", e.Run, "report.json")))
            .Where(v => File.Exists(v.Path)).Select(v => (v.Entry, Report: EvalReportJson.Load(v.Path))).ToArray();
        if (versions.Length == 0)
        {
            context.Emit(new { metric = workspace.Options.Gate.Metric, versions = Array.Empty<object>() });
            context.Say("No model was judged yet.");
            context.Next("nearfar loop");
            return 0;
        }

        string metric = workspace.Options.Gate.Metric;
        var rows = new List<(string Cohort, string[] Cells)>
        {
            ("verdict", [.. versions.Select(v => v.Entry.Verdict ?? "")]),
            ("all", [.. versions.Select(v => Cell(v.Report.Metrics, metric))]),
        };
        var cohorts = versions[^1].Report.Cohorts.SelectMany(a => a.Value.OrderByDescending(v => v.Value.N).Select(v => (Attribute: a.Key, Value: v.Key)));
        rows.AddRange(cohorts.Select(c => ($"{c.Attribute}={c.Value}",
            (string[])[.. versions.Select(v => v.Report.Cohorts.TryGetValue(c.Attribute, out var values) && values.TryGetValue(c.Value, out var score) ? Cell(score.Metrics, metric) : "-")])));
        context.Emit(new
        {
            metric,
            versions = versions.Select(v => new { v.Entry.Run, v.Entry.Space, v.Entry.Verdict, v.Entry.GateSet, v.Report.Metrics, v.Report.Cohorts }),
        });
        context.Say($"{metric} / {MetricNames.MarginMean} on the gate set");
        context.Table(["cohort", .. versions.Select(v => $"run {v.Entry.Run}")], rows.Select(r => (IReadOnlyList<string>)[r.Cohort, .. r.Cells]));
        context.Next($"nearfar lineage run:{versions[^1].Entry.Run}");
        return 0;
    }

    private static string Cell(IReadOnlyDictionary<string, MetricSummary> metrics, string metric) => string.Create(CultureInfo.InvariantCulture,
        $"{(metrics.TryGetValue(metric, out var m) ? m.Mean.ToString("0.000", CultureInfo.InvariantCulture) : "-")} / {(metrics.TryGetValue(MetricNames.MarginMean, out var margin) ? margin.Mean.ToString("0.000", CultureInfo.InvariantCulture) : "-")}");
}
