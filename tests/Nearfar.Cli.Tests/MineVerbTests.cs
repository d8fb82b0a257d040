using System.Text.Json;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Cli.Tests;

public class MineVerbTests
{
    [Fact]
    public async Task Mine_ExplainReviewApply_IsOneRound()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);

        var (exit, output, error) = await shop.RunAsync("mine", "--model", "v1", "--from-failures", "--absolute-margin", "0.3", "--json");
        Assert.True(exit == 0, error);
        using var told = JsonDocument.Parse(output);
        Assert.True(told.RootElement.GetProperty("negatives").GetInt32() > 0);
        string review = told.RootElement.GetProperty("review").GetString()!;
        Assert.Equal(shop["output/review/v1.jsonl"], review);
        Assert.All(PairFile.Read(shop["output/mined/v1.jsonl"]).Rows.Where(p => p.Provenance is null).SelectMany(p => p.HardNegatives), n => Assert.Contains("absolute_margin=0.3", n.Provenance!.Rule, StringComparison.Ordinal));

        var explained = await shop.RunAsync("mine", "--model", "v1", "--absolute-margin", "0.3", "--explain", "refund thirty days kettle", "--json");
        using var explanation = JsonDocument.Parse(explained.Output);
        Assert.Contains(explanation.RootElement.GetProperty("candidates").EnumerateArray(), c => c.TryGetProperty("refusal", out var r) && r.GetString() == "own positive");
        var shown = await shop.RunAsync("mine", "--model", "v1", "--explain", "a question that nobody asked about a kettle");
        Assert.Contains("No right page is known", shown.Output, StringComparison.Ordinal);
        Assert.Contains("taken", shown.Output, StringComparison.Ordinal);

        string[] rows = File.ReadAllLines(review);
        string document = JsonDocument.Parse(rows[0]).RootElement.GetProperty("document_id").GetString()!;
        rows[0] = rows[0].Replace("\"decision\":null,\"reviewer\":null", "\"decision\":\"promote\",\"reviewer\":\"ines\"", StringComparison.Ordinal);
        File.WriteAllLines(review, rows);
        Assert.Equal(0, (await shop.RunAsync("mine", "--model", "v1", "--absolute-margin", "0.3", "--apply", review)).Exit);
        var promoted = Assert.Single(PairFile.Read(shop["output/mined/v1.jsonl"]).Rows, p => p.Id.StartsWith("review:", StringComparison.Ordinal));
        Assert.Equal((document, "human", "ines"), (promoted.PositiveIds[0], promoted.Provenance!.Source, promoted.Provenance.Reviewer));
        Assert.StartsWith(rows[0], File.ReadAllText(review), StringComparison.Ordinal);          // mining again lost no decision
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v2", "--mined", shop["output/mined/v1.jsonl"])).Exit);
    }

    [Fact]
    public async Task Mine_Cache_OfAnotherModel_IsNotRead()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v2", "--seed", "2")).Exit);
        async Task<string[]> MinedAsync(string model, params string[] more)
        {
            Assert.Equal(0, (await shop.RunAsync(["mine", "--model", model, "--out", shop["m.jsonl"], .. more])).Exit);
            return [.. PairFile.Read(shop["m.jsonl"]).Rows.SelectMany(p => p.HardNegatives.Select(n => $"{p.Id} {n.DocumentId} {n.Provenance!.Space} {n.Provenance.Scores["negative"]}"))];
        }

        string[] plain1 = await MinedAsync("v1"), plain2 = await MinedAsync("v2");
        Assert.Equal(plain1, await MinedAsync("v1", "--cache"));
        Assert.Equal(plain2, await MinedAsync("v2", "--cache"));
        Assert.Equal(plain1, await MinedAsync("v1", "--cache"));
        Assert.Equal(4, Directory.GetFiles(shop["output/cache"], "*.cache").Length);
    }

    [Fact]
    public async Task Mine_UnsoundOptions_AreAllToldBeforeAnyWork()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        var (exit, _, error) = await shop.RunAsync("mine", "--model", "v1", "--positive-ratio", "much", "--per-query", "0", "--sampling", "some", "--teacher-margin", "1", "--range-max", "0");
        Assert.Equal(1, exit);
        Assert.All(["--positive-ratio", "per_query", "--sampling", "--teacher", "range_max"], name => Assert.Contains(name, error, StringComparison.Ordinal));
        Assert.False(Directory.Exists(shop["output/mined"]));
        Assert.Contains("no/such", (await shop.RunAsync("mine", "--model", "v1", "--teacher", "no/such")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MineReview_NotATerminal_SaysToEditTheFile()
    {
        var (exit, _, error) = await Shop.RunBareAsync("mine", "review", "review.jsonl");
        Assert.Equal(1, exit);
        Assert.Contains("Edit review.jsonl", error, StringComparison.Ordinal);
        Assert.Contains("wants the file", (await Shop.RunBareAsync("mine", "review")).Error, StringComparison.Ordinal);
        Assert.Contains("too many", (await Shop.RunBareAsync("mine", "a", "b")).Error, StringComparison.Ordinal);
    }
}
