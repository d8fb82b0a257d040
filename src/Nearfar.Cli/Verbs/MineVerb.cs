using System.CommandLine;
using System.Globalization;
using Nearfar.Cli.Reviewing;
using Nearfar.Data;
using Nearfar.Data.Providers;
using Nearfar.Encoding;
using Nearfar.Mining;
using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar mine</c>: hard negatives with provenance; why a question got those; and the review of what was left.</summary>
internal sealed class MineVerb : Verb
{
    private const int ShownRules = 12;
    private readonly Argument<string[]> _what = new("what") { Description = "Folder or file of the workspace; default: the current folder or a parent. Or: review FILE, to decide on likely false negatives, one key a row.", Arity = new ArgumentArity(0, 2) };
    private readonly Option<string?> _model = ModelFinder.Option();
    private readonly Option<bool> _fromFailures = new("--from-failures") { Description = "Mine from traffic questions that the model fails, beside the training queries." };
    private readonly Option<string?> _out = new("--out") { Description = "Mined pairs; default: mined/MODEL.jsonl under the output folder, where loop reads them.", HelpName = "FILE" };
    private readonly Option<string?> _reviewOut = new("--review-out") { Description = "Likely false negatives; default: review/MODEL.jsonl under the output folder. Decisions in it are kept.", HelpName = "FILE" };
    private readonly Option<string?> _explain = new("--explain") { Description = "Show the candidates of one question (id or text), with the rule that took or left each; nothing is written.", HelpName = "QUERY" };
    private readonly Option<string?> _reviewer = new("--reviewer") { Description = "review: who decides; default: the name you are logged in by.", HelpName = "NAME" };
    private readonly MiningFlags _flags = new();

    public override string Name => "mine";

    public override string Description => "Finds documents that are near and wrong for training queries and failed traffic. Example: nearfar mine samples/helpdesk --model 001 --from-failures; nearfar mine review out/review/001.jsonl; nearfar mine --model 001 --apply out/review/001.jsonl";

    protected override void Declare(Command command)
    {
        command.Add(_what);
        foreach (Option option in new Option[] { _model, _fromFailures, _out, _reviewOut, _explain, _reviewer })
        {
            command.Add(option);
        }

        _flags.Declare(command);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string[] what = context.Parsed.GetValue(_what) ?? [];
        if (what is ["review", ..])
        {
            return Review(context, what);
        }

        if (what.Length > 1 || context.Parsed.GetValue(_reviewer) is not null)
        {
            throw new NearfarException($"{(what.Length > 1 ? $"\"{what[1]}\" is one argument too many" : "--reviewer belongs to review")}. Wanted: nearfar mine [WORKSPACE], or nearfar mine review FILE.");
        }

        var workspace = await context.OpenWorkspaceAsync(what.FirstOrDefault());
        var settings = _flags.Over(context.Parsed, workspace);
        var encoder = await ModelFinder.LoadAsync(context, context.Parsed.GetValue(_model), workspace);
        try
        {
            using var cached = settings.Cache && encoder is not ProviderEncoder ? CachedEncoder.Open(encoder, Path.Combine(workspace.Output, "cache")) : null;       // a provider's has a cache of its own
            return await MineAsync(context, workspace, settings, cached ?? encoder);
        }
        finally
        {
            ModelFinder.Close(context, encoder);
        }
    }

    private async Task<int> MineAsync(VerbContext context, Workspace workspace, MiningSettings settings, IEncoder encoder)
    {
        HeldOutSeal[] seals =
        [
            .. workspace.Options.Data.Gate is null ? Array.Empty<HeldOutSeal>() : [workspace.Gate.Seal],
            .. workspace.Options.Data.Dev is null ? Array.Empty<HeldOutSeal>() : [workspace.Dev.Seal],
        ];
        var dev = workspace.Options.Data.Dev is null ? null : workspace.Dev;
        var miner = await HardNegativeMiner.OpenAsync(workspace.Train.Corpus, encoder, workspace.MiningOptions(context.Seed, settings), dev, seals, context.Clock, context.Cancellation);
        if (context.Parsed.GetValue(_explain) is { } question)
        {
            return Explain(context, await context.WithProgress("explain", _ => miner.ExplainAsync(workspace.Train, question, context.Cancellation)));
        }

        string name = encoder.Space.Label ?? encoder.Space.Id;
        string file = name.Replace('/', '-') + ".jsonl";
        string path = context.Parsed.GetValue(_out) ?? Path.Combine(workspace.Output, "mined", file);
        string reviewPath = context.Parsed.GetValue(_reviewOut) ?? Path.Combine(workspace.Output, "review", file);
        var earlier = File.Exists(reviewPath) ? ReviewFile.Read(reviewPath) : [];          // before the work: a bad file is told at once
        var results = await context.WithProgress("mine", async say =>
        {
            var list = new List<MiningResult>();
            if (context.Parsed.GetValue(_fromFailures))
            {
                say("failed traffic");
                list.Add(await miner.MineFailuresAsync(workspace.Traffic, workspace.FailsAt(), name, context.Cancellation));
            }

            say("training queries");
            list.Add(await miner.MineAsync(workspace.Train, name, context.Cancellation));
            return list;
        });
        PairFile.Write(path, [.. results.SelectMany(r => r.Pairs)]);
        var review = ReviewFile.Merge(earlier, [.. results.SelectMany(r => r.Review).DistinctBy(r => r.Id, StringComparer.Ordinal)]);
        if (review.Count > 0)
        {
            ReviewFile.Write(reviewPath, review);
        }

        Tell(context, results, path, review.Count > 0 ? reviewPath : null, review.Count(r => r.Decision is null));
        return 0;
    }

    private static void Tell(VerbContext context, List<MiningResult> results, string path, string? review, int open)
    {
        var refused = results.SelectMany(r => r.Refused).GroupBy(r => r.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(r => r.Value));
        int pairs = results.Sum(r => r.Pairs.Count), negatives = results.Sum(r => r.Negatives);
        context.Emit(new { mined = path, pairs, negatives, refused, review, to_review = open });
        context.Say($"{pairs} pairs with {negatives} hard negatives in {path}.");
        foreach (var (rule, count) in refused.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal).Take(ShownRules))
        {
            context.Say($"  {count} left: {rule}");
        }

        if (open > 0)
        {
            context.Say($"{open} of them may answer their question after all: nearfar mine review {review}{context.WorkspaceFlag}");
        }

        context.Next($"nearfar train --name mined --mined {path}{context.WorkspaceFlag}");
    }

    private static int Explain(VerbContext context, MiningExplanation explanation)
    {
        context.Emit(explanation);
        context.Say(explanation.Query);
        context.Say(explanation.PositiveIds.Count == 0 ? "No right page is known: rules that compare with it did not run."
            : $"Answered by {string.Join(", ", explanation.PositiveIds)}; similarity {Number(explanation.Positive)}, background {Number(explanation.Background)}; {explanation.Wanted} negatives wanted.");
        if (explanation.Trouble is { } trouble)
        {
            context.Say($"Nothing is mined for it: {trouble}.");
        }

        string[] rankers = [.. explanation.Candidates.SelectMany(c => c.Places).Select(p => p.Ranker).Distinct(StringComparer.Ordinal)];
        context.Table(["rank", "similarity", .. rankers, "document", "verdict"], explanation.Candidates.Select(c => (IReadOnlyList<string>)
        [
            c.Rank?.ToString(CultureInfo.InvariantCulture) ?? "",
            Number(c.Similarity),
            .. rankers.Select(r => c.Places.FirstOrDefault(p => p.Ranker == r) is { } place ? place.Rank.ToString(CultureInfo.InvariantCulture) : ""),
            c.DocumentId,
            c.Refusal is null ? "taken" : "left: " + c.Refusal,
        ]), [.. Enumerable.Range(0, 2 + rankers.Length)]);
        context.Next($"nearfar mine{context.WorkspaceFlag}");
        return 0;
    }

    private int Review(VerbContext context, string[] what)
    {
        if (what.Length != 2)
        {
            throw new NearfarException("review wants the file to decide on, such as: nearfar mine review out/review/001.jsonl");
        }

        if (!ConsoleReviewTerminal.IsThere)
        {
            throw new NearfarException($"review reads keys from a terminal, and there is none here. Edit {what[1]} instead: set \"decision\" to \"accept\", \"reject\" or \"promote\" and \"reviewer\" to your name, then nearfar mine --apply {what[1]}{context.WorkspaceFlag}");
        }

        var session = new ReviewSession(what[1], context.Parsed.GetValue(_reviewer) ?? Environment.UserName, context.Clock, new ConsoleReviewTerminal());
        session.Run(context.Cancellation);
        context.Emit(new { review = what[1], rows = session.Count, decided = session.Decided });
        context.Say();
        context.Say($"{session.Decided} of {session.Count} rows decided in {what[1]}.");
        context.Next($"nearfar mine --apply {what[1]}{context.WorkspaceFlag}");
        return 0;
    }

    private static string Number(double? value) => value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "unknown";
}
