using System.Text.Json;
using Xunit;

namespace Nearfar.Cli.Tests;

public sealed class GateSetVerbTests
{
    [Fact]
    public async Task FreezeAddDiffCheckGate_Chain_DoesWhatItSays()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        Assert.Contains("never frozen", (await shop.RunAsync("gate", "v1")).Error, StringComparison.Ordinal);
        var frozen = await shop.RunAsync("gateset", "freeze", "--per-query", "4");
        Assert.True(frozen.Exit == 0, frozen.Error);
        Assert.Contains("Version 1", frozen.Output, StringComparison.Ordinal);
        Assert.Contains("40 questions", frozen.Output, StringComparison.Ordinal);
        var gate = await shop.RunAsync("gate", "v1", "--json");
        Assert.DoesNotContain("never frozen", gate.Error, StringComparison.Ordinal);
        Assert.Equal(1, JsonDocument.Parse(gate.Output).RootElement.GetProperty("attempt").GetInt32());      // another set: its attempts count anew
        File.WriteAllText(shop["more.jsonl"], """{"id":"extra","query":"my kettle, can the money come home","positive_ids":["refund-kettle"]}""");
        Assert.Contains("1 questions added", (await shop.RunAsync("gateset", "add", shop["more.jsonl"])).Output, StringComparison.Ordinal);
        Assert.Contains("1 rows of the gate's file are not in version 1", (await shop.RunAsync("gate", "v1")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await shop.RunAsync("gateset", "freeze")).Exit);
        var diff = await shop.RunAsync("gateset", "diff", "1", "v2", "--json");
        Assert.Equal(0, diff.Exit);
        Assert.Equal("extra", JsonDocument.Parse(diff.Output).RootElement.GetProperty("added")[0].GetString());
        var check = await shop.RunAsync("gateset", "check");
        Assert.True(check.Exit == 0, check.Output + check.Error);
        Assert.Contains("Version 2", check.Output, StringComparison.Ordinal);
        Assert.Contains("Next: nearfar loop", check.Output, StringComparison.Ordinal);
        Assert.Equal(41, JsonDocument.Parse((await shop.RunAsync("gateset", "check", "--json")).Output).RootElement.GetProperty("cohorts")[0].GetProperty("questions").GetInt32());
    }

    [Fact]
    public async Task Add_RefusedRow_ExitsWithOneAndNamesItsPlace()
    {
        using var shop = new Shop();
        File.WriteAllText(shop["more.jsonl"], """{"query":"refund thirty days kettle","positive_ids":["refund-kettle"]}""");
        var (exit, output, _) = await shop.RunAsync("gateset", "add", shop["more.jsonl"]);
        Assert.Equal(1, exit);
        Assert.Contains("more.jsonl:1: refused [shared-question]", output, StringComparison.Ordinal);
        Assert.Contains("Nothing was added", output, StringComparison.Ordinal);
        Assert.Equal(0, (await shop.RunAsync("gateset", "add", "--from-traffic")).Exit);
        Assert.Equal(41, File.ReadAllLines(shop["gate.jsonl"]).Length);
    }

    [Theory]
    [InlineData("add wants one file", "add")]
    [InlineData("diff wants two versions", "diff", "1")]
    [InlineData("--per-query belongs to freeze", "check", "--per-query", "3")]
    [InlineData("takes no file or version", "freeze", "x.jsonl")]
    [InlineData("is no version", "diff", "one", "two")]
    [InlineData("holds no frozen version", "diff", "1", "2")]
    [InlineData("negatives for each question are 0", "freeze", "--per-query", "0")]
    public async Task Misuse_IsRefusedWithWhatIsWanted(string message, params string[] args)
    {
        using var shop = new Shop();
        var (exit, _, error) = await shop.RunAsync(["gateset", .. args]);
        Assert.Equal(1, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop["gate.frozen"]));
    }

    [Fact]
    public async Task Freeze_BaselineThatIsACandidate_IsRefused()
    {
        using var shop = new Shop();
        await shop.RunAsync("train", "--name", "v1");
        var (exit, _, error) = await shop.RunAsync("gateset", "freeze", "--baseline", "v1");
        Assert.Equal(1, exit);
        Assert.Contains("never released", error, StringComparison.Ordinal);
        Assert.Equal(0, (await shop.RunAsync("release", "promote", "v1", "--by", "dana")).Exit);
        Assert.Equal(0, (await shop.RunAsync("gateset", "freeze")).Exit);       // the release is the baseline now
        Assert.Contains("pooled from", File.ReadAllText(shop["gate.frozen/v1.jsonl"]), StringComparison.Ordinal);
    }
}
