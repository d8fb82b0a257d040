using System.Text.Json;
using Nearfar.Data.Tests.Endpoints;
using Nearfar.Data.Tests.Providers;
using Xunit;

namespace Nearfar.Cli.Tests;

/// <summary><c>eval --endpoint</c> over a search service on this machine.</summary>
public sealed class EndpointVerbTests : IDisposable
{
    private readonly Shop _shop = new("gate: {metric: recall@5, tolerance: 0.3, tie_limit: 0.9, flips: 999}");
    private readonly StandInSearch _service;

    public EndpointVerbTests() => _service = new StandInSearch(File.ReadLines(_shop["corpus.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement)
        .ToDictionary(d => d.GetProperty("id").GetString()!, d => d.GetProperty("text").GetString()!, StringComparer.Ordinal));

    public void Dispose()
    {
        _shop.Dispose();
        _service.Dispose();
    }

    [Fact]
    public async Task Eval_SectionOfTheWorkspace_IsJudgedLikeItsRunFileAndAskedOnce()
    {
        const string secret = "a-token-that-stands-nowhere";
        Environment.SetEnvironmentVariable("NEARFAR_TEST_SEARCH_TOKEN", secret);
        File.AppendAllText(_shop["nearfar.yaml"], $"\nendpoint: {{url: \"{_service.Root}/search\", label: shop search, top: 10, headers: {{Authorization: \"Bearer ${{NEARFAR_TEST_SEARCH_TOKEN}}\"}}}}\n");
        _service.Next.Enqueue(StandInServer.Fails);
        var (exit, output, error) = await _shop.RunAsync("eval", "--endpoint", "--out", _shop["served.json"]);
        Assert.True(exit == 0, output + error);
        Assert.StartsWith("20 questions of dev: right page in top 3 for ", output, StringComparison.Ordinal);
        Assert.Contains("20 questions asked, 0 answers kept from before, 1 tries repeated; 19 first tries took ", output, StringComparison.Ordinal);
        Assert.Contains("shop search", output, StringComparison.Ordinal);
        Assert.Contains("bm25", output, StringComparison.Ordinal);
        Assert.Contains($"Authorization: Bearer {secret}", _service.Requests.First().Head, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, output + error, StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(_shop.Path, "*", SearchOption.AllDirectories), f => Assert.DoesNotContain(secret, File.ReadAllText(f), StringComparison.Ordinal));

        byte[][] before = [File.ReadAllBytes(_shop["served.json"]), File.ReadAllBytes(_shop["served.trec"])];
        int requests = _service.Requests.Count;
        using var again = JsonDocument.Parse((await _shop.RunAsync("eval", "--endpoint", "--out", _shop["served.json"], "--json")).Output);
        Assert.Equal(requests, _service.Requests.Count);
        Assert.Equal(before, [File.ReadAllBytes(_shop["served.json"]), File.ReadAllBytes(_shop["served.trec"])]);
        var served = again.RootElement.GetProperty("served");
        Assert.Equal((0, 20, 19), (served.GetProperty("asked").GetInt32(), served.GetProperty("kept").GetInt32(), served.GetProperty("first_tries").GetInt32()));
        Assert.InRange(served.GetProperty("p50_ms").GetDouble(), 0, served.GetProperty("p95_ms").GetDouble());

        using var file = JsonDocument.Parse((await _shop.RunAsync("eval", "--trec-run", _shop["served.trec"], "--json")).Output);
        Assert.Equal(again.RootElement.GetProperty("metrics").GetRawText(), file.RootElement.GetProperty("metrics").GetRawText());
        Assert.Equal(("shop search", "served"), (again.RootElement.GetProperty("label").GetString(), file.RootElement.GetProperty("label").GetString()));

        Assert.Equal(0, (await _shop.RunAsync("eval", "--endpoint", "--fresh")).Exit);
        Assert.Equal(requests + 20, _service.Requests.Count);
        string report = Assert.Single(Directory.GetFiles(_shop["output/reports"], "shop-search.*.json"));
        Assert.True(File.Exists(Path.ChangeExtension(report, ".trec")));
    }

    [Fact]
    public async Task Eval_AddressOnTheCommandLine_IsGatedLikeAnyServedRanking()
    {
        _service.Form = rows => $"[{string.Join(",", rows.Select(r => $"\"{r.Id}\""))}]";
        string[] eval = ["eval", "--set", "gate", "--endpoint", _service.Root + "/find?q={query}&n={k}", "--ids", "[]", "--quiet"];
        var (exit, output, error) = await _shop.RunAsync([.. eval, "--out", _shop["next.json"]]);
        Assert.True(exit == 0, output + error);
        Assert.Equal(40, _service.Requests.Count);
        var form = _service.Form;
        _service.Form = rows => form(rows[..3]);
        Assert.Equal(0, (await _shop.RunAsync([.. eval, "--fresh", "--out", _shop["today.json"]])).Exit);
        Assert.Equal(80, _service.Requests.Count);
        var gate = await _shop.RunAsync("gate", _shop["next.json"], "--reference", _shop["today.json"]);
        Assert.True(gate.Exit == 0, gate.Output + gate.Error);
    }

    [Fact]
    public async Task Eval_NothingToAskOrTwoCandidates_IsRefusedWithWhatToDo()
    {
        Assert.Contains("has no section endpoint", (await _shop.RunAsync("eval", "--endpoint")).Error, StringComparison.Ordinal);
        Assert.Contains("Add --endpoint", (await _shop.RunAsync("eval", "--fresh", "--model", "x")).Error, StringComparison.Ordinal);
        Assert.Contains("The workspace goes before it", (await _shop.RunAsync("eval", "--endpoint", _shop.Path)).Error, StringComparison.Ordinal);
        Assert.Contains("endpoint.ids: \"id\" is no path", (await _shop.RunAsync("eval", "--endpoint", "http://localhost/", "--ids", "id")).Error, StringComparison.Ordinal);
        foreach (string[] other in new[] { new[] { "--model", "x" }, ["--trec-run", "x"], ["--hybrid", "rrf"] })
        {
            Assert.Contains("Give one of them", (await _shop.RunAsync(["eval", "--endpoint", _service.Root, .. other])).Error, StringComparison.Ordinal);
        }

        Assert.Empty(_service.Requests);
    }
}
