using System.Runtime.InteropServices;
using System.Text.Json;
using Nearfar.Pairs;
using Nearfar.Reporting;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

public class TrainerOptionsTests
{
    private static readonly TrainingOptions Options = new() { Batch = 16, Epochs = 4, Rate = 0.05, Threads = 1, CheckpointSteps = 3 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TrainAsync_Patience_StopsAndAResumedRunStaysStopped()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        HeldOutScore[] scores = [new(0.1, 0), new(0.5, 0), new(0.4, 0), new(0.3, 0), new(0.9, 0)];
        var scorer = new Scripted(scores);
        var result = await new Trainer(Options with { Patience = 2 }).TrainAsync(task.Set, task.Start, scorer, folder.Path, cancellationToken: Token);
        Assert.Equal(4, scorer.Calls);
        Assert.Equal(0.5, result.Best.Ndcg10);
        Assert.Equal("stopped", Lines(folder)[^1].GetProperty("kind").GetString());
        Assert.True(result.Steps < Lines(folder)[0].GetProperty("steps").GetInt64());
        byte[] history = await File.ReadAllBytesAsync(folder["history.jsonl"], Token);
        var again = await new Trainer(Options with { Patience = 2 }).TrainAsync(task.Set, task.Start, scorer, folder.Path, resume: true, cancellationToken: Token);
        Assert.Equal((4, result.Steps, result.BestStep), (scorer.Calls, again.Steps, again.BestStep));
        Assert.Equal(history, await File.ReadAllBytesAsync(folder["history.jsonl"], Token));
    }

    [Theory, InlineData(0.5, null), InlineData(null, 0.9)]
    public async Task TrainAsync_Average_IsACandidateAndDoesNotTouchTheRun(double? tail, double? decay)
    {
        using var plain = new TemporaryFolder();
        using var averaged = new TemporaryFolder();
        var task = new ToyTask();
        await new Trainer(Options).TrainAsync(task.Set, task.Start, task, plain.Path, cancellationToken: Token);
        // Every second score is the average's from its first on: always better.
        int call = 0;
        var scorer = new Scripted(_ => new HeldOutScore(++call / 100.0, 0));
        var result = await new Trainer(Options with { Average = new AveragingOptions(tail, decay) }).TrainAsync(task.Set, task.Start, scorer, averaged.Path, cancellationToken: Token);
        Assert.Equal(Losses(plain), Losses(averaged));
        Assert.Equal("average", Lines(averaged)[^1].GetProperty("candidate").GetString());
        Assert.Equal(scorer.Seen[^1], result.Encoder.ToRows());
        Assert.NotEqual(scorer.Seen[^2], result.Encoder.ToRows());
    }

    [Fact]
    public async Task TrainAsync_TailAverage_IsTheMeanOfItsSnapshots()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var snapshots = new List<float[]>();
        var scorer = new Scripted(rows =>
        {
            snapshots.Add(rows);
            return new HeldOutScore(snapshots.Count / 100.0, 0);
        });
        var options = Options with { Epochs = 2, EvaluationsPerEpoch = 1000, Average = new AveragingOptions(Tail: 1) };       // scored after every step: own, then average
        var result = await new Trainer(options).TrainAsync(task.Set, task.Start, scorer, folder.Path, cancellationToken: Token);
        var own = snapshots.Skip(1).Where((_, i) => i % 2 == 0).ToList();
        for (int k = 0; k < own[0].Length; k++)
        {
            Assert.Equal(own.Average(s => (double)s[k]), result.Encoder.ToRows()[k], 1e-4);
        }
    }

    [Theory, InlineData(BatchRule.Hard), InlineData(BatchRule.Answer), InlineData(BatchRule.Label), InlineData(BatchRule.Shuffled)]
    public async Task TrainAsync_EveryRuleStoppedAnywhereAndResumed_EndsBitEqual(BatchRule rule)
    {
        var task = new ToyTask(hardNegatives: 2);
        var options = Options with { Batches = rule, Average = new AveragingOptions(Decay: 0.8), Epochs = 3 };
        using var whole = new TemporaryFolder();
        string expected = TrainerTests.HashOf((await new Trainer(options).TrainAsync(task.Set, task.Start, task, whole.Path, cancellationToken: Token)).Encoder, whole.Path);
        using var folder = new TemporaryFolder();
        TrainingResult<StaticTrainableEncoder>? result = null;
        for (int attempts = 0; result is null; attempts++)
        {
            Assert.True(attempts < 100);
            using var stop = new CancellationTokenSource();
            int steps = 0;
            try
            {
                result = await new Trainer(options with { Threads = 2 }).TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, new Synchronous(_ =>
                {
                    if (++steps > 5)
                    {
                        stop.Cancel();
                    }
                }), stop.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        Assert.Equal(expected, TrainerTests.HashOf(result.Encoder, folder.Path));
    }

    [Fact]
    public async Task TrainAsync_SeveralSets_EachBatchComesOutOfOneAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var set = new TrainingSet(task.Set.Corpus, [.. task.Set.Pairs.Select((p, i) => p with { DataSet = i < 150 ? "large" : "small" })]);
        await new Trainer(Options with { Mix = MixRule.RoundRobin, MinBatchShare = 0.1 }).TrainAsync(set, task.Start, task, folder.Path, cancellationToken: Token);
        string[] sets = [.. Lines(folder).Where(l => l.GetProperty("kind").GetString() == "step").Select(l => l.GetProperty("data_set").GetString()!)];
        Assert.Equal(["large", "small", "large", "small"], sets.Take(4));
        Assert.Equal(sets.Count(s => s == "large"), sets.Count(s => s == "small"));
    }

    [Fact]
    public async Task TrainAsync_History_TellsWhatTheBatchesLookLike()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        var history = TrainingHistory.Read(folder["history.jsonl"]);
        Assert.All(history.Steps, s => Assert.Equal((s.Step - 1) % 4 == 0, s.Facts is not null));
        var facts = history.Steps.Where(s => s.Facts is not null).Select(s => s.Facts!.Value).ToList();
        Assert.True(facts[^1].Accuracy > 0.9 && facts[0].Accuracy < 0.6);
        Assert.True(facts[^1].Alignment < facts[0].Alignment);
        string page = await File.ReadAllTextAsync(RunPage.Write(folder.Path), Token);
        var document = System.Xml.Linq.XDocument.Parse(page["<!DOCTYPE html>\n".Length..]);
        Assert.Contains(document.Descendants("b"), b => b.Value == "in-batch accuracy");
        Assert.DoesNotContain(document.Descendants(), e => e.Name.LocalName == "script");
    }

    [Fact]
    public async Task TrainAsync_ChunkOnTheStaticEncoder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { Chunk = 8 }).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token));
        Assert.Contains("Remove train.chunk", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["history.jsonl"]));
    }

    [Theory, InlineData(2), InlineData(7), InlineData(1000)]
    public async Task TrainAsync_ChunksOfAnySize_GiveTheRunWithoutChunks(int chunk)
    {
        var task = new ToyTask();
        using var whole = new TemporaryFolder();
        using var cut = new TemporaryFolder();
        var expected = await new Trainer(Options).TrainAsync(task.Set, new DenseStart(), new Still(), whole.Path, cancellationToken: Token);
        var result = await new Trainer(Options with { Chunk = chunk }).TrainAsync(task.Set, new DenseStart(), new Still(), cut.Path, cancellationToken: Token);
        double[] a = [.. Losses(whole)], b = [.. Losses(cut)];
        Assert.Equal(a.Length, b.Length);
        Assert.True(a[^1] < a[0]);
        Assert.All(a.Zip(b), x => Assert.Equal(x.First, x.Second, 1e-4));
        Assert.True(chunk > 40 || result.Encoder.LargestForward <= chunk, $"{result.Encoder.LargestForward}");
        Assert.True(expected.Encoder.LargestForward > 7);
    }

    [Fact]
    public async Task TrainAsync_DiskFull_SaysWhatToDo()
    {
        Assert.SkipWhen(!File.Exists("/dev/full"), "this system has no /dev/full");
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["history.jsonl"], "/dev/full");
        var task = new ToyTask();
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, cancellationToken: Token));
        Assert.Contains("cannot be written", e.Message, StringComparison.Ordinal);
        Assert.Contains("--resume", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrainAsync_CheckpointCannotBeWritten_TheOneBeforeStaysAndResumes()
    {
        var task = new ToyTask();
        using var whole = new TemporaryFolder();
        string expected = TrainerTests.HashOf((await new Trainer(Options).TrainAsync(task.Set, task.Start, task, whole.Path, cancellationToken: Token)).Encoder, whole.Path);
        using var folder = new TemporaryFolder();
        byte[] kept = [];
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, progress: new Synchronous(p =>
        {
            if (p.Step == 5)
            {
                // A folder stands where the next temporary file would be written: the write fails half-way, as on a full disk.
                kept = File.ReadAllBytes(folder["checkpoint.bin"]);
                Directory.CreateDirectory(folder[$".checkpoint.bin.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp"]);
            }
        }), cancellationToken: Token));
        Assert.Contains("checkpoint.bin", e.Message, StringComparison.Ordinal);
        Assert.Equal(kept, await File.ReadAllBytesAsync(folder["checkpoint.bin"], Token));
        foreach (string blocked in Directory.GetDirectories(folder.Path))
        {
            Directory.Delete(blocked);
        }

        Assert.Equal(expected, TrainerTests.HashOf((await new Trainer(Options).TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, cancellationToken: Token)).Encoder, folder.Path));
    }

    [Fact]
    public void Problems_BadOptions_AreToldTogether()
    {
        var problems = new TrainingOptions { Patience = -1, Chunk = 1, MixTemperature = 0, Balance = new("x", 2, 0), Average = new(0.5, 0.5), Batch = 2, Batches = BatchRule.Label }.Problems();
        Assert.All(new[] { "Patience is -1", "Chunk is 1", "MixTemperature is 0", "Balance.Power is 2", "Balance.Cap is 0", "both a tail and a decay", "Batch is 2" },
            part => Assert.Contains(problems, p => p.Contains(part, StringComparison.Ordinal)));
    }

    private static List<JsonElement> Lines(TemporaryFolder folder) => [.. File.ReadAllLines(folder["history.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement.Clone())];

    private static IEnumerable<double> Losses(TemporaryFolder folder) => TrainingHistory.Read(folder["history.jsonl"]).Steps.Select(s => s.Loss);

    private sealed class Synchronous(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }

    private sealed class Scripted(Func<float[], HeldOutScore> score) : IHeldOutScorer<StaticTrainableEncoder>
    {
        public Scripted(HeldOutScore[] scores) : this(_ => default) => _scores = scores;

        private readonly HeldOutScore[]? _scores;

        public List<float[]> Seen { get; } = [];

        public int Calls => Seen.Count;

        public string Hash => "scripted";

        public ValueTask<HeldOutScore> ScoreAsync(StaticTrainableEncoder encoder, CancellationToken cancellationToken)
        {
            Seen.Add(encoder.ToRows());
            return ValueTask.FromResult(_scores is null ? score(Seen[^1]) : _scores[Seen.Count - 1]);
        }
    }

    private sealed class Still : IHeldOutScorer<Dense>
    {
        private int _calls;

        public string Hash => "still";

        public ValueTask<HeldOutScore> ScoreAsync(Dense encoder, CancellationToken cancellationToken) => ValueTask.FromResult(new HeldOutScore(++_calls / 100.0, null));
    }

    private sealed class DenseStart : ITrainingStart<Dense>
    {
        public string Hash => "dense";

        public ValueTask<Dense> BeginAsync(IReadOnlyList<TrainingText> texts, TrainingOptions options, CancellationToken cancellationToken = default) => ValueTask.FromResult(new Dense(texts.Count));
    }

    // A free row for each text through one shared matrix, plain gradient descent; gradients of several passes add up.
    private sealed class Dense : ITrainableEncoder<int>
    {
        private const int D = 8;
        private readonly float[] _inputs;
        private readonly float[] _matrix = new float[D * D];
        private readonly double[] _sum = new double[D * D];
        private int[] _last = [];

        public Dense(int texts)
        {
            var random = new SeededRandom(9);
            _inputs = [.. Enumerable.Range(0, texts * D).Select(_ => random.Bell())];
            _matrix = [.. Enumerable.Range(0, D * D).Select(_ => random.Bell())];
        }

        public int LargestForward { get; private set; }

        public int Dimensions => D;

        public bool RowsIndependent => true;

        public bool AddsGradients => true;

        public bool CanEmbed(int input) => true;

        public void Forward(ReadOnlySpan<int> inputs, Rows<float> into, ForwardMode mode)
        {
            LargestForward = Math.Max(LargestForward, inputs.Length);
            _last = inputs.ToArray();
            for (int i = 0; i < inputs.Length; i++)
            {
                for (int k = 0; k < D; k++)
                {
                    into[i][k] = 0;
                    for (int j = 0; j < D; j++)
                    {
                        into[i][k] += _inputs[(inputs[i] * D) + j] * _matrix[(j * D) + k];
                    }
                }
            }
        }

        public void Backward(Rows<float> gradients)
        {
            for (int i = 0; i < gradients.Count; i++)
            {
                for (int j = 0; j < D; j++)
                {
                    for (int k = 0; k < D; k++)
                    {
                        _sum[(j * D) + k] += (double)_inputs[(_last[i] * D) + j] * gradients[i][k];
                    }
                }
            }
        }

        public void Step(double rate)
        {
            for (int i = 0; i < _matrix.Length; i++)
            {
                _matrix[i] -= (float)(rate * _sum[i]);
                _sum[i] = 0;
            }
        }

        public void Save(Stream to) => SaveParameters(to);

        public void Load(Stream from) => LoadParameters(from);

        public void SaveParameters(Stream to) => to.Write(MemoryMarshal.AsBytes(_matrix.AsSpan()));

        public void LoadParameters(Stream from) => from.ReadExactly(MemoryMarshal.AsBytes(_matrix.AsSpan()));
    }
}
