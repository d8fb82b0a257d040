using System.CommandLine;
using Nearfar.Data;
using Nearfar.Mining;
using Nearfar.Pairs;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar mine</c>: hard negatives with provenance.</summary>
internal sealed class MineVerb : Verb
{
    private readonly Argument<string?> _workspace = CommonOptions.Folder();
    private readonly Option<string?> _model = ModelFinder.Option();
    private readonly Option<bool> _fromFailures = new("--from-failures") { Description = "Mine from traffic questions that the model fails, beside the training queries." };
    private readonly Option<string?> _out = new("--out") { Description = "Mined pairs; default: mined/MODEL.jsonl under the output folder, where loop reads them.", HelpName = "FILE" };

    public override string Name => "mine";

    public override string Description => "Finds documents that are near and wrong for training queries and failed traffic. Example: nearfar mine samples/helpdesk --model 001 --from-failures";

    protected override void Declare(Command command)
    {
        command.Add(_workspace);
        command.Add(_model);
        command.Add(_fromFailures);
        command.Add(_out);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync(context.Parsed.GetValue(_workspace));
        var encoder = await ModelFinder.LoadAsync(context, context.Parsed.GetValue(_model), workspace);
        string name = encoder.Space.Label ?? encoder.Space.Id;
        string path = context.Parsed.GetValue(_out) ?? Path.Combine(workspace.Output, "mined", name.Replace('/', '-') + ".jsonl");
        HeldOutSeal[] seals =
        [
            .. workspace.Options.Data.Gate is null ? Array.Empty<HeldOutSeal>() : [workspace.Gate.Seal],
            .. workspace.Options.Data.Dev is null ? Array.Empty<HeldOutSeal>() : [workspace.Dev.Seal],
        ];
        var miner = new HardNegativeMiner(workspace.Train.Corpus, encoder, workspace.MiningOptions(context.Seed), seals, context.Clock);
        var results = await context.WithProgress("mine", async say =>
        {
            using var held = encoder as IDisposable;
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
        var refused = results.SelectMany(r => r.Refused).GroupBy(r => r.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(r => r.Value));
        context.Emit(new { mined = path, pairs = results.Sum(r => r.Pairs.Count), negatives = results.Sum(r => r.Negatives), refused });
        context.Say($"{results.Sum(r => r.Pairs.Count)} pairs with {results.Sum(r => r.Negatives)} hard negatives in {path}.");
        foreach (var (rule, count) in refused.OrderByDescending(r => r.Value))
        {
            context.Say($"  {count} left: {rule}");
        }

        context.Next($"nearfar train --name mined --mined {path}");
        return 0;
    }
}
