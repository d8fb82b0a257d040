using System.Text.Json;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;
using Xunit;

namespace Nearfar.Tests.Training.Streaming;

/// <summary>Streams of several data sets, with balance and with labels.</summary>
public class StreamedSetsTests
{
    private static readonly TrainingOptions Options = new() { Batch = 16, Epochs = 2, Rate = 0.05, Threads = 1, CheckpointSteps = 20, EvaluationsPerEpoch = 2, Stream = new StreamOptions { Buffer = 1024 } };

    private static readonly BalanceOptions ByLanguage = new("language", 1, 3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("proportional")]
    [InlineData("round-robin")]
    [InlineData("temperature")]
    [InlineData("balance")]
    [InlineData("balance by a document's attribute")]
    [InlineData("shuffled")]
    [InlineData("label")]
    [InlineData("label of an attribute")]
    [InlineData("supcon")]
    [InlineData("supcon of an attribute in batches of text")]
    [InlineData("batch_hard")]
    [InlineData("batch_semi_hard of an attribute")]
    [InlineData("all")]
    public async Task TrainAsync_BufferHoldsAllPairs_EveryStepIsThatOfTrainingInMemory(string name)
    {
        using TemporaryFolder files = new(), a = new(), b = new();
        var task = new SetsTask(files.Path);
        var options = OptionsOf(name);
        var held = await new Trainer(options with { Stream = null }) { Cohorts = SetsTask.Cohorts }.TrainAsync(task.Set, task.Task.Start, task.Task, a.Path, cancellationToken: Token);
        var streamed = await new Trainer(options with { Stream = new StreamOptions { Buffer = 1500 } }) { Cohorts = SetsTask.Cohorts }.TrainAsync(task.Stream, task.Task.Start, task.Task, b.Path, cancellationToken: Token);
        Assert.Equal(held.Encoder.ToRows(), streamed.Encoder.ToRows());
        Assert.Equal((held.Steps, held.BestStep, held.Best, held.Rows), (streamed.Steps, streamed.BestStep, streamed.Best, streamed.Rows));
        string[] history = [.. File.ReadLines(b["history.jsonl"]).Skip(1)];
        Assert.Equal(File.ReadLines(a["history.jsonl"]).Skip(1), history);       // the first line names other data
        Assert.Contains(history, line => line.Contains("\"data_set\":\"mail\"", StringComparison.Ordinal));
        Assert.Contains(history, line => line.Contains("\"cohorts\":{\"area\":{\"area ", StringComparison.Ordinal) && line.Contains("\"is\":", StringComparison.Ordinal));
        Assert.DoesNotContain(history, line => line.Contains("\"region\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("temperature", 1)]
    [InlineData("round-robin", 2)]
    [InlineData("label", 2)]
    [InlineData("all", 3)]
    public async Task TrainAsync_SeveralParts_StepsAreExactAndAnyThreadsAndStopsGiveTheSameBytes(string name, int threads)
    {
        using TemporaryFolder files = new(), whole = new(), folder = new();
        var task = new SetsTask(files.Path, pairs: 3000);
        var options = OptionsOf(name);
        var steps = new List<long>();
        var alone = await new Trainer(options) { Cohorts = SetsTask.Cohorts }.TrainAsync(task.Stream, task.Task.Start, task.Task, whole.Path, progress: new Synchronous(p => steps.Add(p.Steps)), cancellationToken: Token);
        Assert.Equal([alone.Steps], steps.Distinct());
        Assert.True(alone.Best.Ndcg10 > 0.9, $"{alone.Best}");
        string expected = TrainerTests.HashOf(alone.Encoder, whole.Path);

        TrainingResult<StaticTrainableEncoder>? result = null;
        int attempts = 0;
        for (; result is null; attempts++)
        {
            Assert.True(attempts < 60);
            using var stop = new CancellationTokenSource();
            long first = -1;
            var progress = new Synchronous(p =>
            {
                first = first < 0 ? p.Step : first;
                if (p.Step - first >= 17)
                {
                    stop.Cancel();
                }
            });
            try
            {
                result = await new Trainer(options with { Threads = threads }) { Cohorts = SetsTask.Cohorts }.TrainAsync(task.Stream, task.Task.Start, task.Task, folder.Path, resume: true, progress, stop.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        Assert.True(attempts > 2, $"{attempts} attempts");
        Assert.Equal(expected, TrainerTests.HashOf(result.Encoder, folder.Path));
    }

    // The whole epoch keeps the rule, and each part has its share of each set.
    [Theory, InlineData(MixRule.Proportional), InlineData(MixRule.RoundRobin), InlineData(MixRule.Temperature)]
    public void Open_SetsOfUnequalSize_EachGivesWhatTheRuleSays(MixRule mix)
    {
        using var files = new TemporaryFolder();
        var task = new SetsTask(files.Path, pairs: 6000);
        using var source = Source.Of(task, files["spool"], Options with { Mix = mix });
        for (int epoch = 0; epoch < 3; epoch++)
        {
            var batches = source.BatchesOf(epoch);
            Assert.All(batches, b => Assert.Single(b.Rows.Select(TrainingRows.DataSetOf).Distinct()));
            int[] each = [.. new[] { "web", "faq", "mail" }.Select(n => batches.Count(b => b.Rows[0].Pair.DataSet == n))];
            Assert.Equal(7, batches.Max(b => b.Part));         // 17 + 6 + 2 blocks, four at a time
            Assert.All(new[] { "web", "faq", "mail" }, n => Assert.Equal(7, batches.Where(b => b.Rows[0].Pair.DataSet == n).Select(b => b.Part).Distinct().Count()));
            int[] alone = [.. new[] { 4200, 1500, 300 }.Select(n => n / 16)];
            switch (mix)
            {
                case MixRule.RoundRobin:
                    Assert.Single(each.Distinct());
                    Assert.InRange(each[0], alone[2] - 3, alone[2] + 1);
                    Assert.All(batches.Select((batch, i) => (batch, i)).GroupBy(b => b.batch.Part), part => Assert.InRange(part.Count(b => b.batch.Rows[0].Pair.DataSet == "mail"), part.Count() / 3.0 - 1, part.Count() / 3.0 + 1));
                    break;
                case MixRule.Temperature:
                    double all = Math.Sqrt(4200) + Math.Sqrt(1500) + Math.Sqrt(300);
                    double total = each.Sum();
                    Assert.InRange(each[0] / total, Math.Sqrt(4200) / all - 0.01, Math.Sqrt(4200) / all + 0.01);
                    Assert.InRange(each[2] / total, Math.Sqrt(300) / all - 0.01, Math.Sqrt(300) / all + 0.01);
                    break;
                default:
                    Assert.All(each.Zip(alone), n => Assert.InRange(n.First, n.Second - 6, n.Second + 6));
                    int[] seen = [.. batches.SelectMany(b => b.Rows).GroupBy(r => r.Pair.Id).Select(g => g.Count())];
                    Assert.All(seen, times => Assert.Equal(1, times));
                    Assert.True(seen.Length > 5700, $"{seen.Length} of 6000");
                    break;
            }
        }
    }

    // Known in all parts alike: the weights are those of the whole, not of the part.
    [Fact]
    public void Open_CohortThatStandsInOnePart_IsDrawnByItsSizeInAll()
    {
        using var files = new TemporaryFolder();
        var task = new SetsTask(files.Path, pairs: 6000);
        using var source = Source.Of(task, files["spool"], Options with { Balance = ByLanguage, MinBatchShare = 0 });
        var batches = source.BatchesOf(0);
        var drawn = batches.SelectMany(b => b.Rows.Select(r => (b.Part, Language: r.Pair.Cohorts["language"], r.Pair.Id))).ToList();
        Assert.Single(drawn.Where(d => d.Language == "is").Select(d => d.Part).Distinct());
        Assert.Equal(37, drawn.Where(d => d.Language == "is").Select(d => d.Id).Distinct().Count());
        Assert.InRange(drawn.Count(d => d.Language == "is"), 105, 111);          // three times each: the cap
        int en = task.Set.Pairs.Count(p => p.Cohorts.GetValueOrDefault("language") == "en"), de = task.Set.Pairs.Count(p => p.Cohorts.GetValueOrDefault("language") == "de");
        Assert.All(drawn.Where(d => d.Language == "en").CountBy(d => d.Id), d => Assert.Equal(1, d.Value));
        Assert.InRange(drawn.Count(d => d.Language == "de"), en * 0.93, en * 1.07);      // power 1: as often as the largest
        Assert.True(en > 2 * de, $"{en} and {de}");
    }

    // It is no data set of the run, as in memory.
    [Fact]
    public async Task TrainAsync_SetWithoutAReadableRow_LeavesTheOtherAlone()
    {
        using TemporaryFolder files = new(), a = new(), b = new();
        var task = new SetsTask(files.Path);
        PairFile.Write(files["odd.jsonl"], [new Pair { Id = "strange", Query = "zzz yyy", PositiveIds = ["d0.0"] }]);
        var set = new TrainingSet(task.Set.Corpus, [new Pair { Id = "strange", Query = "zzz yyy", PositiveIds = ["d0.0"], DataSet = "odd" }, .. task.Set.Pairs.Where(p => p.DataSet == "web")]);
        var stream = new StreamedPairs([new StreamedSet(files["odd.jsonl"], "odd"), new StreamedSet(SetsTask.PathOf(files.Path, "web"), "web")], set.Corpus);
        var options = Options with { Mix = MixRule.RoundRobin, Balance = ByLanguage };
        var held = await new Trainer(options with { Stream = null }).TrainAsync(set, task.Task.Start, task.Task, a.Path, cancellationToken: Token);
        var streamed = await new Trainer(options with { Stream = new StreamOptions { Buffer = 2048 } }).TrainAsync(stream, task.Task.Start, task.Task, b.Path, cancellationToken: Token);
        Assert.Equal(["strange"], streamed.LeftOut);
        Assert.Equal(held.Encoder.ToRows(), streamed.Encoder.ToRows());
        Assert.Equal(File.ReadLines(a["history.jsonl"]).Skip(1), File.ReadLines(b["history.jsonl"]).Skip(1));
    }

    [Fact]
    public void Open_LabelsInSeveralParts_BatchesHoldTwosOfSeveral()
    {
        using var files = new TemporaryFolder();
        var task = new SetsTask(files.Path, pairs: 3000);
        using var source = Source.Of(task, files["spool"], Options with { Batches = BatchRule.Label, Labels = "intent" });
        var batches = source.BatchesOf(1);
        Assert.True(batches.Count > 150, $"{batches.Count}");
        Assert.All(batches, b => Assert.All(b.Rows.CountBy(r => r.Pair.Cohorts["intent"]), g => Assert.Equal(0, g.Value % 2)));
        Assert.All(batches, b => Assert.True(b.Rows.Select(r => r.Pair.Cohorts["intent"]).Distinct().Count() > 1));
    }

    [Fact]
    public async Task TrainAsync_WhatThePairsLack_IsNamedTogether()
    {
        using TemporaryFolder files = new(), folder = new();
        var task = new SetsTask(files.Path, pairs: 1500);
        var e = await Refused(Options with { Batches = BatchRule.Label, Labels = "language", Balance = new BalanceOptions("region") });
        Assert.Contains($"labels are values of language, and {(1500 + 10) / 11} pairs have none (p0, p11, p22, p33, p44, …)", e.Message, StringComparison.Ordinal);
        Assert.Contains("balance.attribute is region, and no training pair has it", e.Message, StringComparison.Ordinal);
        e = await Refused(Options with { Loss = "supcon", Batches = BatchRule.Text });
        Assert.Contains("these batches hold no document twice", e.Message, StringComparison.Ordinal);

        // Each pair a label of its own.
        PairFile.Write(files["own.jsonl"], task.Set.Pairs.Select(p => p with { Cohorts = new Dictionary<string, string> { ["own"] = p.Id } }));
        e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { Batches = BatchRule.Label, Labels = "own" }).TrainAsync(new StreamedPairs(files["own.jsonl"], task.Set.Corpus), task.Task.Start, task.Task, folder.Path, cancellationToken: Token));
        Assert.Contains("fewer than two of them have two pairs in any part", e.Message, StringComparison.Ordinal);

        async Task<NearfarException> Refused(TrainingOptions options) =>
            await Assert.ThrowsAsync<NearfarException>(() => new Trainer(options) { Cohorts = SetsTask.Cohorts }.TrainAsync(task.Stream, task.Task.Start, task.Task, folder.Path, cancellationToken: Token));
    }

    [Fact]
    public async Task TrainAsync_BufferTooSmallForTheSetsOrAValueThatIsNoNumber_IsRefused()
    {
        using TemporaryFolder files = new(), folder = new();
        var task = new SetsTask(files.Path);
        var e = await Assert.ThrowsAsync<ArgumentException>(() => new Trainer(Options with { Batch = 128 }).TrainAsync(task.Stream, task.Task.Start, task.Task, folder.Path, cancellationToken: Token));
        Assert.Contains("Stream.Buffer is 1024; wanted at least 1536: four batches of 128 for each of 3 data sets", e.Message, StringComparison.Ordinal);
        var ages = new CohortResolver([new CohortRule { Attribute = "language", Edges = [10] }], null);
        var bad = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options) { Cohorts = ages }.TrainAsync(task.Stream, task.Task.Start, task.Task, folder.Path, cancellationToken: Token));
        Assert.Contains("web.jsonl.gz:2: cohort \"language\": value \"en\" is neither a number nor a date", bad.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.spool"));
    }

    [Fact]
    public async Task TrainAsync_NaNInASet_WritesTheBatchInWordsOfThatSet()
    {
        using TemporaryFolder files = new(), folder = new();
        var task = new SetsTask(files.Path, pairs: 3000);
        await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options with { Mix = MixRule.RoundRobin }, null, new BreakingLoss(20)).TrainAsync(task.Stream, task.Task.Start, task.Task, folder.Path, cancellationToken: Token));
        var byId = task.Set.Pairs.ToDictionary(p => p.Id);
        var pairs = File.ReadAllLines(folder["failed-batch.jsonl"]).Select(l => byId[JsonDocument.Parse(l).RootElement.GetProperty("pair").GetString()!]).ToList();
        Assert.Equal(16, pairs.Count);
        Assert.Single(pairs.Select(p => p.DataSet).Distinct());
    }

    [Fact]
    public async Task TrainAsync_OtherNamesOrCohorts_CheckpointIsRefusedWithWhatDiffers()
    {
        using TemporaryFolder files = new(), folder = new();
        var task = new SetsTask(files.Path);
        var options = Options with { Balance = ByLanguage };
        await new Trainer(options) { Cohorts = SetsTask.Cohorts }.TrainAsync(task.Stream, task.Task.Start, task.Task, folder.Path, cancellationToken: Token);
        var lengths = new CohortResolver([new CohortRule { Attribute = "language", From = "query.words", Edges = [4, 7] }], null);
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(options) { Cohorts = lengths }.TrainAsync(task.Stream, task.Task.Start, task.Task, folder.Path, resume: true, cancellationToken: Token));
        Assert.Contains("cohorts: ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("data_sets: ", e.Message, StringComparison.Ordinal);
        var renamed = new StreamedPairs([.. task.Stream.Sets.Select(s => s with { Name = s.Name + "s" })], task.Set.Corpus);
        e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(options) { Cohorts = SetsTask.Cohorts }.TrainAsync(renamed, task.Task.Start, task.Task, folder.Path, resume: true, cancellationToken: Token));
        Assert.Contains("data_sets: faq, mail, web in the checkpoint, faqs, mails, webs now", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_SetsWithoutNamesOfTheirOwn_AreRefused()
    {
        var corpus = new Corpus([]);
        Assert.Throws<ArgumentException>(() => new StreamedPairs([], corpus));
        Assert.Throws<ArgumentException>(() => new StreamedPairs([new StreamedSet("a.jsonl", "a"), new StreamedSet("b.jsonl")], corpus));
        Assert.Throws<ArgumentException>(() => new StreamedPairs([new StreamedSet("a.jsonl", "a"), new StreamedSet("b.jsonl", "a")], corpus));
        Assert.Throws<ArgumentException>(() => new StreamedPairs("", corpus));
    }

    private static TrainingOptions OptionsOf(string name) => name switch
    {
        "round-robin" => Options with { Mix = MixRule.RoundRobin },
        "temperature" => Options with { Mix = MixRule.Temperature, MixTemperature = 3 },
        "balance" => Options with { Balance = ByLanguage },
        "balance by a document's attribute" => Options with { Balance = new BalanceOptions("area", 0.7, 2) },
        "shuffled" => Options with { Batches = BatchRule.Shuffled },
        "label" => Options with { Batches = BatchRule.Label },
        "label of an attribute" => Options with { Batches = BatchRule.Label, Labels = "intent" },
        "supcon of an attribute in batches of text" => Options with { Loss = "supcon", Batches = BatchRule.Text, Labels = "intent" },
        "batch_semi_hard of an attribute" => Options with { Loss = "batch_semi_hard", Labels = "intent" },
        "all" => Options with { Loss = "supcon", Labels = "intent", Mix = MixRule.Temperature, Balance = ByLanguage, MinBatchShare = 0 },
        "proportional" => Options,
        _ => Options with { Loss = name },
    };

    // The batches of an epoch, as a run would open them.
    private sealed class Source : IDisposable
    {
        private readonly PairSpool _spool;
        private readonly StreamedRows _rows;

        private Source(PairSpool spool, StreamedRows rows) => (_spool, _rows) = (spool, rows);

        public static Source Of(SetsTask task, string path, TrainingOptions options)
        {
            var cohorts = new StreamCohorts(task.Stream, SetsTask.Cohorts, [.. options.Attributes]);
            var spool = PairSpool.Open(path, task.Stream, task.Task.Start, new SpoolReading(true, 2, null, cohorts), Token);
            var encoder = task.Task.Start.Begin(spool.Vocabulary, options);
            return new Source(spool, new StreamedRows(spool, task.Stream, encoder, options, new RowPlan(4), LossNeeds.Mask, options.Batches ?? BatchRule.Text, task.Task.Start));
        }

        public List<(int Part, TrainingRows.Row[] Rows)> BatchesOf(int epoch)
        {
            var batches = new List<(int Part, TrainingRows.Row[] Rows)>();
            int count = _rows.CountOf(epoch), parts = 0;
            while (batches.Count < count)
            {
                var part = _rows.Open(epoch, batches.Count, null);
                Assert.Equal((batches.Count, count), (part.First, part.Total));
                // 1,024 pairs, and of a small set up to two times four batches.
                Assert.InRange(part.Rows.Rows.Length, 1, 1024 + (2 * 512));
                parts++;
                batches.AddRange(part.Batches.Select(b => (parts, b.Select(r => part.Rows.Rows[r]).ToArray())));
            }

            Assert.Empty(_rows.Open(epoch, count, null).Batches);
            return batches;
        }

        public void Dispose() => _spool.Dispose();
    }

    private sealed class Synchronous(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
