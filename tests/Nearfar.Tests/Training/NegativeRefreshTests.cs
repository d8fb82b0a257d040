using System.Text.Json;
using System.Xml.Linq;
using Nearfar.Encoding;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Reporting;
using Nearfar.Training;
using Nearfar.Training.Optimization;
using Xunit;

namespace Nearfar.Tests.Training;

public class NegativeRefreshTests
{
    private static readonly TrainingOptions Options = new() { Batch = 16, Epochs = 3, Rate = 0.05, Threads = 1, CheckpointSteps = 4, HardNegatives = 2 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static MiningSchedule Waiting => new() { Every = 5 };

    private static MiningSchedule Lagging => new() { Every = 5, Lag = 1 };

    private static MiningSchedule Beside => new() { Every = 5, Asynchronous = true };

    private static IteratedMining Source => new(new MiningOptions { PerQuery = 2, Depth = 10 }, [], null);

    [Fact]
    public async Task TrainAsync_BesideTheTrainingOrWaitingWithALag_EqualBytesForAnyNumberOfThreads()
    {
        var task = new ToyTask(topics: 60, pairs: 300, hardNegatives: 0);
        string? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            foreach (var schedule in new[] { Lagging, Beside })
            {
                string hash = await RunAsync(task, Options with { Threads = threads, Mining = schedule }, schedule.Asynchronous ? new Slow(Source) : Source);
                Assert.Equal(expected ??= hash, hash);
            }
        }
    }

    [Fact]
    public async Task TrainAsync_ModesAndNone_TrainDifferentModels()
    {
        var task = new ToyTask(topics: 60, pairs: 300, hardNegatives: 0);
        string none = await RunAsync(task, Options, null, model: true), now = await RunAsync(task, Options with { Mining = Waiting }, Source, model: true),
            later = await RunAsync(task, Options with { Mining = Lagging }, Source, model: true);
        Assert.Equal(3, new HashSet<string>([none, now, later]).Count);
    }

    [Theory, InlineData(0, 5, 5), InlineData(1, 5, 10)]
    public async Task TrainAsync_EveryMining_IsInTheHistoryWithProvenance(int lag, long firstMined, long firstInForce)
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask(topics: 60, pairs: 300, hardNegatives: 0);
        await new Trainer(Options with { Mining = Waiting with { Lag = lag } }) { Negatives = Source }.TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        var history = TrainingHistory.Read(folder["history.jsonl"]);
        long steps = history.Steps[^1].Step;
        Assert.Equal((firstMined, firstInForce), (history.Minings[0].MinedAt, history.Minings[0].Step));
        Assert.Equal(Enumerable.Range(0, history.Minings.Count).Select(i => firstInForce + (5L * i)), history.Minings.Select(m => m.Step));
        Assert.True(history.Minings[^1].Step < steps && history.Minings[^1].Step + 5 >= steps, $"{history.Minings[^1].Step} of {steps}");
        Assert.All(history.Minings, mining =>
        {
            Assert.Equal(mining.Step - (5 * lag), mining.MinedAt);
            Assert.True(mining.Negatives > 0 && mining.Refused.Values.Sum() > 0);
            var pairs = PairFile.Read(folder[mining.File]).Rows;
            Assert.Equal((mining.Pairs, mining.Negatives), (pairs.Count, pairs.Sum(p => p.HardNegatives.Count)));
            Assert.All(pairs.SelectMany(p => p.HardNegatives).Select(n => n.Provenance!), p =>
            {
                Assert.Equal(("mined", mining.Space, (long?)mining.MinedAt), (p.Source, p.Space, p.Step));
                Assert.True(p.Rank > 0 && p.Scores.ContainsKey("negative") && p.Scores.ContainsKey("positive") && p.Rule!.Length > 0 && p.Time is null);
            });
        });
        Assert.Equal(history.Minings.Count, history.Minings.Select(m => m.Space).Distinct().Count());
        var before = history.Steps.Where(s => s.Step <= firstInForce).ToArray();
        Assert.Equal(firstInForce, before.Length);
    }

    [Fact]
    public async Task RunPage_OfARunThatMined_HasARowForEveryMining()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask(topics: 60, pairs: 300, hardNegatives: 0);
        await new Trainer(Options with { Mining = Lagging }) { Negatives = Source }.TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        var minings = TrainingHistory.Read(folder["history.jsonl"]).Minings;
        string page = await File.ReadAllTextAsync(RunPage.Write(folder.Path), Token);
        var section = XDocument.Parse(page["<!DOCTYPE html>\n".Length..]).Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == "mined");
        string[][] rows = [.. section.Descendants("tbody").Single().Elements("tr").Select(r => r.Elements().Select(c => c.Value).ToArray())];
        Assert.Equal(minings.Count, rows.Length);
        Assert.Equal(minings.Select(m => (string[])[$"{m.Step}", $"{m.MinedAt}", $"{m.Pairs}", $"{m.Negatives}", m.File]), rows.Select(r => (string[])[r[0], r[1], r[2], r[3], r[6]]));
        Assert.Equal("0 %", rows[0][4]);        // nothing was in force before the first
        Assert.Contains(minings[0].Refused.MaxBy(r => r.Value).Key, rows[0][5], StringComparison.Ordinal);
    }

    [Theory, InlineData(0, false, "adam"), InlineData(1, false, "adamw"), InlineData(1, true, "adamw"), InlineData(1, true, "sgd")]
    public async Task TrainAsync_KilledAfterAnyStepAndResumed_EndsBitEqual(int lag, bool asynchronous, string optimizer)
    {
        var task = new ToyTask(topics: 40, pairs: 80, hardNegatives: 1);
        var options = Options with
        {
            Mining = new MiningSchedule { Every = 4, Lag = lag, Asynchronous = asynchronous },
            Optimizer = optimizer switch { "adamw" => new OptimizerOptions { Kind = OptimizerKind.AdamW, WeightDecay = 0.01 }, "sgd" => new OptimizerOptions { Kind = OptimizerKind.Sgd, Momentum = 0.9 }, _ => OptimizerOptions.Default },
            CheckpointSteps = 3,
        };
        using var whole = new TemporaryFolder();
        var result = await new Trainer(options) { Negatives = Source }.TrainAsync(task.Set, task.Start, task, whole.Path, cancellationToken: Token);
        string expected = HashOf(result.Encoder, whole.Path);
        for (long last = 1; last < result.Steps; last++)
        {
            using var folder = new TemporaryFolder();
            foreach (bool killed in new[] { true, false })      // as by a signal: nothing is written on the way out; then cancelled, which writes a checkpoint
            {
                using var stop = new CancellationTokenSource();
                var progress = new Synchronous(p =>
                {
                    if (p.Step == last && killed)
                    {
                        throw new InvalidOperationException("killed");
                    }

                    if (p.Step == last)
                    {
                        stop.Cancel();
                    }
                });
                var run = new Trainer(options) { Negatives = asynchronous ? new Slow(Source) : Source }.TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, progress, stop.Token);
                await Assert.ThrowsAnyAsync<Exception>(() => run);
            }

            var ended = await new Trainer(options) { Negatives = Source }.TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, cancellationToken: Token);
            Assert.True(expected == HashOf(ended.Encoder, folder.Path), $"stopped at step {last}");
        }
    }

    [Fact]
    public async Task TrainAsync_CancelledWhileItWaitsForMining_KeepsTheStepsBefore()
    {
        var task = new ToyTask(hardNegatives: 0);
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var options = Options with { Mining = Waiting, CheckpointSteps = 0 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Trainer(options) { Negatives = new Stopping(Source, stop) }.TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: stop.Token));
        Assert.Equal(5, Checkpoint.Read(folder["checkpoint.bin"]).Step);
    }

    [Fact]
    public async Task TrainAsync_SourceThatFails_FailsTheRun()
    {
        foreach (var schedule in new[] { Waiting, Lagging, Beside })
        {
            var task = new ToyTask(hardNegatives: 0);
            using var folder = new TemporaryFolder();
            var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { Mining = schedule }) { Negatives = new Failing() }.TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token));
            Assert.Equal("no vectors", e.Message);
        }
    }

    [Fact]
    public async Task TrainAsync_SourceThatNamesPositivesAndTheQuestion_NoneIsTaken()
    {
        var documents = Enumerable.Range(0, 12).Select(i => new Document { Id = $"d{i}", Text = i == 11 ? "q0 q1" : $"d{i} the" }).ToArray();
        Pair[] pairs =
        [
            new() { Id = "a", Query = "q0 q1", QueryId = "one", PositiveIds = ["d0"] }, new() { Id = "b", Query = "q2", QueryId = "one", PositiveIds = ["d1", "d2"] },
            .. Enumerable.Range(3, 7).Select(i => new Pair { Id = $"p{i}", Query = $"q{i}", PositiveIds = [$"d{i}"] }),
        ];
        var set = new TrainingSet(new Corpus(documents), pairs);
        var start = StaticStart.Random(new ToyTokenizer(documents.Select(d => d.Text).Concat(pairs.Select(p => p.Query)).SelectMany(t => t.Split(' '))), 16, 1);
        using var folder = new TemporaryFolder();
        await new Trainer(Options with { Batch = 4, HardNegatives = 12, Epochs = 4, Mining = new MiningSchedule { Every = 3 } }) { Negatives = new Everything() }
            .TrainAsync(set, start, new ToyTask.Unscored(), folder.Path, cancellationToken: Token);
        var mined = PairFile.Read(folder[TrainingHistory.Read(folder["history.jsonl"]).Minings[0].File]).Rows.ToDictionary(p => p.Id, p => p.HardNegatives.Select(n => n.DocumentId).ToArray(), StringComparer.Ordinal);
        Assert.Equal(["d3", "d4", "d5", "d6", "d7", "d8", "d9", "d10"], mined["a"]);        // d0 to d2 answer the question in other words; d11 is the question
        Assert.Equal(["d3", "d4", "d5", "d6", "d7", "d8", "d9", "d10", "d11"], mined["b"]);
        Assert.DoesNotContain("d3", mined["p3"]);
    }

    [Fact]
    public async Task TrainAsync_GivenNegatives_StayAndMinedOnesGo()
    {
        var task = new ToyTask(topics: 20, pairs: 100, hardNegatives: 0);
        var mined = new Provenance { Source = "mined", Rule = "positive_ratio<0.95" };
        Pair[] pairs = [.. task.Set.Pairs.Select((p, i) => p with
        {
            HardNegatives = (i % 4) switch
            {
                0 => [new HardNegative($"d{(i + 7) % 20}.0"), new HardNegative($"d{(i + 8) % 20}.0", mined)],
                1 => [new HardNegative($"d{(i + 7) % 20}.0", mined with { TraceId = "t:s" }), new HardNegative($"d{(i + 8) % 20}.0", mined with { Reviewer = "ines" })],
                _ => [new HardNegative($"d{(i + 8) % 20}.0", mined)],
            },
        })];
        var set = new TrainingSet(task.Set.Corpus, pairs);
        var plan = new RowPlan(2, WholeCorpus: true);
        var rows = TrainingRows.From(set, plan);
        var encoder = await task.Start.BeginAsync(rows.Texts, Options, Token);
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder.Path, false);
        run.OpenHistory(0);
        await using var refresh = new NegativeRefresh(Waiting, Source, set, rows, encoder, run, 100);
        refresh.ThrowUnlessUseful();
        await refresh.AdvanceAsync(4, Token);
        Assert.False(Directory.Exists(folder["negatives"]));
        await refresh.AdvanceAsync(5, Token);
        var file = PairFile.Read(folder["negatives/00000005.jsonl"]).Rows.ToDictionary(p => p.Id, p => p.HardNegatives, StringComparer.Ordinal);
        for (int i = 0; i < pairs.Length; i++)
        {
            string[] now = [.. rows.Rows[i].HardNegatives.Select(t => rows.Texts[t].Text)], given = [.. pairs[i].HardNegatives.Where(TrainingRows.IsGiven).Select(n => set.Corpus[n.DocumentId].Content)];
            Assert.Equal(given, now.Take(given.Length));
            Assert.Equal(now.Skip(given.Length), (file.GetValueOrDefault(pairs[i].Id) ?? []).Select(n => set.Corpus[n.DocumentId].Content));
        }

        Assert.DoesNotContain(pairs[1].Id, file.Keys);          // two given ones leave no room
    }

    [Fact]
    public async Task TrainAsync_NoRoomNoSourceOrNoSchedule_IsRefusedBeforeTheFirstStep()
    {
        var task = new ToyTask(topics: 20, pairs: 100, hardNegatives: 0);
        var full = new TrainingSet(task.Set.Corpus, [.. task.Set.Pairs.Select((p, i) => p with { HardNegatives = [new HardNegative($"d{(i + 7) % 20}.0")] })]);
        using var folder = new TemporaryFolder();
        var room = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { HardNegatives = 1, Mining = Waiting }) { Negatives = Source }.TrainAsync(full, task.Start, task, folder["a"], cancellationToken: Token));
        Assert.Contains("Raise train.hard_negatives", room.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { Mining = Waiting }).TrainAsync(task.Set, task.Start, task, folder["b"], cancellationToken: Token));
        await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options) { Negatives = Source }.TrainAsync(task.Set, task.Start, task, folder["c"], cancellationToken: Token));
        Assert.Equal(0, task.Calls);
    }

    [Fact]
    public void Problems_BadSchedules_AllAreNamed()
    {
        var bad = Options with { HardNegatives = 0, Loss = "cosine_mse", Mining = new MiningSchedule { Every = 0, Lag = 0, Asynchronous = true } };
        string all = string.Join('\n', bad.Problems());
        Assert.Contains("Mining.Every is 0", all, StringComparison.Ordinal);
        Assert.Contains("Mining.Lag is 0", all, StringComparison.Ordinal);
        Assert.Contains("HardNegatives is 0", all, StringComparison.Ordinal);
        Assert.Contains("loss cosine_mse reads no hard negatives", all, StringComparison.Ordinal);
        Assert.Contains("Mining.Lag is 2", string.Join('\n', new MiningSchedule { Every = 1, Lag = 2 }.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_OtherRulesOrAnOlderCheckpoint_IsRefusedByName()
    {
        var task = new ToyTask(hardNegatives: 0);
        using var folder = new TemporaryFolder();
        await new Trainer(Options with { Mining = Waiting }) { Negatives = Source }.TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        var other = new IteratedMining(new MiningOptions { PerQuery = 2, Depth = 10, PositiveRatio = 0.9 }, [], null);
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { Mining = Waiting }) { Negatives = other }.TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, cancellationToken: Token));
        Assert.Contains("mining.positive_ratio: 0.95 in the checkpoint, 0.9 now", e.Message, StringComparison.Ordinal);

        byte[] bytes = File.ReadAllBytes(folder["checkpoint.bin"]);
        byte[] magic = System.Text.Encoding.UTF8.GetBytes("nearfar checkpoint 3");
        Assert.Equal(1, bytes.AsSpan().IndexOf(magic));
        bytes[magic.Length] = (byte)'2';
        byte[] body = bytes[..^16];
        File.WriteAllBytes(folder["checkpoint.bin"], [.. body, .. System.IO.Hashing.XxHash128.Hash(body)]);
        var old = Assert.Throws<NearfarException>(() => Checkpoint.Read(folder["checkpoint.bin"]));
        Assert.Contains("\"nearfar checkpoint 2\", of another version", old.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(64, true), InlineData(32, false)]
    public async Task TrainAsync_EveryPairInOneBatch_IsSaid(int batch, bool said)
    {
        var task = new ToyTask(topics: 40, pairs: 40, hardNegatives: 2);
        var notes = new List<string>();
        using var folder = new TemporaryFolder();
        await new Trainer(Options with { Batch = batch }).TrainAsync(task.Set, task.Start, task, folder.Path, progress: new Synchronous(p => notes.AddRange(p.Notes)), cancellationToken: Token);
        using var start = JsonDocument.Parse(File.ReadLines(folder["history.jsonl"]).First());
        Assert.Equal(said, start.RootElement.TryGetProperty("notes", out _));
        if (said)
        {
            Assert.StartsWith("every pair fits one batch: mined negatives of other pairs", Assert.Single(notes), StringComparison.Ordinal);
        }
        else
        {
            Assert.Empty(notes);
        }
    }

    private static async Task<string> RunAsync(ToyTask task, TrainingOptions options, INegativeSource? source, bool model = false)
    {
        using var folder = new TemporaryFolder();
        var result = await new Trainer(options) { Negatives = source }.TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        return model ? result.Encoder.ToEncoder().Space.Id : HashOf(result.Encoder, folder.Path);
    }

    // Model, history, checkpoint and every file of mined negatives.
    private static string HashOf(StaticTrainableEncoder encoder, string folder) => TrainerTests.HashOf(encoder, folder) + string.Concat(Directory.EnumerateFiles(Path.Combine(folder, "negatives")).Order(StringComparer.Ordinal).Select(File.ReadAllText));

    private sealed class Synchronous(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }

    // Takes longer than the steps beside it.
    private sealed class Slow(INegativeSource inner) : INegativeSource
    {
        public IReadOnlyList<KeyValuePair<string, string>> Identity => inner.Identity;

        public async ValueTask<NegativeGeneration> MineAsync(TrainingSet set, IEncoder encoder, long step, CancellationToken cancellationToken)
        {
            await Task.Delay(20, cancellationToken);
            return await inner.MineAsync(set, encoder, step, cancellationToken);
        }
    }

    private sealed class Stopping(INegativeSource inner, CancellationTokenSource stop) : INegativeSource
    {
        public IReadOnlyList<KeyValuePair<string, string>> Identity => inner.Identity;

        public async ValueTask<NegativeGeneration> MineAsync(TrainingSet set, IEncoder encoder, long step, CancellationToken cancellationToken)
        {
            await stop.CancelAsync();
            return await inner.MineAsync(set, encoder, step, cancellationToken);
        }
    }

    private sealed class Failing : INegativeSource
    {
        public IReadOnlyList<KeyValuePair<string, string>> Identity => [];

        public ValueTask<NegativeGeneration> MineAsync(TrainingSet set, IEncoder encoder, long step, CancellationToken cancellationToken) => throw new NearfarException("no vectors");
    }

    // Names the whole corpus for every question, and a pair that is not there.
    private sealed class Everything : INegativeSource
    {
        public IReadOnlyList<KeyValuePair<string, string>> Identity => [];

        public ValueTask<NegativeGeneration> MineAsync(TrainingSet set, IEncoder encoder, long step, CancellationToken cancellationToken) => ValueTask.FromResult(new NegativeGeneration(
            [.. set.Pairs.Append(new Pair { Id = "stranger", Query = "x", PositiveIds = ["d0"] }).Select(p => p with { HardNegatives = [.. set.Corpus.Documents.Select(d => new HardNegative(d.Id, new Provenance { Source = "mined" }))] })],
            new Dictionary<string, int>()));
    }
}
