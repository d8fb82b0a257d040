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
}
