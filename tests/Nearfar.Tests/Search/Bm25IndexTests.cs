using System.IO.Compression;
using System.Text.Json;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Tests.Encoding;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Search;

public class Bm25IndexTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1.2, 0.75)]
    [InlineData(0, 0.75)]
    [InlineData(2, 0)]
    [InlineData(0.9, 1)]
    public async Task RankAsync_RandomTexts_EqualsTheFormula(double k1, double b)
    {
        var random = new SeededRandom(5);
        string[] texts = [.. Enumerable.Range(0, 60).Select(_ => SmallModels.Text(random) + " order")];
        var corpus = new Corpus(texts.Select((t, i) => new Document { Id = $"d{i:00}", Text = t }));
        string[][] words = [.. texts.Select(Split)];
        double average = words.Average(w => w.Length);
        string[] queries = [.. Enumerable.Range(0, 30).Select(_ => SmallModels.Text(random) + " order order")];
        var rankings = await new Bm25Index(corpus, k1, b).RankAsync(queries, 100, Token);
        for (int q = 0; q < queries.Length; q++)
        {
            double[] scores = [.. words.Select(document => Split(queries[q]).Sum(word =>
            {
                int df = words.Count(w => w.Contains(word));
                int tf = document.Count(w => w == word);
                double idf = Math.Log(1 + ((words.Length - df + 0.5) / (df + 0.5)));
                return tf == 0 ? 0 : idf * tf * (k1 + 1) / (tf + (k1 * (1 - b + (b * document.Length / average))));
            }))];
            Assert.Equal(scores.Count(s => s > 0), rankings[q].Count);
            Assert.All(rankings[q], hit => Assert.Equal(scores[hit.Document], hit.Score, 1e-5));
        }

        // The words of these texts: "日本" is one pair of characters, "?" none.
        static string[] Split(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => w != "?")];
    }

    [Fact]
    public async Task RankAsync_TitleCaseAndWidth_AreReadAsWords()
    {
        var corpus = new Corpus([new Document { Id = "a", Title = "REFUND", Text = "plain" }, new Document { Id = "b", Text = "Ｒｅｆｕｎｄ of an order" }, new Document { Id = "c", Text = "else" }]);
        var hits = (await new Bm25Index(corpus).RankAsync(["refund \uD800"], 10, Token))[0];
        Assert.Equal([0, 1], hits.Select(h => h.Document).Order());
    }

    [Fact]
    public async Task New_NoDocuments_FindsNothing()
    {
        var index = new Bm25Index(new Corpus([]));
        Assert.Empty((await index.RankAsync(["order"], 3, Token))[0]);
        Assert.Equal("bm25", index.Name);
        Assert.Equal("bm25", new Bm25Index(new Corpus([]), new Bm25Options { K1 = 2 }).Name);
        Assert.Equal("bm25-title64x6", new Bm25Index(new Corpus([]), new Bm25Options { Lead = new LeadOptions { Of = LeadField.Title, Tokens = 64, Weight = 6 } }).Name);
        Assert.Equal("bm25-english-lead24x8", new Bm25Index(new Corpus([]), new Bm25Options { Stemming = "english", Lead = new LeadOptions { Tokens = 24, Weight = 8 } }).Name);
    }

    [Theory]
    [InlineData(-0.1, 0.5)]
    [InlineData(1, -0.1)]
    [InlineData(1, 1.1)]
    public void New_ParameterOutOfRange_IsRefused(double k1, double b) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Bm25Index(new Corpus([]), k1, b));

    [Fact]
    public async Task RankAsync_Lead_IsTheFormulaOverTextsThatBeginSeveralTimes()
    {
        var random = new SeededRandom(6);
        string[] texts = [.. Enumerable.Range(0, 60).Select(_ => SmallModels.Text(random) + " order")];
        string[] repeated = [.. texts.Select(t =>
        {
            var words = new List<string>();
            Nearfar.Text.Words.Split(t, words);
            string[] lead = [.. words.Take(3)];
            return string.Join(' ', [.. words, .. lead, .. lead]);
        })];
        string[] queries = [.. Enumerable.Range(0, 30).Select(_ => SmallModels.Text(random) + " order")];
        var expected = await new Bm25Index(Of(repeated)).RankAsync(queries, 100, Token);
        var found = await new Bm25Index(Of(texts), new Bm25Options { Lead = new LeadOptions { Tokens = 3, Weight = 3 } }).RankAsync(queries, 100, Token);
        Assert.Equal(expected.SelectMany(r => r), found.SelectMany(r => r));
        Assert.NotEqual((await new Bm25Index(Of(texts)).RankAsync(queries, 100, Token)).SelectMany(r => r), found.SelectMany(r => r));
        Assert.Contains("lead.tokens is 0", Assert.Throws<ArgumentOutOfRangeException>(() => new Bm25Index(Of([]), new Bm25Options { Lead = new LeadOptions { Tokens = 0 } })).Message, StringComparison.Ordinal);

        static Corpus Of(string[] texts) => new(texts.Select((t, i) => new Document { Id = $"d{i:00}", Text = t }));
    }

    [Theory, InlineData(null), InlineData("english")]
    public async Task RankAsync_Title_IsTheFormulaOverTextsWithItsWordsSoOften(string? stemming)
    {
        var random = new SeededRandom(7);
        Document[] documents = [.. Enumerable.Range(0, 90).Select(i => new Document
        {
            Id = $"d{i:00}",
            Title = i % 3 == 0 ? null : SmallModels.Text(random) + " orders",       // most longer than the three words that count
            Text = SmallModels.Text(random) + (i % 4 == 0 ? "\n" : " ") + SmallModels.Text(random) + " order",
        })];
        Document[] repeated = [.. documents.Select(d =>
        {
            string[] lines = d.Content.Split('\n', 2);
            string[] title = lines.Length == 1 ? [] : [.. Pieces(lines[0]).Take(3)];
            return new Document { Id = d.Id, Text = string.Join(" | ", [d.Content, .. title, .. title]) };      // a bar, so that no pair of characters forms
        })];
        string[] queries = [.. Enumerable.Range(0, 30).Select(_ => SmallModels.Text(random) + " orders")];
        var options = new Bm25Options { Stemming = stemming };
        var expected = await new Bm25Index(new Corpus(repeated), options).RankAsync(queries, 100, Token);
        var lead = new LeadOptions { Of = LeadField.Title, Tokens = 3, Weight = 3 };
        Assert.Equal(expected.SelectMany(r => r), (await new Bm25Index(new Corpus(documents), options with { Lead = lead }).RankAsync(queries, 100, Token)).SelectMany(r => r));
        foreach (var other in new[] { null, lead with { Of = LeadField.Beginning } })
        {
            Assert.NotEqual(expected.SelectMany(r => r), (await new Bm25Index(new Corpus(documents), options with { Lead = other }).RankAsync(queries, 100, Token)).SelectMany(r => r));
        }

        static string[] Pieces(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => w != "?")];
    }

    [Fact]
    public async Task RankAsync_Stemmed_FindsInflections()
    {
        var corpus = new Corpus([new Document { Id = "a", Text = "refunded orders" }, new Document { Id = "b", Text = "else" }]);
        Assert.Empty((await new Bm25Index(corpus).RankAsync(["refunds of an order"], 3, Token))[0]);
        Assert.Equal(0, (await new Bm25Index(corpus, new Bm25Options { Stemming = "english" }).RankAsync(["refunds of an order"], 3, Token))[0].Single().Document);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Bm25Index(corpus, new Bm25Options { Stemming = "german", K1 = -1 }));
        Assert.Contains("german", error.Message, StringComparison.Ordinal);
        Assert.Contains("K1 is -1", error.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// A BM25 written in Python over \w+ finds .802.
    /// </summary>
    [Fact]
    public async Task RankAsync_Banking77_FindsTheIntentAsOftenAsAnother()
    {
        string? data = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        Assert.SkipWhen(data is null, "NEARFAR_DATA is not set: banking77 is not here");
        var rows = new List<(string Text, string Intent, string Split)>();
        using (var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(data!, "intents", "banking77.jsonl.gz")), CompressionMode.Decompress)))
        {
            while (await reader.ReadLineAsync(Token) is { } line)
            {
                using var json = JsonDocument.Parse(line);
                string Of(string name) => json.RootElement.GetProperty(name).GetString()!;
                rows.Add((Of("text"), Of("intent"), Of("split")));
            }
        }

        var train = rows.Where(r => r.Split == "train").ToArray();
        var test = rows.Where(r => r.Split == "test").ToArray();
        var index = new Bm25Index(new Corpus(train.Select((r, i) => new Document { Id = $"d{i:00000}", Text = r.Text })));
        var rankings = await index.RankAsync([.. test.Select(t => t.Text)], 1, Token);
        double accuracy = rankings.Zip(test).Count(p => p.First.Count > 0 && train[p.First[0].Document].Intent == p.Second.Intent) / (double)test.Length;
        TestContext.Current.TestOutputHelper?.WriteLine($"acc@1 {accuracy:0.0000} of {test.Length}");
        Assert.InRange(accuracy, 0.800, 0.804);
    }
}
