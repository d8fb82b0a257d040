using System.Text.Json;
using Nearfar.Cli.Verbs;
using Xunit;

namespace Nearfar.Cli.Tests;

/// <summary>What all verbs keep: help, exit codes, where they write.</summary>
public sealed class CommandLineTests
{
    public static TheoryData<string> Verbs => [.. Verb.All.Select(v => v.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Help_EveryVerb_HasAnExampleAndTheCommonOptions(string verb)
    {
        var (exit, output, error) = await Shop.RunBareAsync(verb, "--help");
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains($"Example: nearfar {verb}", Flat(output), StringComparison.Ordinal);
        Assert.All(["--json", "--quiet", "--seed", "--workspace"], option => Assert.Contains(option, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_WithoutAVerb_NamesAllOfThem()
    {
        var (exit, output, _) = await Shop.RunBareAsync("--help");
        Assert.Equal(0, exit);
        Assert.All(Verb.All, verb => Assert.Contains($"  {verb.Name} ", output, StringComparison.Ordinal));
        Assert.Equal(["init", "check", "pairs", "gateset", "loop", "train", "cut", "embed", "index", "search", "eval", "compare", "similarity", "slices", "gate", "mine", "label", "report", "release", "lineage", "history", "trec-eval", "doctor"], Verb.All.Select(v => v.Name));
    }

    [Theory]
    [InlineData("serch", "search")]
    [InlineData("lineag", "lineage")]
    [InlineData("trian", "train")]
    public async Task Run_MistypedVerb_ExitsWithOneAndGuesses(string typed, string meant)
    {
        var (exit, output, error) = await Shop.RunBareAsync(typed);
        Assert.Equal(1, exit);
        Assert.Contains("Did you mean", output + error, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(meant, output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("loop", "--atempts", "3")]
    [InlineData("loop", "--attempts", "three")]
    [InlineData("search", "q", "--top")]
    [InlineData("release", "promot")]
    [InlineData("eval", "--set", "train")]
    [InlineData("report")]
    [InlineData("embed", "a.txt")]
    public async Task Run_UsageError_ExitsWithOneAndSaysSoOnStderr(params string[] args)
    {
        var (exit, _, error) = await Shop.RunBareAsync(args);
        Assert.Equal(1, exit);
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("loop")]
    [InlineData("train")]
    [InlineData("eval")]
    [InlineData("mine")]
    [InlineData("history")]
    [InlineData("release", "list")]
    [InlineData("lineage", "run:001")]
    [InlineData("gate", "001")]
    [InlineData("search", "q", "--bm25")]
    public async Task Run_UnknownWorkspace_ExitsWithOneAndNamesIt(params string[] args)
    {
        using var shop = new Shop();
        var (exit, output, error) = await Shop.RunBareAsync([.. args, "--workspace", shop["nowhere"], "--json"]);
        Assert.Equal((1, ""), (exit, output));
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains("nowhere", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WorkspaceNamedTwice_IsRefused()
    {
        using var shop = new Shop();
        Assert.Contains("named twice", (await shop.RunAsync("check", shop.Path)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_BadData_ExitsWithOneAndNamesFileAndLine()
    {
        using var shop = new Shop();
        File.AppendAllLines(shop["train.jsonl"], ["{\"query\": \"no page\"}", "{\"query\": \"x\", \"positive_ids\": [\"refund-kettle\"], \"colour\": 1}"]);
        foreach (string verb in new[] { "check", "loop", "train" })
        {
            var (exit, output, error) = await shop.RunAsync(verb);
            Assert.Equal(1, exit);
            Assert.Contains("train.jsonl:41:", output + error, StringComparison.Ordinal);
            Assert.Contains("train.jsonl:42:", output + error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(shop["output"]));
        }
    }

    [Fact]
    public async Task Run_BadWorkspaceFile_NamesLineAndTheNearestKey()
    {
        using var shop = new Shop("gate: {metrik: recall@5}");
        var (exit, _, error) = await shop.RunAsync("loop");
        Assert.Equal(1, exit);
        Assert.Contains("nearfar.yaml:10", error, StringComparison.Ordinal);
        Assert.Contains("metric", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Cancelled_ExitsWith130()
    {
        using var shop = new Shop();
        using var error = new StringWriter();
        Assert.Equal(130, await NearfarCommand.RunAsync(["loop", shop.Path], TextWriter.Null, error, TimeProvider.System, new CancellationToken(canceled: true)));
        Assert.Contains("again", error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>One way through all verbs; each prints one JSON document, and nothing else on stdout.</summary>
    [Fact]
    public async Task Run_AllVerbsWithJson_PrintExactlyOneDocument()
    {
        using var shop = new Shop();
        await OneAsync(0, "history");
        await OneAsync(0, "doctor");
        await OneAsync(0, "check");
        var loop = await OneAsync(0, "loop");
        Assert.Equal(("released", 0), (loop.GetProperty("end").GetString(), loop.GetProperty("exit_code").GetInt32()));
        Assert.Equal("already_current", (await OneAsync(0, "loop")).GetProperty("end").GetString());
        await OneAsync(0, "train", "--name", "v1", "--seed", "7");
        await OneAsync(0, "mine", "--model", "001", "--from-failures", "--out", shop["mined.jsonl"]);
        await OneAsync(0, "train", "--name", "v2", "--mined", shop["mined.jsonl"]);
        await OneAsync(0, "gate", "001");
        await OneAsync(0, "eval", "--model", "v1");
        await OneAsync(0, "cut", "v1", "--dimensions", "32", "--out", shop["cut"]);
        await OneAsync(0, "embed", "--out", shop["v.safetensors"]);
        await OneAsync(0, "index", shop["v.safetensors"], "--out", shop["index"]);
        Assert.Equal(2, (await OneAsync(0, "search", "refund kettle", "--index", shop["index"], "--top", "2")).GetProperty("hits").GetArrayLength());
        await OneAsync(0, "search", "--queries", shop["dev.jsonl"], "--bm25");
        await OneAsync(0, "search", "--queries", shop["dev.jsonl"], "--trec-run", shop["served.run"]);
        await OneAsync(0, "eval", "--trec-run", shop["served.run"]);
        string report = shop["output/runs/001/report.json"];
        await OneAsync(0, "compare", Directory.GetFiles(shop["output/reports"], "bm25.*")[0], report);
        await OneAsync(0, "slices", "001", "--model", "001", "--out", shop["slices.json"]);
        await OneAsync(0, "report", report, "--out", shop["page.html"]);
        Assert.Equal("promote", (await OneAsync(0, "release", "promote", "v1", "--by", "dana")).GetProperty("event").GetString());
        await OneAsync(0, "release", "rollback", "--by", "dana", "--reason", "bad");
        await OneAsync(0, "release", "show");
        Assert.Equal(JsonValueKind.Array, (await OneAsync(0, "release", "list")).ValueKind);
        await OneAsync(0, "lineage", "run:001");
        await OneAsync(0, "history");
        Assert.Contains("v2", Directory.GetDirectories(shop["output/runs"]).Select(System.IO.Path.GetFileName));
        var init = await Shop.RunBareAsync("init", shop["fresh"], "--json");
        Assert.Equal(0, init.Exit);
        using var _ = JsonDocument.Parse(init.Output);

        async Task<JsonElement> OneAsync(int wanted, params string[] args)
        {
            var (exit, output, error) = await shop.RunAsync([.. args, "--json", "--quiet"]);
            Assert.True(exit == wanted, $"{string.Join(' ', args)}: {exit} {error}");
            using var document = JsonDocument.Parse(output);       // trailing text would throw
            return document.RootElement.Clone();
        }
    }

    [Fact]
    public async Task Run_WithoutJson_EndsByNamingOneNextCommandUnlessQuiet()
    {
        using var shop = new Shop();
        foreach (string[] args in new[] { ["check"], ["loop"], ["eval"], ["history"], new[] { "lineage", "run:001" } })
        {
            var (exit, output, _) = await shop.RunAsync(args);
            Assert.Equal(0, exit);
            Assert.StartsWith("Next: ", output.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
            Assert.DoesNotContain("Next: ", (await shop.RunAsync([.. args, "--quiet"])).Output, StringComparison.Ordinal);
        }
    }

    private static string Flat(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
