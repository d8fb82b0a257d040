using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Tests.Training;
using Nearfar.Training;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;
using Xunit;

namespace Nearfar.Tests.Releases;

public class StreamedRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_StreamThatFitsTheBuffer_TrainsTheModelOfPairsInMemory()
    {
        using var folder = new TemporaryFolder();
        var data = TinyShop.Data();
        var options = TinyShop.Options("");
        PairFile.Write(folder["pairs.jsonl"], data.Train.Pairs);
        var stream = new StreamedPairs(folder["pairs.jsonl"], data.Train.Corpus);
        var training = options.Training with { Batch = 16, Epochs = 3, Threads = 2 };
        var start = StartEncoder.Create(options.Start, data.Train);
        var startOfStream = StartEncoder.Create(options.Start, stream, 1024);
        Assert.Equal(start.Space, startOfStream.Space);

        var held = await new TrainingRun(options.Start, training, TimeProvider.System).RunAsync(data.Train, data.Dev, start, folder["held"], [], null, Token);
        var run = new TrainingRun(options.Start, training with { Stream = new StreamOptions { Buffer = 1024 } }, TimeProvider.System);
        var streamed = await run.RunAsync(stream, data.Dev, startOfStream, folder["streamed"], null, Token);
        Assert.Equal(((StaticEncoder)held.Encoder).TokenRows.Data.ToArray(), ((StaticEncoder)streamed.Encoder).TokenRows.Data.ToArray());
        Assert.Equal((held.Record.Pairs, held.Record.Rows, held.Record.Step, held.Record.Steps), (streamed.Record.Pairs, streamed.Record.Rows, streamed.Record.Step, streamed.Record.Steps));
        Assert.Equal("buffer 1024", streamed.Record.Options["options.stream"]);
        Assert.Equal("stream " + stream.Hash, streamed.Record.Data["train"]);

        // A finished run is loaded; one of another file is refused.
        string history = await File.ReadAllTextAsync(Path.Combine(folder["streamed"], "history.jsonl"), Token);
        var again = await run.RunAsync(stream, data.Dev, startOfStream, folder["streamed"], null, Token);
        Assert.Equal(streamed.Record.Space, again.Record.Space);
        Assert.Equal(history, await File.ReadAllTextAsync(Path.Combine(folder["streamed"], "history.jsonl"), Token));
        PairFile.Write(folder["fewer.jsonl"], data.Train.Pairs.Skip(1));
        var e = await Assert.ThrowsAsync<NearfarException>(() => run.RunAsync(new StreamedPairs(folder["fewer.jsonl"], data.Train.Corpus), data.Dev, startOfStream, folder["streamed"], null, Token));
        Assert.Contains("finished run of other options or data", e.Message, StringComparison.Ordinal);
    }

    // What documents say decides which rows are drawn, and is part of neither hash.
    [Fact]
    public async Task RunAsync_BalanceByADocumentsAttribute_AnotherAttributeIsAnotherRun()
    {
        using var folder = new TemporaryFolder();
        var data = TinyShop.Data();
        var options = TinyShop.Options("");
        PairFile.Write(folder["pairs.jsonl"], data.Train.Pairs);
        var start = StartEncoder.Create(options.Start, data.Train);
        var training = options.Training with { Epochs = 1, Balance = new BalanceOptions("area", 1), Stream = new StreamOptions { Buffer = 1024 } };
        var run = new TrainingRun(options.Start, training, TimeProvider.System);
        var first = await run.RunAsync(With("north"), data.Dev, start, folder["run"], null, Token);
        Assert.Contains("\"area\":{", (await File.ReadAllTextAsync(Path.Combine(folder["run"], "history.jsonl"), Token)), StringComparison.Ordinal);
        Assert.Equal(first.Record.Space, (await run.RunAsync(With("north"), data.Dev, start, folder["run"], null, Token)).Record.Space);
        var e = await Assert.ThrowsAsync<NearfarException>(() => run.RunAsync(With("south"), data.Dev, start, folder["run"], null, Token));
        Assert.Contains("finished run of other options or data", e.Message, StringComparison.Ordinal);

        StreamedPairs With(string area) => new(folder["pairs.jsonl"], new Corpus(data.Train.Corpus.Documents.Select((d, i) => d with { Attributes = new Dictionary<string, string> { ["area"] = i % 3 == 0 ? area : "east" } })));
    }

    [Fact]
    public void SampleTexts_SeveralSets_AreDrawnFromAll()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "b", "a" })
        {
            PairFile.Write(folder[name], Enumerable.Range(0, 500).Select(i => new Pair { Id = $"p{i}", Query = $"{name} {i}", PositiveIds = ["d"] }));
        }

        var stream = new StreamedPairs([new StreamedSet(folder["b"], "b"), new StreamedSet(folder["a"], "a")], new Corpus([new Document { Id = "d", Text = "document" }]));
        string[] texts = stream.SampleTexts(200, 1);
        Assert.InRange(texts.Count(t => t.StartsWith("a ", StringComparison.Ordinal)), 79, 121);        // three standard errors
        Assert.Equal(texts[1..].OrderByDescending(t => t[0]), texts[1..]);        // set after set
        Assert.Equal(1001, stream.SampleTexts(2000, 1).Length);
        Assert.NotEqual(stream.Hash, new StreamedPairs([new StreamedSet(folder["a"], "b"), new StreamedSet(folder["b"], "a")], stream.Corpus).Hash);
    }

    [Fact]
    public void SampleTexts_FewerThanThePairs_AreDrawnFromTheWholeFile()
    {
        using var folder = new TemporaryFolder();
        PairFile.Write(folder["pairs.jsonl"], Enumerable.Range(0, 2000).Select(i => new Pair { Id = $"p{i}", Query = $"q{i}", PositiveIds = ["d"] }));
        var stream = new StreamedPairs(folder["pairs.jsonl"], new Corpus([new Document { Id = "d", Text = "document" }]));
        string[] texts = stream.SampleTexts(200, 1);
        Assert.Equal("document", texts[0]);
        int[] numbers = [.. texts[1..].Select(t => int.Parse(t[1..], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(200, numbers.Length);
        Assert.Equal(numbers.Order(), numbers);
        Assert.InRange(numbers.Average(), 880, 1120);       // three standard errors of an even draw
        Assert.Equal(texts, stream.SampleTexts(200, 1));
        Assert.NotEqual(texts, stream.SampleTexts(200, 2));
        Assert.Equal(2001, stream.SampleTexts(2000, 1).Length);
    }

    // Nothing of such a corpus would count more, and nobody would notice.
    [Fact]
    public async Task RunAsync_TitlesThatNoDocumentHas_AreRefusedInMemoryAndStreamed()
    {
        using var folder = new TemporaryFolder();
        var data = TinyShop.Data();
        var options = TinyShop.Options("");
        var lead = new LeadOptions { Of = LeadField.Title };
        var start = StartEncoder.Create(options.Start with { Lead = lead }, data.Train);
        var run = new TrainingRun(options.Start with { Lead = lead }, options.Training with { Epochs = 1 }, TimeProvider.System);
        var empty = new TrainingSet(new Corpus(data.Train.Corpus.Documents.Select(d => d with { Text = "\n" + d.Text })), data.Train.Pairs);      // a line, and nothing in it
        await Assert.ThrowsAsync<NearfarException>(() => run.RunAsync(empty, data.Dev, start, folder["empty"], [], null, Token));
        var refused = await Assert.ThrowsAsync<NearfarException>(() => run.RunAsync(data.Train, data.Dev, start, folder["held"], [], null, Token));
        Assert.Contains("none of 40 documents has one", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder["held"], "history.jsonl")));

        PairFile.Write(folder["pairs.jsonl"], data.Train.Pairs);
        var streaming = new TrainingRun(options.Start with { Lead = lead }, options.Training with { Epochs = 1, Stream = new StreamOptions { Buffer = 1024 } }, TimeProvider.System);
        refused = await Assert.ThrowsAsync<NearfarException>(() => streaming.RunAsync(new StreamedPairs(folder["pairs.jsonl"], data.Train.Corpus), data.Dev, start, folder["streamed"], null, Token));
        Assert.Contains("take of: beginning", refused.Message, StringComparison.Ordinal);
    }
}
