using System.CommandLine;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar train</c>: one run in a folder of its own.</summary>
internal sealed class TrainVerb : Verb
{
    private readonly Argument<string?> _workspace = CommonOptions.Folder();
    private readonly Option<string?> _name = new("--name") { Description = "Folder name under runs/; default: train.", HelpName = "NAME" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on from the folder's checkpoint." };
    private readonly Option<string[]> _mined = new("--mined") { Description = "Files of mined pairs to train on too.", HelpName = "FILE", AllowMultipleArgumentsPerToken = true };

    public override string Name => "train";

    public override string Description => "Trains an encoder; the step is chosen by quality on dev. Options stand in nearfar.yaml, section train: "
        + "loss, batch, epochs, rate, optimizer, warmup, schedule, patience, average, hard_negatives, mining, other_positives, max_tokens, min_batch_share, batches, balance, labels, mix, guide, evaluations, stream, seed. "
        + "Writes runs/NAME/ with model/, history.jsonl and the page run.html. Example: nearfar train samples/helpdesk --name v1";

    protected override void Declare(Command command)
    {
        command.Add(_workspace);
        command.Add(_name);
        command.Add(_resume);
        command.Add(_mined);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenTrainableWorkspaceAsync(context.Parsed.GetValue(_workspace));
        string name = context.Parsed.GetValue(_name) ?? "train";
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\\'))
        {
            throw new NearfarException($"--name is \"{name}\"; wanted the name of a folder, such as v1.");
        }

        string folder = Path.Combine(workspace.Output, "runs", name);
        if (!context.Parsed.GetValue(_resume) && (File.Exists(Path.Combine(folder, "history.jsonl")) || Directory.Exists(Path.Combine(folder, "candidates"))))
        {
            throw new NearfarException($"Run folder {folder} holds a run already. Resume it (--resume), delete it, or name another (--name).");
        }

        string[] mined = context.Parsed.GetValue(_mined) ?? [];
        if (workspace.Streams)
        {
            return await StreamAsync(context, workspace, folder, mined);
        }

        var set = workspace.Train;
        var files = new List<MinedFile>();
        foreach (string file in mined)
        {
            var pairs = PairFile.Read(file).Rows;
            set = MinedPairs.Merge(set, pairs);
            files.Add(MinedFile.Of(file, Path.GetRelativePath(workspace.Output, file).Replace('\\', '/'), pairs));
        }

        var run = new TrainingRun(workspace.StartOptions(context.Seed), workspace.TrainingOptions(context.Seed), context.Clock)
        {
            Guide = workspace.Guide(),
            Negatives = workspace.IteratedMining(context.Seed),
            Recipes = workspace.Recipes(context.Seed),
        };
        using var frozen = await workspace.OpenBaseAsync(context.Clock, null, context.Cancellation);
        var model = await context.WithProgress("train", async say =>
        {
            say("start encoder");
            IEncoder start = frozen is not null ? frozen : workspace.CreateStart(context.Seed);
            return await run.RunAsync(set, workspace.Dev, start, folder, files, new RunPage(folder, context.Clock, new TrainingWarnings(context, new TrainingLine(say))), context.Cancellation);
        });
        ModelFinder.Close(context, frozen);

        return Tell(context, folder, model);
    }

    private static async Task<int> StreamAsync(VerbContext context, Workspace workspace, string folder, string[] mined)
    {
        if (mined.Length > 0)
        {
            throw new NearfarException(workspace.Path, 0, "train.stream reads data.train alone. Join the mined pairs to its file, or remove stream.");
        }

        var options = workspace.TrainingOptions(context.Seed);
        var run = new TrainingRun(workspace.StartOptions(context.Seed), options, context.Clock);
        var stream = workspace.OpenStream();
        var model = await context.WithProgress("train", async say =>
        {
            say("start encoder");
            var start = workspace.CreateStart(context.Seed);
            say("pairs to tokens");
            return await run.RunAsync(stream, workspace.Dev, start, folder, new RunPage(folder, context.Clock, new TrainingWarnings(context, new TrainingLine(say))), context.Cancellation);
        });
        return Tell(context, folder, model);
    }

    private static int Tell(VerbContext context, string folder, TrainedModel model)
    {
        var record = model.Record;
        string page = RunPage.Write(folder);
        context.Emit(record);
        context.Say($"{model.Folder}: space {record.Space}, {record.Rows} rows of {record.Pairs} pairs, kept step {record.Step} of {record.Steps} by dev "
            + string.Join(", ", record.Metrics.Select(m => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{m.Key.Replace("dev.", "", StringComparison.Ordinal)} {m.Value:0.000}"))) + ".");
        foreach (var candidate in record.Candidates ?? [])
        {
            context.Say(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(candidate.Name == record.Recipe ? "kept" : "    ")} {candidate.Name}: dev nDCG@10 {candidate.Metrics["dev.ndcg@10"]:0.000} at step {candidate.Step} of {candidate.Steps}"));
        }

        SayIfStart(context, record);
        if (record.LeftOut.Count > 0)
        {
            context.Say($"{record.LeftOut.Count} pairs were left out: no known token in a text ({string.Join(", ", record.LeftOut.Take(5))}…).");
        }

        context.Say($"Run page: {page}");
        context.Next($"nearfar eval --model {Path.GetFileName(folder)}{context.WorkspaceFlag}");
        return 0;
    }

    /// <summary>Says it where training came to nothing: the model is its start.</summary>
    internal static void SayIfStart(VerbContext context, RunRecord record)
    {
        if (record is { Step: 0, Steps: > 0 })
        {
            context.Say("No step was better on dev than the start, so this model is its start, untrained. What may help: more pairs, a lower train.rate, train.preset: best, or a start model (encoder.from).");
        }
    }
}
