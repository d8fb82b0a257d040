using System.CommandLine;
using System.Globalization;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Nearfar.Vectors;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar slices</c>: bad groups of questions that nobody named.</summary>
internal sealed class SlicesVerb : Verb
{
    private readonly Argument<string[]> _reports = new("reports") { Description = "Run name or report.json of a model; or of the reference, then of the candidate: slices that fell.", Arity = new ArgumentArity(1, 2) };
    private readonly Option<string?> _metric = new("--metric") { Description = "Measure, higher is better; default: margin_hard, of two reports z_margin_hard.", HelpName = "NAME" };
    private readonly Option<string?> _within = new("--within") { Description = "Attribute whose known differences are set aside.", HelpName = "ATTRIBUTE" };
    private readonly Option<int> _depth = new("--depth") { Description = "Most conditions of a slice, 1 to 3.", DefaultValueFactory = _ => 2, HelpName = "N" };
    private readonly Option<int> _permutations = new("--permutations") { Description = "Resamples, 99 to 99,999.", DefaultValueFactory = _ => 999, HelpName = "B" };
    private readonly Option<int> _least = new("--least") { Description = "Least questions of a slice.", DefaultValueFactory = _ => 10, HelpName = "N" };
    private readonly Option<bool> _noWords = new("--no-words") { Description = "Only cohort attributes, no words of the questions." };
    private readonly Option<string?> _model = new("--model") { Description = "Model folder, run name or current: groups of questions that it sees alike become an attribute.", HelpName = "MODEL" };
    private readonly Option<int> _groups = new("--groups") { Description = "How many groups, with --model.", DefaultValueFactory = _ => 20, HelpName = "K" };
    private readonly Option<string?> _earlier = new("--earlier") { Description = "slices.json of an earlier version of the set: its slices are tested again on the new questions.", HelpName = "FILE" };
    private readonly Option<string?> _out = new("--out") { Description = "Write the findings, for --earlier and the report.", HelpName = "FILE" };

    public override string Name => "slices";

    public override string Description => "Finds groups of questions nobody named that fare worse than chance allows. Example: nearfar slices report.json --out slices.json";

    protected override void Declare(Command command)
    {
        command.Add(_reports);
        foreach (var option in new Option[] { _metric, _within, _depth, _permutations, _least, _noWords, _model, _groups, _earlier, _out })
        {
            command.Add(option);
        }
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var finder = Finder(context);
        string[] names = context.Parsed.GetRequiredValue(_reports);
        var workspace = names.All(File.Exists) ? null : await context.OpenWorkspaceAsync();
        var reports = names.Select(n => EvalReportJson.Load(ReportVerb.PathOf(n, workspace))).ToArray();
        var input = new SliceInput
        {
            Report = reports[^1],
            Before = reports.Length == 2 ? reports[0] : null,
            QueryVectors = context.Parsed.GetValue(_model) is { } model ? await VectorsAsync(context, model, reports[^1]) : null,
            Earlier = context.Parsed.GetValue(_earlier) is { } earlier ? SliceFindingsJson.Load(earlier) : null,
        };
        var findings = finder.Find(input);
        if (context.Parsed.GetValue(_out) is { } path)
        {
            SliceFindingsJson.Save(path, findings);
        }

        Emit(context, findings);
        Show(context, findings, reports[^1].Queries.ToDictionary(q => q.Id, q => q.Query, StringComparer.Ordinal));
        context.Next(findings.Slices.Count > 0 ? $"nearfar mine{context.WorkspaceFlag}, after a look at the examples: hard negatives for what fails" : $"nearfar gate {(File.Exists(names[^1]) ? "RUN" : names[^1])}{context.WorkspaceFlag}, to decide by the policy");
        return 0;
    }

    private SliceFinder Finder(VerbContext context)
    {
        try
        {
            return new SliceFinder(new SliceOptions
            {
                Metric = context.Parsed.GetValue(_metric),
                Within = context.Parsed.GetValue(_within),
                Depth = context.Parsed.GetValue(_depth),
                Permutations = context.Parsed.GetValue(_permutations),
                LeastQuestions = context.Parsed.GetValue(_least),
                Groups = context.Parsed.GetValue(_groups),
                Words = !context.Parsed.GetValue(_noWords),
                Seed = context.Seed ?? 1,
            });
        }
        catch (ArgumentException e)
        {
            throw new NearfarException(e.Message, e);
        }
    }

    private static async Task<VectorSet> VectorsAsync(VerbContext context, string model, EvalReport report)
    {
        var encoder = await ModelFinder.LoadAsync(context, model);
        var rows = Rows.Allocate<float>(report.Queries.Count, encoder.Dimensions);
        await encoder.EncodeAsync([.. report.Queries.Select(q => q.Query)], TextRole.Query, rows.Data, context.Cancellation);
        return new VectorSet(encoder.Space, [.. report.Queries.Select(q => q.Id)], rows);
    }

    private static void Emit(VerbContext context, SliceFindings findings) => context.Emit(new
    {
        findings.Label,
        findings.Before,
        findings.Metric,
        findings.Within,
        findings.SetHash,
        findings.N,
        findings.Clusters,
        findings.Missing,
        findings.Mean,
        findings.Tested,
        findings.Permutations,
        findings.Seed,
        findings.Alpha,
        findings.Detectable,
        slices = findings.Slices.Select(Row),
        retested = findings.Retested.Select(Row),
    });

    private static object Row(Slice slice) => new
    {
        slice.Name,
        conditions = slice.Conditions.ToDictionary(c => c.Attribute, c => c.Value),
        slice.N,
        slice.Clusters,
        slice.Mean,
        slice.Effect,
        slice.ShrunkenMean,
        slice.P,
        slice.AdjustedP,
        slice.Confirmed,
        slice.Examples,
    };

    private static void Show(VerbContext context, SliceFindings findings, Dictionary<string, string> texts)
    {
        context.Say(string.Create(CultureInfo.InvariantCulture, $"{findings.N} questions about {findings.Clusters} pages, {findings.Tested} slices: {findings.Slices.Count} worse than chance allows ({findings.Metric}{(findings.Before is null ? "" : $" of {findings.Label} less that of {findings.Before}")}, mean {Number(findings.Mean)})"));
        Table(context, findings.Slices);
        foreach (var slice in findings.Slices)
        {
            context.Say($"{slice.Name}:");
            foreach (string id in slice.Examples)
            {
                context.Say($"  {id}: {texts[id]}");
            }
        }

        if (findings.Retested.Count > 0)
        {
            context.Say("Earlier findings on new questions:");
            Table(context, findings.Retested);
        }

        if (findings.Detectable.Count > 0)
        {
            context.Say($"What would have been seen: {string.Join(", ", findings.Detectable.OrderBy(d => d.Key).Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Key} questions worse by {Number(d.Value)}")))}.");
        }
    }

    private static void Table(VerbContext context, IReadOnlyList<Slice> slices)
    {
        if (slices.Count > 0)
        {
            context.Table(["slice", "n", "pages", "mean", "effect", "expected of new ones", "adjusted p", ""], slices.Select(s => (IReadOnlyList<string>)
            [
                s.Name, s.N.ToString(CultureInfo.InvariantCulture), s.Clusters.ToString(CultureInfo.InvariantCulture), Number(s.Mean), Number(s.Effect),
                s.ShrunkenMean is { } mean ? Number(mean) : "-", s.AdjustedP.ToString("0.0000", CultureInfo.InvariantCulture), s.Confirmed ? "confirmed" : "advice",
            ]), 1, 2, 3, 4, 5, 6);
        }
    }

    private static string Number(double value) => value.ToString("0.000;-0.000", CultureInfo.InvariantCulture);
}
