using Nearfar.Training;
using Nearfar.Training.Optimization;
using Xunit;

namespace Nearfar.Tests.Training;

public class OptimizerRunTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => new("adamw", "adagrad", "sgd", "dense", "half", "clip");

    private static TrainingOptions Options(string name) => new()
    {
        Batch = 60,
        Epochs = 4,
        Threads = 1,
        EvaluationsPerEpoch = 2,
        CheckpointSteps = 1,
        Rate = name == "sgd" ? 30 : 0.05,
        Average = new AveragingOptions(0.5, null),
        Optimizer = name switch
        {
            "adamw" => new() { Kind = OptimizerKind.AdamW, WeightDecay = 0.1 },
            "adagrad" => new() { Kind = OptimizerKind.Adagrad, WeightDecay = 0.01 },
            "sgd" => new() { Kind = OptimizerKind.Sgd, WeightDecay = 0.001 },
            "dense" => new() { Dense = true },
            "half" => new() { State = StateFormat.BFloat16 },
            _ => new() { ClipNorm = 0.001 },
        },
    };

    private static async Task<byte[]> TrainAsync(string name, int threads, int? stopAt = null)
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var options = Options(name) with { Threads = threads };
        if (stopAt is { } step)
        {
            using var stop = new CancellationTokenSource();
            var watch = new StopAt(step, stop);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Trainer(options).TrainAsync(task.Set, task.Start, task, folder.Path, progress: watch, cancellationToken: stop.Token));
        }

        var result = await new Trainer(options).TrainAsync(task.Set, task.Start, task, folder.Path, resume: stopAt is not null, cancellationToken: Token);
        using var state = new MemoryStream();
        result.Encoder.Save(state);
        Assert.True(result.Best.Ndcg10 > 0.5, $"{name} learns nothing: {result.Best.Ndcg10}");
        return state.ToArray();
    }

    [Theory, MemberData(nameof(Names))]
    public async Task TrainAsync_ThreadsOrAResume_ChangeNoBit(string name)
    {
        byte[] one = await TrainAsync(name, 1);
        Assert.Equal(one, await TrainAsync(name, 3));
        Assert.Equal(one, await TrainAsync(name, 1, stopAt: 5));
    }

    [Fact]
    public void Problems_OfAnOptimizer_AreAllInOneMessage()
    {
        var e = Assert.Throws<ArgumentException>(() => new Trainer(new TrainingOptions { Optimizer = new() { Beta1 = 1, Epsilon = 0, WeightDecay = 0.1, ClipNorm = -1, RateFactor = 0 } }));
        Assert.All(new[] { "Beta1 is 1", "Epsilon is 0", "Choose adamw", "ClipNorm is -1", "RateFactor is 0" }, part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
        Assert.Contains("nothing would change", Assert.Throws<ArgumentException>(() => new Trainer(new TrainingOptions { Optimizer = new() { Kind = OptimizerKind.Sgd, Dense = true } })).Message, StringComparison.Ordinal);
    }

    private sealed class StopAt(long step, CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step)
            {
                stop.Cancel();
            }
        }
    }
}
