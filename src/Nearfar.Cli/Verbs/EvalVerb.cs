using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Data.Formats;
using Nearfar.Evaluation;
using Nearfar.Pairs;
using Nearfar.Reporting;
using Nearfar.Search;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar eval</c>: scores an encoder or a served ranking, with BM25 and the untrained encoder beside it.</summary>
internal sealed class EvalVerb : Verb
{
    private readonly Argument<string?> _workspace = CommonOptions.Folder();
    private readonly Option<string?> _model = ModelFinder.Option();
    private readonly Option<string?> _trecRun = new("--trec-run") { Description = "A TREC run file in place of a model: what a search service returned.", HelpName = "FILE" };
    private readonly EndpointChoice _endpoint = new();
    private readonly Option<string> _set = new("--set") { Description = "dev or gate. Scoring the gate by hand is counted by nobody: choose by dev.", DefaultValueFactory = _ => "dev" };
    private readonly Option<string?> _out = new("--out") { Description = "Where report.json goes; default: under the output folder.", HelpName = "FILE" };

    private readonly Option<string?> _hybrid = HybridChoice.Option();
    private readonly Option<string?> _words = HybridChoice.WordsOption();

    public override string Name => "eval";

    public override string Description => "Scores a model, or what a search service returns, by cohort, beside BM25 and the untrained encoder. Example: nearfar eval samples/helpdesk --model 001 --set dev";

    protected override void Declare(Command command)
    {
        _set.AcceptOnlyFromAmong("dev", "gate");
        command.Add(_workspace);
        command.Add(_model);
        command.Add(_trecRun);
        _endpoint.Declare(command);
        command.Add(_set);
        command.Add(_out);
        command.Add(_hybrid);
        command.Add(_words);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenTrainableWorkspaceAsync(context.Parsed.GetValue(_workspace));
        JudgedSet set = context.Parsed.GetValue(_set) == "gate" ? workspace.Gate : workspace.Dev;
        using var endpoint = _endpoint.Open(context, workspace);
        if (endpoint is not null && (context.Parsed.GetValue(_model) ?? context.Parsed.GetValue(_trecRun) ?? context.Parsed.GetValue(_hybrid)) is not null)
        {
            throw new NearfarException("--endpoint brings a ranking, as --trec-run does; --model and --hybrid rank here. Give one of them.");
        }

        if (context.Parsed.GetValue(_hybrid) is not null && context.Parsed.GetValue(_trecRun) is not null)
        {
            throw new NearfarException("--hybrid ranks with a model; --trec-run brings a ranking. Give one of them.");
        }

        if (context.Parsed.GetValue(_words) is not null && context.Parsed.GetValue(_hybrid) is null)
        {
            throw new NearfarException("--words says how --hybrid reads keywords. Add --hybrid; the row BM25 stays as it is, so that reports agree.");
        }

        _ = HybridChoice.Words(context.Parsed.GetValue(_words));
        var evaluator = new Evaluator();
        var served = endpoint is null ? null : await EndpointChoice.AskAsync(context, endpoint, set, _endpoint.IsFresh(context), ReportPath(context, workspace, set, endpoint.Label));
        var reports = await context.WithProgress("eval", async say =>
        {
            var list = new List<EvalReport>();
            say("candidate");
            list.Add(served is not null ? await evaluator.EvaluateAsync(TrecRanking.Of(served.Answers.Run, set, endpoint!.Label), set, context.Cancellation)
                : context.Parsed.GetValue(_trecRun) is { } run ? await evaluator.EvaluateAsync(TrecRanking.Read(run, set), set, context.Cancellation)
                : await EvaluateModelAsync(context, workspace, set));
            say("BM25");
            list.Add(await evaluator.EvaluateAsync(new Bm25Index(set.Corpus), set, context.Cancellation));
            if (workspace.Options.Encoder.Kind is "static" or "adapter" && workspace.Options.Data.Train is not null)
            {
                say("untrained encoder");
                using var frozen = await workspace.OpenBaseAsync(context.Clock, null, context.Cancellation);
                list.Add(await evaluator.EvaluateAsync(frozen is not null ? frozen : workspace.CreateStart(context.Seed), set, context.Cancellation));
            }

            return list;
        });
        var candidate = reports[0];
        string path = ReportPath(context, workspace, set, candidate.Space?.Id ?? candidate.Label);
        EvalReportJson.Save(path, candidate);
        context.Emit(new { report = path, label = candidate.Label, space = candidate.Space?.Id, set = set.Name, metrics = candidate.Metrics, served = served?.ForMachines() });
        context.Say($"{candidate.Queries.Count} questions of {set.Name}: right page in top 3 for {candidate.Queries.Count(q => q.FirstRelevantRank <= 3)}, first for {candidate.Queries.Count(q => q.FirstRelevantRank == 1)}.");
        string[] names = [MetricNames.Recall(5), "mrr@10", "ndcg@10", MetricNames.MarginMean, MetricNames.ZMarginMean];
        context.Table(["model", .. names], reports.Select(r => (IReadOnlyList<string>)[r.Label, .. names.Select(n => Cell(r.Metrics.GetValueOrDefault(n)))]), 1, 2, 3, 4, 5);
        context.Say();
        context.Table(["cohort", "n", .. names], candidate.Cohorts.SelectMany(a => a.Value.OrderByDescending(v => v.Value.N).Select(v =>
            (IReadOnlyList<string>)[$"{a.Key}={v.Key}", v.Value.N.ToString(CultureInfo.InvariantCulture), .. names.Select(n => Cell(v.Value.Metrics.GetValueOrDefault(n)))])), 1, 2, 3, 4, 5, 6);
        IEnumerable<IReadOnlyDictionary<string, MetricSummary>> printed = [.. reports.Select(r => r.Metrics), .. candidate.Cohorts.SelectMany(a => a.Value.Values).Select(v => v.Metrics)];
        if (printed.Any(m => names.Any(n => m.GetValueOrDefault(n)?.FewEvents == true)))
        {
            context.Say($"about: {IntervalText.LongEventMeaning}.");
        }

        served?.Say(context);
        context.Say($"Report: {path}");
        context.Next($"nearfar report {path}");
        return 0;
    }

    private async Task<EvalReport> EvaluateModelAsync(VerbContext context, Workspace workspace, JudgedSet set)
    {
        var words = HybridChoice.Words(context.Parsed.GetValue(_words));
        var encoder = await ModelFinder.LoadAsync(context, context.Parsed.GetValue(_model), workspace);
        try
        {
            return await HybridChoice.ResolveAsync(context, context.Parsed.GetValue(_hybrid), words, encoder, () => Task.FromResult<JudgedSet>(workspace.Dev)) is { } hybrid
                ? await new Evaluator().EvaluateAsync(new HybridRanker(await VectorRanker.CreateAsync(encoder, set.Corpus, context.Cancellation), new Bm25Index(set.Corpus, words), hybrid), set, context.Cancellation)
                : await new Evaluator().EvaluateAsync(encoder, set, context.Cancellation);
        }
        finally
        {
            ModelFinder.Close(context, encoder);
        }
    }

    private static string Cell(MetricSummary? metric) => metric is null ? "-"
        : metric.Low is null ? metric.Mean.ToString("0.000", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{metric.Mean:0.000} ({(metric.FewEvents ? "about " : "")}{metric.Low:0.000} to {metric.High:0.000})");

    private string ReportPath(VerbContext context, Workspace workspace, JudgedSet set, string name) => context.Parsed.GetValue(_out)
        ?? Path.Combine(workspace.Output, "reports", $"{FileNames.Of(name)}.{set.Hash[..12]}.json");
}
