using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

public class TrainerTests
{
    private static readonly TrainingOptions Options = new() { Batch = 16, Epochs = 4, Rate = 0.05, Threads = 1, CheckpointSteps = 3 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TrainAsync_SeparableTopics_LossFallsAndHeldOutQualityRises()
    {
        using var folder = new TemporaryFolder();
        var result = await new Trainer(Options).TrainAsync(new ToyTask().Set, new ToyTask().Start, new ToyTask(), folder.Path, cancellationToken: Token);
        var history = Lines(folder["history.jsonl"]);
        double[] losses = [.. history.Where(l => l.GetProperty("kind").GetString() == "step").Select(l => l.GetProperty("loss").GetDouble())];
        double[] quality = [.. history.Where(l => l.GetProperty("kind").GetString() == "evaluation").Select(l => l.GetProperty("ndcg@10").GetDouble())];
        Assert.Equal(result.Steps, losses.Length);
        Assert.Equal(Options.Epochs + 1, quality.Length);
        Assert.True(losses[^5..].Average() < 0.3 * losses[..5].Average(), $"{losses[0]} to {losses[^1]}");
        Assert.True(quality[0] < 0.5 && quality.Max() > 0.95, $"{quality[0]} to {quality.Max()}");
        Assert.Equal(quality.Max(), result.Best.Ndcg10);
        Assert.Equal((await new ToyTask().ScoreAsync(result.Encoder, Token)), result.Best);
        Assert.Equal(200, result.Rows);
    }

    [Fact]
    public async Task TrainAsync_OneTwoOrThreeThreads_EqualBytes()
    {
        string? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var folder = new TemporaryFolder();
            var task = new ToyTask(topics: 150, pairs: 600, dimensions: 40, hardNegatives: 3);      // more than one block of everything
            var result = await new Trainer(Options with { Threads = threads, Batch = 130 }).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
            string hash = HashOf(result.Encoder, folder);
            Assert.Equal(expected ??= hash, hash);
        }
    }

    [Fact]
    public async Task TrainAsync_OtherSeed_OtherBytes()
    {
        using var a = new TemporaryFolder();
        using var b = new TemporaryFolder();
        var task = new ToyTask();
        string one = HashOf((await new Trainer(Options).TrainAsync(task.Set, task.Start, task, a.Path, cancellationToken: Token)).Encoder, a);
        string two = HashOf((await new Trainer(Options with { Seed = 2 }).TrainAsync(task.Set, task.Start, task, b.Path, cancellationToken: Token)).Encoder, b);
        Assert.NotEqual(one, two);
    }

    [Fact]
    public async Task TrainAsync_CancelledAtAnyStepAndResumed_EndsBitEqual()
    {
        var task = new ToyTask(hardNegatives: 2);
        using var whole = new TemporaryFolder();
        string expected = HashOf((await new Trainer(Options).TrainAsync(task.Set, task.Start, task, whole.Path, cancellationToken: Token)).Encoder, whole);
        foreach (int every in new[] { 1, 7, 26 })
        {
            using var folder = new TemporaryFolder();
            TrainingResult<StaticTrainableEncoder>? result = null;
            for (int attempts = 0; result is null; attempts++)
            {
                Assert.True(attempts < 100);
                using var stop = new CancellationTokenSource();
                long first = -1;
                var progress = new Synchronous(p =>
                {
                    first = first < 0 ? p.Step : first;
                    if (p.Step - first >= every)
                    {
                        stop.Cancel();
                    }
                });
                try
                {
                    result = await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, progress, stop.Token);
                }
                catch (OperationCanceledException)
                {
                }
            }

            Assert.Equal(expected, HashOf(result.Encoder, folder));
        }
    }

    [Fact]
    public async Task TrainAsync_FinishedRunResumed_ReturnsTheSameWithoutWork()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var first = await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        string hash = HashOf(first.Encoder, folder);
        int calls = task.Calls;
        var second = await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, cancellationToken: Token);
        Assert.Equal(hash, HashOf(second.Encoder, folder));
        Assert.Equal((first.BestStep, first.Best), (second.BestStep, second.Best));
        Assert.Equal(calls, task.Calls);
    }

    [Fact]
    public async Task TrainAsync_FolderOfARun_IsRefusedUnlessResumed()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token));
        Assert.Contains("--resume", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrainAsync_CheckpointOfOtherOptionsOrData_IsRefusedWithWhatDiffers()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { Rate = 0.07 }).TrainAsync(
            new ToyTask(pairs: 199).Set, task.Start, new ToyTask { Hash = "other" }, folder.Path, resume: true, cancellationToken: Token));
        Assert.Contains("options.rate: 0.05 in the checkpoint, 0.07 now", e.Message, StringComparison.Ordinal);
        Assert.Contains("data: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("held_out: toy in the checkpoint, other now", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("start: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrainAsync_DamagedCheckpoint_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        byte[] bytes = await File.ReadAllBytesAsync(folder["checkpoint.bin"], Token);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(folder["checkpoint.bin"], bytes, Token);
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, cancellationToken: Token));
        Assert.Contains("hash does not match", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrainAsync_SecondRunInOneFolder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        NearfarException? refused = null;
        var progress = new Synchronous(p =>
        {
            if (p.Step == 2)
            {
                refused = Assert.Throws<NearfarException>(() => new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, cancellationToken: Token).GetAwaiter().GetResult());
            }
        });
        await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, progress: progress, cancellationToken: Token);
        Assert.Contains("in use", refused!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrainAsync_LossTurnsNaN_StopsWithThePairsAndWritesThem()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var trainer = new Trainer(Options, null, new BreakingLoss(5));
        var e = await Assert.ThrowsAsync<NearfarException>(() => trainer.TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token));
        Assert.Contains("Step 5 ", e.Message, StringComparison.Ordinal);
        var batch = Lines(folder["failed-batch.jsonl"]);
        Assert.All(batch, row => Assert.Contains(row.GetProperty("pair").GetString()!, task.Set.Pairs.Select(p => p.Id)));
        Assert.Contains(batch[0].GetProperty("pair").GetString()!, e.Message, StringComparison.Ordinal);
        var state = Checkpoint.Read(folder["failed-checkpoint.bin"]);
        Assert.Equal(4, state.Step);        // before the bad step: nothing of it reached the weights
    }

    [Fact]
    public async Task TrainAsync_LossWithParameters_OptimisesClampsAndResumesThem()
    {
        var task = new ToyTask();
        var plain = new Scaled();
        using var folder = new TemporaryFolder();
        string expected = HashOf((await new Trainer(Options, null, plain).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token)).Encoder, folder);
        Assert.NotEqual(1, plain.Parameters[0].Value[0]);
        Assert.InRange(plain.Parameters[0].Value[0], 0.9, 1.1);
        Assert.Equal(1.1, plain.Parameters[1].Value[0]);        // pushed up at every step: ends on its clamp

        using var again = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var progress = new Synchronous(p =>
        {
            if (p.Step == 11)
            {
                stop.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Trainer(Options, null, new Scaled()).TrainAsync(task.Set, task.Start, task, again.Path, progress: progress, cancellationToken: stop.Token));
        var resumed = new Scaled();
        Assert.Equal(expected, HashOf((await new Trainer(Options, null, resumed).TrainAsync(task.Set, task.Start, task, again.Path, resume: true, cancellationToken: Token)).Encoder, again));
        Assert.Equal(plain.Parameters[0].Value, resumed.Parameters[0].Value);
        Assert.Equal(plain.State[0].ToArray(), resumed.State[0].ToArray());
    }

    [Fact]
    public async Task TrainAsync_HeldOutFalls_EarlierStepIsReturned()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var scorer = new Scripted([new(0.1, 0), new(0.5, 0.2), new(0.5, 0.3), new(0.5, 0.3), new(0.4, 0.9)]);
        var result = await new Trainer(Options).TrainAsync(task.Set, task.Start, scorer, folder.Path, cancellationToken: Token);
        Assert.Equal(new HeldOutScore(0.5, 0.3), result.Best);
        var best = Lines(folder["history.jsonl"]).Where(l => l.GetProperty("kind").GetString() == "evaluation").ToList();
        Assert.Equal([true, true, true, false, false], best.Select(l => l.GetProperty("best").GetBoolean()));
        Assert.Equal(best[2].GetProperty("step").GetInt64(), result.BestStep);
        Assert.Equal(scorer.Seen[2], result.Encoder.ToRows());
    }

    [Fact]
    public async Task TrainAsync_HeldOutIsNaN_IsAnError()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(task.Set, task.Start, new Scripted([new(double.NaN, 0)]), folder.Path, cancellationToken: Token));
    }

    [Fact]
    public async Task TrainAsync_TextsWithoutKnownTokens_AreLeftOutAndNamed()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var set = task.Set.With([new Pair { Id = "strange", Query = "zzz yyy", PositiveIds = ["d0.0"] }]);
        var result = await new Trainer(Options).TrainAsync(set, task.Start, task, folder.Path, cancellationToken: Token);
        Assert.Equal(["strange"], result.LeftOut);
        Assert.Equal("strange", Lines(folder["history.jsonl"])[0].GetProperty("left_out")[0].GetString());
    }

    [Fact]
    public async Task TrainAsync_NothingToTrainOn_IsAnError()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(new TrainingSet(task.Set.Corpus, []), task.Start, task, folder.Path, cancellationToken: Token));
        await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(new TrainingSet(task.Set.Corpus, [task.Set.Pairs[0]]), task.Start, task, folder["one"], cancellationToken: Token));
    }

    [Fact]
    public void New_BadOptions_AreAllNamed()
    {
        var e = Assert.Throws<ArgumentException>(() => new Trainer(new TrainingOptions { Loss = "mnlr", Batch = 1, Rate = 0, Threads = 0 }));
        Assert.All(new[] { "unknown loss \"mnlr\"; did you mean \"mnrl\"?", "Batch is 1", "Rate is 0", "Threads is 0" }, part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Options_EveryValueThatDecides_IsInTheCheckpointsIdentity()
    {
        string[] free = [nameof(TrainingOptions.Threads), nameof(TrainingOptions.CheckpointSteps), nameof(TrainingOptions.CheckpointInterval)];
        string[] names = [.. typeof(TrainingOptions).GetProperties().Select(p => p.Name).Except(free).Order(StringComparer.Ordinal)];
        string[] deciding = [.. new TrainingOptions { TokenWeights = new(), Stream = new(), Mining = new MiningSchedule { Every = 1 }, OtherPositives = OtherPositives.Negatives, MaxTokens = 5 }.Deciding().Where(d => !d.Key.StartsWith("options.loss.", StringComparison.Ordinal)).Select(d => d.Key["options.".Length..].Replace("_", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(names.Select(n => n.ToLowerInvariant()).Order(StringComparer.Ordinal), deciding);
    }

    // Checkpoints and hashes of inputs hold this text: where it changed, no run that an earlier version began could be resumed or found again.
    [Fact]
    public void Deciding_OfDefaults_IsWhatEarlierVersionsWroteDown() => Assert.Equal("loss mnrl, batch 512, epochs 10, rate 0.03, warmup_share 0.1, hard_negatives 4, min_batch_share 0.25, "
        + "evaluations_per_epoch 1, seed 1, schedule linear, patience 0, average none, batches default, mix proportional, mix_temperature 2, balance none, labels positive, chunk 0",
        string.Join(", ", new TrainingOptions().Deciding().Where(d => d.Key != "options.optimizer" && !d.Key.StartsWith("options.loss.", StringComparison.Ordinal)).Select(d => $"{d.Key["options.".Length..]} {d.Value}")));

    [Fact]
    public async Task TrainAsync_Progress_TellsPaceAndTimeLeft()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var seen = new List<TrainingProgress>();
        await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, progress: new Synchronous(seen.Add), cancellationToken: Token);
        Assert.Equal(seen[^1].Steps, seen[^1].Step);
        Assert.True(seen[^1].PairsPerSecond > 0);
        Assert.Equal(TimeSpan.Zero, seen[^1].TimeLeft);
        Assert.Null(seen[0].TimeLeft);
        Assert.True(seen[1].TimeLeft > TimeSpan.Zero);
    }

    private static List<JsonElement> Lines(string path) => [.. File.ReadAllLines(path).Select(l => JsonDocument.Parse(l).RootElement.Clone())];

    private static string HashOf(StaticTrainableEncoder encoder, TemporaryFolder folder) => HashOf(encoder, folder.Path);

    internal static string HashOf(StaticTrainableEncoder encoder, string folder) =>
        Convert.ToHexStringLower(SHA256.HashData([.. MemoryMarshal.AsBytes<float>(encoder.ToRows()).ToArray(), .. File.ReadAllBytes(Path.Combine(folder, "history.jsonl")), .. File.ReadAllBytes(Path.Combine(folder, "checkpoint.bin"))]));

    private sealed class Synchronous(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }

    private sealed class Scripted(HeldOutScore[] scores) : IHeldOutScorer<StaticTrainableEncoder>
    {
        public List<float[]> Seen { get; } = [];

        public string Hash => "scripted";

        public ValueTask<HeldOutScore> ScoreAsync(StaticTrainableEncoder encoder, CancellationToken cancellationToken)
        {
            Seen.Add(encoder.ToRows());
            return ValueTask.FromResult(scores[Seen.Count - 1]);
        }
    }

    // A learned factor, a parameter that is always pushed up, and a counter as state.
    private sealed class Scaled : ILoss
    {
        private readonly InfoNceLoss _inner = new();
        private readonly byte[] _count = new byte[1];

        public LossNeeds Needs => LossNeeds.Mask;

        public IReadOnlyList<LossParameter> Parameters { get; } = [new("factor", [1], [0], 0.9, 1.1, 0.1), new("pushed", [1], [0], 0.9, 1.1, 1)];

        public IReadOnlyList<Memory<byte>> State => [_count];

        public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        {
            _count[0]++;
            var value = _inner.Evaluate(batch, gradients, step);
            double factor = Parameters[0].Value[0];
            Parameters[0].Gradient[0] = value.Value * ((step.Step % 3) - 1.2);
            Parameters[1].Gradient[0] = -1;
            foreach (var column in gradients)
            {
                foreach (ref T g in column.Data.Span)
                {
                    g *= T.CreateChecked(factor);
                }
            }

            return value with { Value = value.Value * factor };
        }
    }
}
