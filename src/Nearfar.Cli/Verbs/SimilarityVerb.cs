using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Similarity;
using Nearfar.Pairs;
using Nearfar.Reporting;
using Nearfar.Vectors;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar similarity</c>: how near two texts are, or the margins of many rows.</summary>
internal sealed class SimilarityVerb : Verb
{
    private readonly Argument<string> _first = new("a") { Description = "A text (encoded as a query), or a JSONL file of query / positive / hard_negative rows." };
    private readonly Argument<string?> _second = new("b") { Description = "A text (encoded as a document); none when the first is a file.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _model = ModelFinder.Option();
    private readonly Option<SimilarityMeasure> _measure = new("--measure") { Description = "cosine, dot, euclidean or manhattan.", DefaultValueFactory = _ => SimilarityMeasure.Cosine };
    private readonly Option<double?> _threshold = new("--threshold") { Description = "Lowest score that passes, with --threshold-space.", HelpName = "SCORE" };
    private readonly Option<string?> _space = new("--threshold-space") { Description = "Space id that the threshold was calibrated for.", HelpName = "ID" };
    private readonly Option<string?> _report = new("--threshold-report") { Description = "A report.json of this model: the threshold is its background's mean plus --deviations of its spread.", HelpName = "FILE" };
    private readonly Option<double> _deviations = new("--deviations") { Description = "With --threshold-report.", DefaultValueFactory = _ => 3, HelpName = "N" };

    public override string Name => "similarity";

    public override string Description => "How near two texts are, or the margins of a JSONL of rows by cohort and model version. Example: nearfar similarity \"refund?\" \"Money back within 30 days\"";

    protected override void Declare(Command command)
    {
        command.Add(_first);
        command.Add(_second);
        command.Add(_model);
        command.Add(_measure);
        command.Add(_threshold);
        command.Add(_space);
        command.Add(_report);
        command.Add(_deviations);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string first = context.Parsed.GetRequiredValue(_first);
        string? second = context.Parsed.GetValue(_second);
        if (second is null && !File.Exists(first))
        {
            throw new NearfarException($"\"{first}\" is no file, and there is no second text. Give two texts, or a JSONL of rows.");
        }

        var options = new EmbeddingSimilarityOptions { Measure = context.Parsed.GetValue(_measure), Threshold = Threshold(context) };
        if (second is null && options.Threshold is not null)
        {
            throw new NearfarException("A threshold decides about two texts; rows give margins, which need none. Leave it out.");
        }

        var encoder = await ModelFinder.LoadAsync(context, context.Parsed.GetValue(_model));
        try
        {
            var metric = new EmbeddingSimilarity(encoder, options);
            return second is null ? await RowsAsync(context, metric, first) : await TextsAsync(context, metric, first, second);
        }
        finally
        {
            ModelFinder.Close(context, encoder);
        }
    }

    private SimilarityThreshold? Threshold(VerbContext context)
    {
        double? value = context.Parsed.GetValue(_threshold);
        string? space = context.Parsed.GetValue(_space);
        string? report = context.Parsed.GetValue(_report);
        if ((value is null) != (space is null) || (value is not null && report is not null))
        {
            throw new NearfarException("A threshold means something in one space only: give --threshold with --threshold-space, or --threshold-report alone.");
        }

        return report is not null ? SimilarityThreshold.FromReport(EvalReportJson.Load(report), context.Parsed.GetValue(_deviations))
            : value is { } score ? SimilarityThreshold.Calibrated(new EmbeddingSpace(space!), score, context.Parsed.GetValue(_measure)) : null;
    }

    private static async Task<int> TextsAsync(VerbContext context, EmbeddingSimilarity metric, string response, string expected)
    {
        var result = await metric.EvaluateAsync(response, expected, context.Cancellation);
        context.Emit(new
        {
            space = result.Space.Id,
            measure = result.Measure,
            similarity = result.IsError ? (double?)null : result.Similarity,
            score = result.IsError ? (double?)null : result.Score,
            threshold = result.Threshold?.Value,
            result.Passed,
            result.ErrorKind,
            result.Error,
        });
        if (result.IsError)
        {
            throw new NearfarException(result.Error!);
        }

        context.Say(string.Create(CultureInfo.InvariantCulture, $"{result.Measure.ToString().ToLowerInvariant()} {result.Similarity:0.0000}, space {result.Space}"));
        if (result.Threshold is { } threshold)
        {
            context.Say(string.Create(CultureInfo.InvariantCulture, $"{(result.Passed is true ? "passed" : "failed")}: score {result.Score:0.0000}, threshold {threshold.Value:0.0000} ({threshold.Origin})"));
        }

        context.Next($"nearfar similarity ROWS.jsonl{context.WorkspaceFlag}, the margins of many rows");
        return 0;
    }

    private static async Task<int> RowsAsync(VerbContext context, EmbeddingSimilarity metric, string file)
    {
        string? path = context.Parsed.GetValue(CommonOptions.Workspace) ?? Workspace.Find(Directory.GetCurrentDirectory());
        var workspace = path is null ? null : await Workspace.OpenAsync(path, context.Cancellation);
        var options = new MarginTableOptions
        {
            Corpus = workspace?.Options.Data.Corpus is null ? null : workspace.Corpus,
            Rules = workspace is { Options.Cohorts.Count: > 0 } ? [.. workspace.Options.Cohorts.Where(c => c.Attribute != PageCohort.Attribute)] : null,
            AsOf = workspace?.Options.AsOf,
            Spaces = workspace?.Options.Spaces ?? new MarginTableOptions().Spaces,
        };
        var rows = PairFile.Read(file);
        var table = await context.WithProgress("similarity", _ => MarginTable.EvaluateAsync(metric, rows, options, context.Cancellation));
        Show(context, table);
        var failed = table.Rows.Where(r => r.Error is not null).ToArray();
        foreach (var row in failed.Take(10))
        {
            context.Note($"  {row.Id}: {row.Error}");
        }

        if (failed.Length > 0)
        {
            throw new NearfarException(file, 0, $"{failed.Length} of {table.Rows.Count} questions have no margin since they failed; the table above is of the others.");
        }

        if (table.Rows.All(r => r.MarginHard is null))
        {
            throw new NearfarException(file, 0, "no row has a hard negative (\"hard_negative_chunk\" or \"hard_negative_ids\"): there is no margin to show. nearfar mine finds some.");
        }

        context.Next($"nearfar eval{context.WorkspaceFlag}, what these margins do to retrieval");
        return 0;
    }

    private static void Show(VerbContext context, MarginTable table)
    {
        context.Emit(new { space = table.Space.Id, label = table.Space.Label, measure = table.Measure, lines = table.Lines, rows = table.Rows });
        context.Say($"{table.Rows.Count(r => r.MarginHard is not null)} of {table.Rows.Count} questions have a margin; all scored by {table.Space}, {table.Measure.ToString().ToLowerInvariant()}.");
        string[] names = [MetricNames.MarginMean, MetricNames.MarginHard, MetricNames.MarginBelowZero];
        context.Table(["rows of version", "cohort", "n", "pages", .. names, "no negative", "failed"], table.Lines.Select(l => (IReadOnlyList<string>)
        [
            l.Version ?? "(none named)",
            l.Attribute is null ? "all" : $"{l.Attribute}={l.Value}",
            Count(l.N),
            Count(l.Metrics.GetValueOrDefault(MetricNames.MarginMean)?.Clusters ?? 0),
            .. names.Select(n => Cell(l.Metrics.GetValueOrDefault(n))),
            Count(l.WithoutNegative),
            Count(l.Errors),
        ]), 2, 3, 4, 5, 6, 7, 8);
        if (table.Lines.Any(l => names.Any(n => l.Metrics.GetValueOrDefault(n)?.FewEvents == true)))
        {
            context.Say($"about: {IntervalText.LongEventMeaning}.");
        }
    }

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Cell(MetricSummary? metric) => metric is null ? "-"
        : metric.Low is null ? metric.Mean.ToString("0.000", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{metric.Mean:0.000} ({(metric.FewEvents ? "about " : "")}{metric.Low:0.000} to {metric.High:0.000})");
}
