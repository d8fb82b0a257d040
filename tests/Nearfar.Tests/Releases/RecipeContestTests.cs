using Nearfar.Releases;
using Nearfar.Tests.Pairs;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Releases;

public class RecipeContestTests
{
    private static readonly LoopData s_data = TinyShop.Data();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static TrainingRun Run(int threads = 2)
    {
        var options = TinyShop.Options("");
        var training = options.Training with { Epochs = 3, Threads = threads };
        return new TrainingRun(options.Start, training, TimeProvider.System)
        {
            Recipes =
            [
                new("slow", options.Start, training with { Rate = 1e-6 }),
                new("good", options.Start, training),
                new("flat", options.Start with { IdfPower = 0, Dimensions = 8 }, training with { Rate = 1e-6 }),
            ],
        };
    }

    private static async Task<TrainedModel> TrainAsync(TrainingRun run, string folder, IProgress<TrainingProgress>? progress = null, CancellationToken? token = null) =>
        await run.RunAsync(s_data.Train, s_data.Dev, StartEncoder.Create(TinyShop.Options("").Start, s_data.Train), folder, [], progress, token ?? Token);

    [Fact]
    public async Task RunAsync_SeveralRecipes_KeepsWhatDevPrefersAndTellsTheLosers()
    {
        using var folder = new Folder();
        var told = new List<string?>();
        var model = await TrainAsync(Run(), folder["runs/v1"], new Progress(p => told.Add(p.Recipe)));
        Assert.Equal(["slow", "good", "flat"], model.Record.Candidates!.Select(c => c.Name));
        Assert.Equal("good", model.Record.Recipe);
        Assert.Equal(model.Record.Candidates!.Max(c => c.Metrics["dev.ndcg@10"]), model.Record.Metrics["dev.ndcg@10"]);
        Assert.Equal(("v1", model.Encoder.Space.Id), (model.Record.Name, model.Record.Space));
        Assert.Equal(["slow, 1 of 3", "good, 2 of 3", "flat, 3 of 3"], told.Distinct());
        var read = TrainedModel.Load(folder["runs/v1"]);
        Assert.Equal(model.Encoder.Space, read.Encoder.Space);
        Assert.Equal(3, read.Record.Candidates!.Count);
        Assert.Contains("\"ndcg@10\"", File.ReadAllText(folder["runs/v1/history.jsonl"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["runs/v1/candidates"]));
    }

    [Fact]
    public async Task RunAsync_CancelledInTheSecondRecipe_GoesOnAndEndsWithTheSameBytes()
    {
        using var folder = new Folder();
        await TrainAsync(Run(1), folder["a/v1"]);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TrainAsync(Run(), folder["b/v1"], new Progress(p =>
        {
            if (p is { Recipe: "good, 2 of 3", Step: 2 })
            {
                stop.Cancel();
            }
        }), stop.Token));
        Assert.True(File.Exists(folder["b/v1/candidates/slow/run.json"]));
        var begun = new List<(string?, long)>();
        await TrainAsync(Run(), folder["b/v1"], new Progress(p => begun.Add((p.Recipe, p.Step))));
        Assert.Equal(("good, 2 of 3", 2), begun[0]);
        foreach (string name in new[] { "run.json", "history.jsonl", "model/nearfar.json", "model/0_StaticEmbedding/model.safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(folder["a/v1/" + name]), File.ReadAllBytes(folder["b/v1/" + name]));
        }
    }

    [Fact]
    public async Task RunAsync_FinishedContest_IsReadBackAndOtherRecipesAreRefused()
    {
        using var folder = new Folder();
        var first = await TrainAsync(Run(), folder["v1"]);
        var again = await TrainAsync(Run(), folder["v1"], new Progress(_ => Assert.Fail("trained again")));
        Assert.Equal(first.Record.Space, again.Record.Space);
        var other = Run();
        var fewer = new TrainingRun(TinyShop.Options("").Start, TinyShop.Options("").Training with { Epochs = 3, Threads = 2 }, TimeProvider.System) { Recipes = [.. other.Recipes.Take(2)] };
        Assert.Contains("other options", (await Assert.ThrowsAsync<NearfarException>(() => TrainAsync(fewer, folder["v1"]))).Message, StringComparison.Ordinal);
    }

    private sealed class Progress(Action<TrainingProgress> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told(value);
    }
}
