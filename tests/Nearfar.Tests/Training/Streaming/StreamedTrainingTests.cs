using System.Text.Json;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Tests.Training.Losses;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Streaming;

public class StreamedTrainingTests
{
    private static readonly TrainingOptions Options = new() { Batch = 16, Epochs = 2, Rate = 0.05, Threads = 1, CheckpointSteps = 3, EvaluationsPerEpoch = 3, Stream = new StreamOptions { Buffer = 1024 } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Not the default: what the batches leave out, where texts are cut, when an epoch ends.
    private static TrainingOptions Varied => Options with { OtherPositives = OtherPositives.Negatives, MaxTokens = 4, MinBatchShare = 0 };

    [Theory]
    [InlineData("pairs.jsonl", false)]
    [InlineData("pairs.jsonl.gz", false)]
    [InlineData("pairs.jsonl.zst", false)]
    [InlineData("inline.jsonl", true)]
    [InlineData("pairs.jsonl", false, true)]
    public async Task TrainAsync_BufferHoldsTheFile_EveryStepIsThatOfTrainingInMemory(string name, bool inline, bool varied = false)
    {
        using var files = new TemporaryFolder();
        using var a = new TemporaryFolder();
        using var b = new TemporaryFolder();
        var task = new ToyTask(topics: 40, pairs: 1000, hardNegatives: 3, positives: 2);
        var set = task.Set.With([new Pair { Id = "strange", Query = "zzz yyy", PositiveIds = ["d0.0"] }]);
        if (inline)
        {
            await File.WriteAllLinesAsync(files[name], set.Pairs.Select(p => JsonSerializer.Serialize(new
            {
                id = p.Id,
                query = p.Query,
                positive_chunk = p.PositiveIds.Select(id => set.Corpus[id].Content),
                hard_negative_chunk = p.HardNegatives.Select(n => set.Corpus[n.DocumentId].Content).Distinct(),
            })), Token);
        }
        else
        {
            PairFile.Write(files[name], set.Pairs.Select(p => p with { HardNegatives = [.. p.HardNegatives.DistinctBy(n => n.DocumentId)] }));
        }

        var options = varied ? Varied : Options;
        var held = await new Trainer(options with { Stream = null }).TrainAsync(set, task.Start, task, a.Path, cancellationToken: Token);
        var streamed = await new Trainer(options).TrainAsync(new StreamedPairs(files[name], inline ? new Corpus([]) : set.Corpus), task.Start, task, b.Path, cancellationToken: Token);
        Assert.Equal(held.Encoder.ToRows(), streamed.Encoder.ToRows());
        Assert.Equal((held.Steps, held.BestStep, held.Best, held.Rows), (streamed.Steps, streamed.BestStep, streamed.Best, streamed.Rows));
        Assert.Equal(["strange"], streamed.LeftOut);
        Assert.Equal(WithoutStart(a["history.jsonl"]), WithoutStart(b["history.jsonl"]));
        Assert.False(File.Exists(b["pairs.spool"]));
    }

    [Theory, InlineData(TermFrequency.Root), InlineData(TermFrequency.Once)]
    public async Task TrainAsync_TermFrequency_CountsAsInMemory(TermFrequency frequency)
    {
        using TemporaryFolder files = new(), a = new(), b = new();
        var task = new ToyTask();
        var start = StaticStart.Random(task.Start.Tokenizer, 32, 1, new StaticEncoderOptions { TermFrequency = frequency });
        var held = await new Trainer(Options with { Stream = null }).TrainAsync(task.Set, start, task, a.Path, cancellationToken: Token);
        var streamed = await new Trainer(Options).TrainAsync(task.Streamed(files["pairs.jsonl"]), start, task, b.Path, cancellationToken: Token);
        Assert.Equal(held.Encoder.ToRows(), streamed.Encoder.ToRows());
    }

    [Theory, InlineData(LeadField.Beginning), InlineData(LeadField.Title)]
    public async Task TrainAsync_Lead_CountsAsInMemory(LeadField of)
    {
        using TemporaryFolder files = new(), a = new(), b = new(), c = new();
        var task = new ToyTask();
        var titled = new Corpus(task.Set.Corpus.Documents.Select((d, i) => i % 3 == 0 ? d : d with { Title = d.Text[..d.Text.LastIndexOf(" d", StringComparison.Ordinal)] + " " }));     // the space: the tokenizer parts at spaces alone
        var set = new TrainingSet(titled, task.Set.Pairs);
        PairFile.Write(files["pairs.jsonl"], set.Pairs.Select(p => p with { HardNegatives = [.. p.HardNegatives.DistinctBy(n => n.DocumentId)] }));
        var start = StaticStart.Random(task.Start.Tokenizer, 32, 1, new StaticEncoderOptions { DocumentPrompt = "the \n the ", Lead = new LeadOptions { Of = of, Tokens = 4, Weight = 3 } });
        var held = await new Trainer(Options with { Stream = null }).TrainAsync(set, start, task, a.Path, cancellationToken: Token);
        var streamed = await new Trainer(Options).TrainAsync(new StreamedPairs(files["pairs.jsonl"], titled), start, task, b.Path, cancellationToken: Token);
        Assert.Equal(held.Encoder.ToRows(), streamed.Encoder.ToRows());
        var without = StaticStart.Random(task.Start.Tokenizer, 32, 1, start.Options with { Lead = null });
        Assert.NotEqual(held.Encoder.ToRows(), (await new Trainer(Options with { Stream = null }).TrainAsync(set, without, task, c.Path, cancellationToken: Token)).Encoder.ToRows());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task TrainAsync_SeveralParts_AnyThreadsAndStopsGiveTheSameBytes(int threads)
    {
        using var files = new TemporaryFolder();
        using var whole = new TemporaryFolder();
        var task = new ToyTask(topics: 40, pairs: 3000, hardNegatives: 2);
        var stream = task.Streamed(files["pairs.jsonl"]);
        var alone = await new Trainer(Options).TrainAsync(stream, task.Start, task, whole.Path, cancellationToken: Token);
        Assert.True(alone.Best.Ndcg10 > 0.95, $"{alone.Best}");
        string expected = TrainerTests.HashOf(alone.Encoder, whole.Path);

        using var folder = new TemporaryFolder();
        TrainingResult<StaticTrainableEncoder>? result = null;
        for (int attempts = 0; result is null; attempts++)
        {
            Assert.True(attempts < 20);
            using var stop = new CancellationTokenSource();
            long first = -1;
            var progress = new Synchronous(p =>
            {
                first = first < 0 ? p.Step : first;
                if (p.Step - first >= 61)
                {
                    stop.Cancel();
                }
            });
            try
            {
                result = await new Trainer(Options with { Threads = threads }).TrainAsync(stream, task.Start, task, folder.Path, resume: true, progress, stop.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        Assert.Equal(expected, TrainerTests.HashOf(result.Encoder, folder.Path));
    }

    [Fact]
    public void Open_EveryPartOfAnEpoch_HoldsItsCountAndNoTextTwiceAndNoRowTwice()
    {
        using var files = new TemporaryFolder();
        var task = new ToyTask(topics: 60, pairs: 3000, hardNegatives: 2, positives: 2);
        using var spool = PairSpool.Open(files["spool"], task.Streamed(files["pairs.jsonl"]), task.Start, new SpoolReading(true, 2, null, new StreamCohorts(task.Streamed(files["pairs.jsonl"]), null, [])), Token);
        var encoder = task.Start.Begin(spool.Vocabulary, Options);
        var source = new StreamedRows(spool, task.Streamed(files["pairs.jsonl"]), encoder, Options, new RowPlan(4), LossNeeds.Mask, BatchRule.Text, task.Start);
        Assert.Equal((6000, 3000), ((int)source.Rows, (int)spool.Pairs));
        var orders = new List<string>();
        for (int epoch = 0; epoch < 3; epoch++)
        {
            int count = source.CountOf(epoch), parts = 0;
            var seen = new HashSet<(string, int)>();
            var order = new List<string>();
            for (int batch = 0; batch < count;)
            {
                var part = source.Open(epoch, batch, null);
                parts++;
                Assert.Equal(batch, part.First);
                Assert.InRange(part.Rows.Rows.Length, 1, 2 * 1024);
                foreach (int[] rows in part.Batches)
                {
                    var words = rows.SelectMany(r => new[] { part.Rows.WordsOf(part.Rows.Rows[r].Anchor), part.Rows.Rows[r].Positive }).ToList();
                    Assert.Distinct(words);
                    Assert.All(rows, r => Assert.True(seen.Add((part.Rows.Rows[r].Pair.Id, part.Rows.Rows[r].Positive))));
                    order.AddRange(rows.Select(r => part.Rows.Rows[r].Pair.Id));
                }

                batch = part.End;
            }

            Assert.Equal(3, parts);
            Assert.True(seen.Count > 0.95 * 6000, $"{seen.Count} rows of 6000");
            Assert.Empty(source.Open(epoch, count, null).Batches);
            orders.Add(string.Join(' ', order));
        }

        Assert.Distinct(orders);
    }

    [Fact]
    public async Task TrainAsync_NaNInALaterPart_WritesTheBatchInWords()
    {
        using var files = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        var task = new ToyTask(topics: 40, pairs: 3000, hardNegatives: 2);
        var trainer = new Trainer(Options, null, new BreakingLoss(100));
        var e = await Assert.ThrowsAsync<NearfarException>(() => trainer.TrainAsync(task.Streamed(files["pairs.jsonl"]), task.Start, task, folder.Path, cancellationToken: Token));
        Assert.Contains("Step 100 ", e.Message, StringComparison.Ordinal);
        var batch = File.ReadAllLines(folder["failed-batch.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(16, batch.Count);
        var byId = task.Set.Pairs.ToDictionary(p => p.Id);
        Assert.All(batch, row =>
        {
            var pair = byId[row.GetProperty("pair").GetString()!];
            Assert.Equal(pair.Query, row.GetProperty("query").GetString());
            Assert.Equal(task.Set.Corpus[pair.PositiveIds[0]].Content, row.GetProperty("positive_chunk").GetString());
        });
        Assert.Equal(99, Checkpoint.Read(folder["failed-checkpoint.bin"]).Step);
    }

    [Fact]
    public async Task TrainAsync_OtherFileOrBuffer_CheckpointIsRefusedWithWhatDiffers()
    {
        using var files = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        var task = new ToyTask(topics: 40, pairs: 1500);
        await new Trainer(Options).TrainAsync(task.Streamed(files["pairs.jsonl"]), task.Start, task, folder.Path, cancellationToken: Token);
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { Stream = new StreamOptions { Buffer = 1100 } })
            .TrainAsync(new ToyTask(topics: 40, pairs: 1499).Streamed(files["other.jsonl"]), task.Start, task, folder.Path, resume: true, cancellationToken: Token));
        Assert.Contains("options.stream: buffer 1024 in the checkpoint, buffer 1100 now", e.Message, StringComparison.Ordinal);
        Assert.Contains("data: stream ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrainAsync_BadRows_RefusedTogetherWithTheirLines()
    {
        using var files = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        await File.WriteAllLinesAsync(files["pairs.jsonl"], ["{\"query\":\"q\",\"positive_ids\":[\"d0.0\"]}", "{\"query\":\"q\"", "{\"query\":\"q\",\"positive_ids\":[\"nowhere\"]}"], Token);
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(task.Streamed(files["pairs.jsonl"]), task.Start, task, folder.Path, cancellationToken: Token));
        Assert.Contains("pairs.jsonl:2", e.Message, StringComparison.Ordinal);
        Assert.Contains("pairs.jsonl:3", e.Message, StringComparison.Ordinal);
        Assert.Contains("\"nowhere\", which the corpus lacks", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["pairs.spool"]));
        Assert.Empty(Directory.GetFiles(folder.Path, "*.tmp"));
    }

    [Fact]
    public void New_WhatDoesNotStream_IsRefusedByName()
    {
        var options = Options with { Batches = BatchRule.Hard, Mining = new MiningSchedule { Every = 10 }, Batch = 512, Loss = "cosent" };
        var e = Assert.Throws<ArgumentException>(() => new Trainer(options));
        Assert.All(new[] { "Batches is hard, and stream", "wanted text, label or shuffled", "Mining is set, and stream", "at least four batches of 512", "Loss cosent reads graded pairs" },
            part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
        foreach (string loss in new[] { "triplet", "cosent", "gist", "marginmse" }.Where(LossRegistryNames.Contains))
        {
            Assert.Contains($"Loss {loss} reads", Assert.Throws<ArgumentException>(() => new Trainer(Options with { Loss = loss })).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task TrainAsync_StreamWithoutItsOptionOrTheOtherWay_IsRefused()
    {
        using var files = new TemporaryFolder();
        var task = new ToyTask();
        await Assert.ThrowsAsync<ArgumentException>(() => new Trainer(Options with { Stream = null }).TrainAsync(task.Streamed(files["pairs.jsonl"]), task.Start, task, files["a"], cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentException>(() => new Trainer(Options).TrainAsync(task.Set, task.Start, task, files["b"], cancellationToken: Token));
    }

    private static List<string> LossRegistryNames => [.. LossRegistry.All.Select(l => l.Name)];

    // The first line names other data.
    private static List<string> WithoutStart(string path) => [.. File.ReadLines(path).Skip(1)];

    private sealed class Synchronous(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
