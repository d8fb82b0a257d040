using System.Text.Json;
using Xunit;

namespace Nearfar.Cli.Tests;

public sealed class PairsVerbTests
{
    [Fact]
    public async Task MergeDedupSplitStats_Chain_DoesWhatItSays()
    {
        using var shop = new Shop();
        var merged = await JsonAsync(shop, "merge", shop["train.jsonl"], shop["dev.jsonl"], shop["train.jsonl"], "--out", shop["all.jsonl"]);
        Assert.Equal((60, 40), (merged.GetProperty("rows").GetInt32(), merged.GetProperty("equal").GetInt32()));
        File.AppendAllLines(shop["all.jsonl"], ["{\"id\":\"again\",\"query\":\"REFUND thirty days  kettle\",\"positive_ids\":[\"refund-kettle\"],\"provenance\":{\"source\":\"synthetic\"}}"]);
        var once = await JsonAsync(shop, "dedup", shop["all.jsonl"], "--out", shop["once.jsonl"]);
        Assert.Equal(60, once.GetProperty("kept").GetInt32());
        Assert.Equal("again", once.GetProperty("dropped")[0].GetProperty("id").GetString());
        Assert.Contains("\"source\":\"synthetic\"", File.ReadAllText(shop["once.dropped.jsonl"]), StringComparison.Ordinal);
        var split = await JsonAsync(shop, "split", shop["once.jsonl"], "--out", shop["sets"], "--gate", "0.3", "--dev", "0.3");
        Assert.Equal(60, new[] { "train", "dev", "gate" }.Sum(n => split.GetProperty(n).GetInt32()));
        Assert.Equal(60, new[] { "train", "dev", "gate" }.Sum(n => File.ReadAllLines(shop[$"sets/{n}.jsonl"]).Length));
        var again = await JsonAsync(shop, "split", shop["once.jsonl"], "--out", shop["sets2"], "--gate", "0.1", "--dev", "0.1", "--earlier", shop["sets"]);
        Assert.Equal(split.GetProperty("gate").GetInt32(), again.GetProperty("gate").GetInt32());
        var stats = await JsonAsync(shop, "stats", shop["once.jsonl"]);
        Assert.Equal(60, stats[0].GetProperty("stats").GetProperty("rows").GetInt32());
        var (exit, output, _) = await shop.RunAsync("pairs", "stats", shop["once.jsonl"]);
        Assert.Equal(0, exit);
        Assert.Contains("Next: nearfar check", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_ValueForEveryRow_ListsTheCommonest()
    {
        using var shop = new Shop();
        await File.WriteAllLinesAsync(shop["days.jsonl"], Enumerable.Range(0, 35).Select(i => JsonSerializer.Serialize(new { query = $"question {i}", positive_chunk = $"answer {i} of many", cohorts = new { day = $"{Math.Max(10, i)}" } })), TestContext.Current.CancellationToken);
        var (exit, output, error) = await shop.RunAsync("pairs", "stats", shop["days.jsonl"]);
        Assert.True(exit == 0, error);
        Assert.Contains("  day: 10 11, 11 1, 12 1,", output, StringComparison.Ordinal);
        Assert.Contains(" 29 1, and 5 more values (--json lists all)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sources_EachKind_MakesDocumentsAndPairsWithProvenance()
    {
        using var shop = new Shop();
        File.WriteAllText(shop["faq.csv"], "question,answer\nhow do I return it,send it back within thirty days\nwhere is it,look at the tracking page\n");
        Directory.CreateDirectory(shop["pages"]);
        File.WriteAllText(shop["pages/refund.md"], "# Refunds\n\n## How long do I have?\n\nThirty days from the order, if it is unused.\n\n## Who pays?\n\nWe pay for the parcel in all cases.\n");
        Directory.CreateDirectory(shop["beir/qrels"]);
        File.WriteAllText(shop["beir/corpus.jsonl"], "{\"_id\":\"d1\",\"text\":\"a page\"}\n{\"_id\":\"d2\",\"text\":\"another page\"}\n");
        File.WriteAllText(shop["beir/queries.jsonl"], "{\"_id\":\"q1\",\"text\":\"a question\"}\n{\"_id\":\"q2\",\"text\":\"more\"}\n");
        File.WriteAllText(shop["beir/qrels/test.tsv"], "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\n");
        foreach (var (action, input, pairs) in new[] { ("from-faq", "faq.csv", 2), ("from-sections", "pages", 2), ("from-qrels", "beir", 2) })
        {
            var made = await JsonAsync(shop, action, shop[input], "--out", shop[action]);
            Assert.Equal((2, pairs), (made.GetProperty("documents").GetInt32(), made.GetProperty("pairs").GetInt32()));
            Assert.All(File.ReadAllLines(shop[$"{action}/pairs.jsonl"]), line => Assert.Contains("\"provenance\":{", line, StringComparison.Ordinal));
        }

        Assert.Contains("\"query\":\"How long do I have?\"", File.ReadAllText(shop["from-sections/pairs.jsonl"]), StringComparison.Ordinal);
        Assert.Contains("qrels of beir", File.ReadAllText(shop["from-qrels/pairs.jsonl"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merge_TextsInTheRows_AreWrittenBeside()
    {
        using var shop = new Shop();
        File.WriteAllText(shop["inline.jsonl"], "{\"question\":\"where is it\",\"answer\":\"look at the tracking page\"}\n");
        var merged = await JsonAsync(shop, "merge", shop["inline.jsonl"], shop["train.jsonl"], "--out", shop["all.jsonl"]);
        Assert.Equal(1, merged.GetProperty("documents").GetInt32());
        Assert.Contains("tracking page", File.ReadAllText(shop["all.corpus.jsonl"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wants --out", "split", "train.jsonl")]
    [InlineData("exists; nothing is written over", "merge", "train.jsonl", "--out", "train.jsonl")]
    [InlineData("exists; nothing is written over", "dedup", "train.jsonl", "--out", "dev.jsonl")]
    [InlineData("dedup takes one input", "dedup", "train.jsonl", "dev.jsonl", "--out", "x.jsonl")]
    [InlineData("--gate belongs to split", "stats", "train.jsonl", "--gate", "0.1")]
    [InlineData("gate share is 0.9", "split", "train.jsonl", "--out", "sets", "--gate", "0.9")]
    [InlineData("no such file", "stats", "nowhere.jsonl")]
    [InlineData("holds no train.jsonl", "split", "train.jsonl", "--out", "sets", "--earlier", "output")]
    public async Task Misuse_IsRefusedAndWritesNothing(string message, params string[] args)
    {
        using var shop = new Shop();
        byte[][] before = [File.ReadAllBytes(shop["train.jsonl"]), File.ReadAllBytes(shop["dev.jsonl"])];
        var (exit, _, error) = await shop.RunAsync(["pairs", .. args.Select(a => a.Contains(".jsonl", StringComparison.Ordinal) || a is "sets" or "output" ? shop[a] : a)]);
        Assert.Equal(1, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Equal(before, [File.ReadAllBytes(shop["train.jsonl"]), File.ReadAllBytes(shop["dev.jsonl"])]);
        Assert.False(Directory.Exists(shop["sets"]));
    }

    private static async Task<JsonElement> JsonAsync(Shop shop, params string[] args)
    {
        var (exit, output, error) = await shop.RunAsync(["pairs", .. args, "--json", "--quiet"]);
        Assert.True(exit == 0, error);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}
