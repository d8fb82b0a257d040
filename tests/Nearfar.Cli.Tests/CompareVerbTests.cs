using System.Text.Json;
using Xunit;

namespace Nearfar.Cli.Tests;

public sealed class CompareVerbTests
{
    [Fact]
    public async Task Compare_ModelAndKeywordRanking_ShowsNeighboursAndNoScores()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("train", "--quiet")).Exit);
        string model = Directory.GetDirectories(shop.Path, "model", SearchOption.AllDirectories).Single();
        Assert.Equal(0, (await shop.RunAsync("search", "--bm25", "--queries", shop["dev.jsonl"], "--top", "10", "--trec-run", shop["dev.trec"])).Exit);
        Assert.Equal(0, (await shop.RunAsync("eval", "--trec-run", shop["dev.trec"], "--out", shop["before.json"])).Exit);
        Assert.Equal(0, (await shop.RunAsync("eval", "--model", model, "--out", shop["after.json"])).Exit);
        var (exit, output, _) = await shop.RunAsync("compare", shop["before.json"], shop["after.json"]);
        Assert.Equal(0, exit);
        Assert.Contains("Two spaces", output, StringComparison.Ordinal);
        Assert.Contains("about: few events, not a 95% interval", output, StringComparison.Ordinal);      // twenty questions
        Assert.Contains("top-10 overlap", output, StringComparison.Ordinal);
        Assert.DoesNotContain("margin_mean", output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await shop.RunAsync("compare", shop["before.json"], shop["after.json"], "--json")).Output);
        Assert.InRange(json.RootElement.GetProperty("spaces").GetProperty("overlap").GetProperty("mean").GetDouble(), 0, 1);

        string vectors = shop["corpus.safetensors"];
        Assert.Equal(0, (await shop.RunAsync("embed", "--model", model, "--out", vectors)).Exit);
        (exit, output, _) = await shop.RunAsync("compare", "--vectors", vectors, vectors);
        Assert.Equal(0, exit);
        Assert.Contains("Procrustes residual", output, StringComparison.Ordinal);
        Assert.Contains("Next: nearfar eval", output, StringComparison.Ordinal);
        using var shape = JsonDocument.Parse((await shop.RunAsync("compare", "--vectors", vectors, vectors, "--json")).Output);
        Assert.Equal(1, shape.RootElement.GetProperty("overlap").GetProperty("value").GetDouble());
        Assert.Equal(1, shape.RootElement.GetProperty("cka").GetDouble(), 1e-9);
    }

    // A report.json holds no differences: they are made, and marked, from the rows of any file, older ones included.
    [Theory, InlineData(2, true), InlineData(14, false)]
    public async Task Compare_FewQuestionsChanged_IntervalIsMarked(int lost, bool few)
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("search", "--bm25", "--queries", shop["dev.jsonl"], "--top", "10", "--trec-run", shop["dev.trec"])).Exit);
        Assert.Equal(0, (await shop.RunAsync("eval", "--trec-run", shop["dev.trec"], "--out", shop["before.json"])).Exit);
        string[] asked = [.. File.ReadLines(shop["dev.trec"]).Select(l => l.Split(' ')[0]).Distinct().Take(lost)];
        File.WriteAllLines(shop["worse.trec"], File.ReadAllLines(shop["dev.trec"]).Where(l => l.Split(' ') is var part && !(asked.Contains(part[0]) && part[0][2..] == part[2])));
        var eval = await shop.RunAsync("eval", "--trec-run", shop["worse.trec"], "--out", shop["after.json"]);
        Assert.Equal(0, eval.Exit);
        using var report = JsonDocument.Parse(File.ReadAllText(shop["after.json"]));
        Assert.True(report.RootElement.GetProperty("metrics").GetProperty("recall@10").GetProperty("few_events").GetBoolean());      // twenty documents
        Assert.Contains("(about ", eval.Output, StringComparison.Ordinal);      // keyword search misses nothing
        Assert.Contains("about: few events, not a 95% interval", eval.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("few_changes", File.ReadAllText(shop["after.json"]), StringComparison.Ordinal);

        using var json = JsonDocument.Parse((await shop.RunAsync("compare", shop["before.json"], shop["after.json"], "--json")).Output);
        var change = json.RootElement.GetProperty("overall").GetProperty("recall@10");
        Assert.Equal((lost, few), (change.GetProperty("losses").GetInt32(), change.GetProperty("few_changes").GetBoolean()));
        string output = (await shop.RunAsync("compare", shop["before.json"], shop["after.json"])).Output;
        string line = Assert.Single(output.Split('\n'), l => l.StartsWith("recall@10 ", StringComparison.Ordinal));
        Assert.Equal(few, line.Contains(" about -", StringComparison.Ordinal));
        Assert.Equal(few, output.Contains("about: few changes, not a 95% interval: under 13 documents", StringComparison.Ordinal));
    }
}
