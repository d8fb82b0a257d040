using System.Text.Json;
using Nearfar.Encoding;
using Nearfar.Text;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Training;

/// <summary>Runs that differ in what batches leave out, in the cut of training texts, and in when an epoch ends.</summary>
public class BatchOptionsTests
{
    private static readonly TrainingOptions Options = new() { Batch = 16, Epochs = 2, Rate = 0.05, Threads = 1 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => ["other_positives", "max_tokens", "min_batch_share"];

    [Theory, MemberData(nameof(Names))]
    public async Task TrainAsync_AnotherValue_AnotherModel_AndItsCheckpointIsRefusedByName(string name)
    {
        using TemporaryFolder plain = new(), other = new();
        var task = new ToyTask(positives: 2);
        var varied = Varied(name);
        var before = await new Trainer(Options).TrainAsync(task.Set, task.Start, task, plain.Path, cancellationToken: Token);
        var after = await new Trainer(varied).TrainAsync(task.Set, task.Start, task, other.Path, cancellationToken: Token);
        Assert.NotEqual(before.Encoder.ToRows(), after.Encoder.ToRows());
        Assert.Equal(before.Rows, after.Rows);
        var e = await Assert.ThrowsAsync<NearfarException>(() => new Trainer(varied).TrainAsync(task.Set, task.Start, task, plain.Path, resume: true, cancellationToken: Token));
        Assert.Contains($"of another run: options.{name}: ", e.Message, StringComparison.Ordinal);      // and nothing else differs
        await Assert.ThrowsAsync<NearfarException>(() => new Trainer(Options).TrainAsync(task.Set, task.Start, task, other.Path, resume: true, cancellationToken: Token));
    }

    [Theory, InlineData(OtherPositives.Masked), InlineData(OtherPositives.Negatives)]
    public async Task TrainAsync_OtherPositives_ShowInTheHistorysMaskedShare(OtherPositives others)
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask(topics: 4, positives: 2, hardNegatives: 0);
        await new Trainer(Options with { OtherPositives = others, Batch = 4 }).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
        double masked = Lines(folder["history.jsonl"]).Where(l => l.GetProperty("kind").GetString() == "step").Sum(l => l.GetProperty("masked").GetDouble());
        Assert.Equal(others == OtherPositives.Masked, masked > 0);
    }

    [Fact]
    public async Task TrainAsync_MinBatchShare_EndsTheEpochEarlierOrLater()
    {
        var task = new ToyTask(topics: 30, pairs: 100);
        var batches = new List<int[]>();
        foreach (double share in new[] { 0, 1.0 })
        {
            using var folder = new TemporaryFolder();
            await new Trainer(Options with { MinBatchShare = share, Epochs = 1 }).TrainAsync(task.Set, task.Start, task, folder.Path, cancellationToken: Token);
            batches.Add([.. Lines(folder["history.jsonl"]).Where(l => l.GetProperty("kind").GetString() == "step").Select(l => l.GetProperty("pairs").GetInt32())]);
        }

        Assert.True(batches[0].Length > batches[1].Length, $"{batches[0].Length} and {batches[1].Length} batches");
        Assert.Equal(batches[1], batches[0].Take(batches[1].Length));       // the same batches, and more of them
        Assert.All(batches[1], pairs => Assert.Equal(16, pairs));
        Assert.All(batches[0], pairs => Assert.InRange(pairs, 2, 16));
        Assert.InRange(batches[0].Sum(), 99, 100);                          // a last row alone is no batch
    }

    [Fact]
    public async Task TrainAsync_MaxTokens_AreTrainedOnAlone_AndTheEncoderReadsOn()
    {
        using var folder = new TemporaryFolder();
        var task = new ToyTask();
        var result = await new Trainer(Options with { MaxTokens = 3 }).TrainAsync(task.Set, task.Start, new ToyTask.Unscored(), folder.Path, cancellationToken: Token);
        var encoder = result.Encoder.ToEncoder();
        Assert.Equal(512, encoder.Options.MaxTokens);
        Assert.Same(task.Start.Tokenizer, encoder.Tokenizer);
        float[] whole = new float[32], begin = new float[32];
        string text = task.Set.Corpus.Documents[0].Text;
        encoder.Encode(text, TextRole.Document, whole, new TokenBuffer());
        encoder.Encode(string.Join(' ', text.Split(' ').Take(3)), TextRole.Document, begin, new TokenBuffer());
        Assert.NotEqual(whole, begin);

        // Words that stand fourth or later in every text got no gradient.
        var early = task.Set.Corpus.Documents.Select(d => d.Text).Concat(task.Set.Pairs.Select(p => p.Query)).SelectMany(t => t.Split(' ').Take(3)).ToHashSet();
        float[] rows = result.Encoder.ToRows();
        for (int id = 1; id < task.Start.Tokenizer.VocabularySize; id++)
        {
            bool moved = !rows.AsSpan(id * 32, 32).SequenceEqual(task.Start.Rows.Span.Slice(id * 32, 32));
            Assert.False(moved && !early.Contains(task.Start.Tokenizer.TokenOf(id)), task.Start.Tokenizer.TokenOf(id));
        }
    }

    [Theory]
    [InlineData("triplet", "makes no negatives of other rows' documents")]
    [InlineData("cosent", "makes no negatives of other rows' documents")]
    [InlineData("listwise", "ranks all positives of a question by their grades")]
    public void New_OtherPositivesThatTheLossDoesNotRead_AreRefused(string loss, string why) =>
        Assert.Contains($"OtherPositives is negatives, and loss {loss} {why}", Assert.Throws<ArgumentException>(() => new Trainer(Options with { Loss = loss, OtherPositives = OtherPositives.Negatives })).Message, StringComparison.Ordinal);

    [Fact]
    public void New_OutOfRange_IsRefused()
    {
        var e = Assert.Throws<ArgumentException>(() => new Trainer(Options with { OtherPositives = (OtherPositives)2, MaxTokens = 0, MinBatchShare = 1.1 }));
        Assert.All(new[] { "OtherPositives is 2; wanted masked or negatives", "MaxTokens is 0; wanted at least 1", "MinBatchShare is 1.1; wanted 0 to 1" }, part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
    }

    private static TrainingOptions Varied(string name) => name switch
    {
        "other_positives" => Options with { OtherPositives = OtherPositives.Negatives },
        "max_tokens" => Options with { MaxTokens = 4 },
        _ => Options with { MinBatchShare = 0 },
    };

    private static List<JsonElement> Lines(string path) => [.. File.ReadAllLines(path).Select(l => JsonDocument.Parse(l).RootElement.Clone())];
}
