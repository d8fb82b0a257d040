using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar cut</c>: a smaller model out of a finished one, and what that costs on dev.</summary>
internal sealed class CutVerb : Verb
{
    private readonly Argument<string> _model = new("model") { Description = "Model folder, run name (such as 001), or current." };
    private readonly Option<int?> _dimensions = new("--dimensions") { Description = "Keep the first D values of every vector, normalised again.", HelpName = "D" };
    private readonly Option<string?> _quantize = new("--quantize") { Description = "int8 (a byte a value; ranges from the corpus) or binary (a bit a value).", HelpName = "KIND" };
    private readonly Option<bool> _portable = new("--portable") { Description = "Refuse what sentence-transformers could not load as it is meant." };
    private readonly Option<string> _out = new("--out") { Description = "The new model folder; empty or absent.", Required = true, HelpName = "DIR" };

    public override string Name => "cut";

    public override string Description => "Makes a smaller model: fewer dimensions, int8 or binary vectors. Example: nearfar cut 001 --dimensions 64 --quantize int8 --out out/small";

    protected override void Declare(Command command)
    {
        _quantize.AcceptOnlyFromAmong("int8", "binary");
        command.Add(_model);
        command.Add(_dimensions);
        command.Add(_quantize);
        command.Add(_portable);
        command.Add(_out);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string name = context.Parsed.GetRequiredValue(_model), folder = context.Parsed.GetRequiredValue(_out);
        ThrowUnlessAsked(context, folder);
        var workspace = await context.OpenWorkspaceAsync();
        var source = await ModelFinder.LoadAsync(context, name, workspace) as StaticEncoder
            ?? throw new NearfarException($"\"{name}\" is a provider's model: its weights are not here and cannot be cut. Name a model of your own.");
        var (cut, before, after) = await context.WithProgress("cut", async say =>
        {
            var smaller = await MakeAsync(context, workspace, source);
            say("the model as it was");
            var first = await new Evaluator().EvaluateAsync(source, workspace.Dev, context.Cancellation);
            say("the model cut");
            return (smaller, first, await new Evaluator().EvaluateAsync(smaller, workspace.Dev, context.Cancellation));
        });
        var comparison = new ReportComparison(before, after);
        StaticModelFolder.Save(folder, cut, Manifest(context, source, cut, comparison), Card(workspace, source, cut, comparison));
        int bits = BitsOf(cut);
        context.Emit(new
        {
            model = folder,
            space = cut.Space.Id,
            parent = source.Space.Id,
            dimensions = cut.Dimensions,
            quantization = cut.Options.Quantization?.Kind,
            bits_a_vector = bits,
            before = before.Metrics.ToDictionary(m => m.Key, m => m.Value.Mean),
            after = after.Metrics.ToDictionary(m => m.Key, m => m.Value.Mean),
        });
        context.Say($"{comparison.FirstLine}.");
        context.Table(["dev", "as it was", "cut", "difference"], Measures(comparison).Select(m => (IReadOnlyList<string>)[m.Name, Number(m.Change.Before), Number(m.Change.After), Difference(m.Change)]), 1, 2, 3);
        if (Measures(comparison).Any(m => m.Change.FewChanges))
        {
            context.Say($"about: {IntervalText.LongMeaning}.");
        }

        context.Say(string.Create(CultureInfo.InvariantCulture, $"A vector: {source.Dimensions * 32 / 8} bytes, now {(bits + 7) / 8}. Model {folder}, space {cut.Space}: index the documents again with it."));
        context.Next($"nearfar embed --model {folder} --out vectors.safetensors");
        return 0;
    }

    // All problems of the command line in one message, before any work.
    private void ThrowUnlessAsked(VerbContext context, string folder)
    {
        int? dimensions = context.Parsed.GetValue(_dimensions);
        string? quantize = context.Parsed.GetValue(_quantize);
        string?[] problems =
        [
            dimensions is null && quantize is null ? "Nothing to do: give --dimensions D, --quantize int8 or binary, or both." : null,
            dimensions < 1 ? $"--dimensions is {dimensions}; wanted at least 1." : null,
            quantize is not null && context.Parsed.GetValue(_portable) ? "--portable: the sentence-transformers layout cannot say that vectors are quantised. Cut by --dimensions alone, or leave --portable out." : null,
            Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() ? $"--out {folder} is not empty. Name another folder." : null,
        ];
        if (problems.OfType<string>().ToArray() is { Length: > 0 } found)
        {
            throw new NearfarException(string.Join(" ", found));
        }
    }

    private async Task<StaticEncoder> MakeAsync(VerbContext context, Workspace workspace, StaticEncoder source)
    {
        if (context.Parsed.GetValue(_portable) && !source.IsPortable)
        {
            throw new NearfarException($"--portable: the model of space {source.Space} counts its tokens as the sentence-transformers layout cannot say (grams, term_frequency or lead). Cut another model, or leave --portable out.");
        }

        var cut = source;
        if (context.Parsed.GetValue(_dimensions) is { } dimensions)
        {
            if (dimensions > source.Dimensions)
            {
                throw new NearfarException($"--dimensions is {dimensions}; the model has {source.Dimensions}.");
            }

            cut = ModelCut.Cut(cut, dimensions);
        }

        if (context.Parsed.GetValue(_quantize) is { } quantize)
        {
            var documents = workspace.Corpus.Documents;
            if (quantize == "int8" && documents.Count < 100)
            {
                context.Note($"Ranges from {documents.Count} documents are rough; 100 or more are wanted.");
            }

            cut = await ModelCut.QuantizeAsync(cut, quantize == "int8" ? QuantizationKind.Int8 : QuantizationKind.Binary, [.. documents.Select(d => d.Content)], context.Cancellation);
        }

        string label = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(context.Parsed.GetRequiredValue(_out))));
        return cut.With(cut.Options with { Label = label });
    }

    private ModelManifest Manifest(VerbContext context, StaticEncoder source, StaticEncoder cut, ReportComparison comparison)
    {
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["cut.dimensions"] = cut.Dimensions.ToString(CultureInfo.InvariantCulture) };
        if (context.Parsed.GetValue(_quantize) is { } quantize)
        {
            options["cut.quantize"] = quantize;
        }

        if (cut.Temperature is { } temperature)
        {
            options["options.temperature"] = temperature.ToString(CultureInfo.InvariantCulture);
        }

        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, change) in Measures(comparison))
        {
            metrics[$"dev.{name}"] = change.After;
            metrics[$"dev.{name}.before"] = change.Before;
        }

        return new ModelManifest
        {
            Space = cut.Space.Id,
            Name = cut.Options.Label,
            Dimensions = cut.Dimensions,
            MaxTokens = cut.Options.MaxTokens,
            Options = options,
            Parent = source.Space.Id,
            DataHashes = new(StringComparer.Ordinal) { ["dev"] = comparison.After.SetHash },
            Metrics = metrics,
        };
    }

    private static string Card(Workspace workspace, StaticEncoder source, StaticEncoder cut, ReportComparison comparison)
    {
        var quantization = cut.Options.Quantization;
        return ModelCard.Render(new ModelCardInput
        {
            Name = cut.Options.Label ?? "cut",
            Dimensions = cut.Dimensions,
            MaxTokens = cut.Options.MaxTokens,
            Kind = quantization is null ? "static encoder (mean of token vectors)" : $"static encoder (mean of token vectors, quantised to {quantization.Kind.ToString().ToLowerInvariant()})",
            Report = comparison.After,
            Provenance = new ReportProvenance { Workspace = workspace.Options.Name, Parent = source.Space.ToString() },
            Limits =
            [
                .. Measures(comparison).Select(m => $"Against the model that it was cut from, on dev: {m.Name} {Number(m.Change.Before)}, now {Number(m.Change.After)}, a difference of {Difference(m.Change)}{(m.Change.FewChanges ? $": {IntervalText.Meaning}" : "")}."),
                .. quantization is null ? Array.Empty<string>() :
                    [$"Quantised to {quantization.Kind.ToString().ToLowerInvariant()} by nearfar.json, which sentence-transformers does not read: loaded there it gives float vectors of another space."],
            ],
        });
    }

    private static IEnumerable<(string Name, MetricChange Change)> Measures(ReportComparison comparison) =>
        new[] { MetricNames.Recall(5), MetricNames.Recall(10), "ndcg@10", MetricNames.MarginMean }.Where(comparison.Overall.ContainsKey).Select(name => (name, comparison.Overall[name]));

    private static int BitsOf(StaticEncoder encoder) => encoder.Dimensions * (encoder.Options.Quantization?.Kind switch { QuantizationKind.Int8 => 8, QuantizationKind.Binary => 1, _ => 32 });

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Difference(MetricChange change) => change.Low is null
        ? change.Difference.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{change.Difference:+0.000;-0.000;0.000} ({(change.FewChanges ? "about " : "")}{change.Low:+0.000;-0.000;0.000} to {change.High:+0.000;-0.000;0.000})");
}
