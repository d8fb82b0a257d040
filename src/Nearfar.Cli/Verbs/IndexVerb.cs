using System.CommandLine;
using Nearfar.Search;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar index</c>: vectors to a search index folder.</summary>
internal sealed class IndexVerb : Verb
{
    private const int RecallQueries = 200;
    private const int RecallDepth = 10;

    private readonly Argument<string> _vectors = new("vectors") { Description = "What nearfar embed wrote." };
    private readonly Option<string> _out = new("--out") { Description = "Index folder.", Required = true, HelpName = "FOLDER" };
    private readonly Option<string> _kind = new("--kind") { Description = "flat (exact), int8 or binary (codes choose, float32 orders), or auto: by size.", DefaultValueFactory = _ => "auto", HelpName = "KIND" };

    public override string Name => "index";

    public override string Description => "Builds a search index. Example: nearfar index corpus.safetensors --out index";

    protected override void Declare(Command command)
    {
        _kind.AcceptOnlyFromAmong("auto", "flat", "int8", "binary");
        command.Add(_vectors);
        command.Add(_out);
        command.Add(_kind);
    }

    protected override Task<int> RunAsync(VerbContext context)
    {
        string folder = context.Parsed.GetRequiredValue(_out);
        var vectors = VectorSet.Load(context.Parsed.GetRequiredValue(_vectors));
        string name = context.Parsed.GetRequiredValue(_kind);
        var (kind, reason) = name == "auto" ? IndexFolder.Choose(vectors.Rows.Count, vectors.Rows.Dimensions) : (Enum.Parse<IndexKind>(name, ignoreCase: true), "as asked.");
        using var index = IndexFolder.Build(vectors, kind);
        index.Save(folder);
        double? recall = Recall(index, context);
        string chosen = kind.ToString().ToLowerInvariant();
        context.Emit(new { index = folder, kind = chosen, reason, count = index.Count, space = vectors.Space.Id, recall_at_10 = recall });
        context.Say($"Index of {index.Count} vectors in {folder}, space {vectors.Space}.");
        context.Say($"Kind {chosen}: {reason}");
        if (recall is { } share)
        {
            context.Say(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Finds {share:0.0000} of what exact search finds (recall@10 over {RecallQueries} of its own vectors)."));
        }

        context.Next($"nearfar search \"how do refunds work\" --index {folder}");
        return Task.FromResult(0);
    }

    // Some of its own vectors as queries; null where search is exact or nothing has a vector.
    private static double? Recall(IVectorIndex index, VerbContext context)
    {
        var rows = index.Vectors.Rows;
        if (index.Kind == IndexKind.Flat || !rows.Data.Span.ContainsAnyExcept(0f))
        {
            return null;
        }

        var random = SeededRandom.For(context.Seed ?? 1, 0, "index recall");
        var queries = Rows.Allocate<float>(Math.Min(RecallQueries, rows.Count), rows.Dimensions);
        for (int q = 0; q < queries.Count; q++)
        {
            var row = rows[random.Below(rows.Count)];
            while (!row.ContainsAnyExcept(0f))
            {
                row = rows[random.Below(rows.Count)];
            }

            row.CopyTo(queries[q]);
        }

        using var exact = new FlatIndex(index.Vectors);
        return IndexRecall.Of(index, exact, queries, RecallDepth, context.Cancellation);
    }
}
