using System.Text.Json;
using Nearfar.Data.Tests.Providers;
using Xunit;

namespace Nearfar.Cli.Tests;

/// <summary>Verbs over <c>kind: adapter</c>: a query-side map over the frozen vectors of a folder, or of a provider on this machine.</summary>
public sealed class AdapterVerbTests : IDisposable
{
    private readonly StandInProvider _provider = new() { Dimensions = 256 };
    private readonly Shop _shop = new("gate: {metric: recall@5, tolerance: 0.3, reference: untrained, flips: 999}");

    public void Dispose()
    {
        _provider.Dispose();
        _shop.Dispose();
    }

    private void Use(string encoder, string train = "{batch: 20, epochs: 2, rate: 0.01}") => File.WriteAllLines(_shop["nearfar.yaml"], File.ReadAllLines(_shop["nearfar.yaml"])
        .Where(l => !l.TrimStart().StartsWith("tokenizer:", StringComparison.Ordinal))
        .Select(l => l.TrimStart().StartsWith("encoder:", StringComparison.Ordinal) ? "encoder: " + encoder : l.TrimStart().StartsWith("train:", StringComparison.Ordinal) ? "train: " + train : l));

    private string Provider => $"{{kind: adapter, from: openai, endpoint: \"{_provider.Root}/v1\", model: words, rank: 8}}";

    private async Task<(string Output, string Error)> DoneAsync(params string[] args)
    {
        var (exit, output, error) = await _shop.RunAsync(args);
        Assert.True(exit == 0, $"{string.Join(' ', args)}: exit {exit}\n{output}\n{error}");
        return (output, error);
    }

    [Fact]
    public async Task TrainLoop_OverAFolder_ReleaseAnAdapterThatSearches()
    {
        await DoneAsync("train", "--name", "base");
        Use($"{{kind: adapter, from: \"{_shop["output/runs/base/model"].Replace('\\', '/')}\"}}");
        await DoneAsync("train", "--name", "v1");
        Assert.True(File.Exists(_shop["output/runs/v1/model/adapter.safetensors"]));
        await DoneAsync("gate", "v1");
        Assert.Contains("is current", (await DoneAsync("loop", "--seed", "5")).Output, StringComparison.Ordinal);
        await DoneAsync("check");
        await DoneAsync("gateset", "freeze");
        await DoneAsync("gateset", "check");
        Assert.Contains("refund-planner", (await DoneAsync("search", "refund thirty days planner", "--top", "3")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrainLoop_OverAProvider_EveryVerbFindsTheBaseAndTellsWhatItCost()
    {
        Use(Provider);
        Assert.Contains("texts sent", (await DoneAsync("train", "--name", "v1")).Error, StringComparison.Ordinal);
        Assert.Contains("texts sent", (await DoneAsync("gate", "v1")).Error, StringComparison.Ordinal);
        var loop = await DoneAsync("loop", "--seed", "5");
        Assert.Contains("is current", loop.Output, StringComparison.Ordinal);
        Assert.Contains("from the cache", loop.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Directory.GetDirectories(_shop["output/releases"], "nf*")[0], "base")));      // none of them holds its base
        int calls = _provider.Requests.Count;
        await DoneAsync("check");
        Assert.Equal(calls, _provider.Requests.Count);                     // a check costs nothing
        Assert.Contains("from the cache", (await DoneAsync("gateset", "freeze")).Error, StringComparison.Ordinal);
        await DoneAsync("gateset", "check");
        File.AppendAllText(_shop["traffic.jsonl"], """{"id":"t2:s","query":"headset parcel lost","outcome":"failed"}""" + "\n");
        Assert.Contains("from the cache", (await DoneAsync("label", "pool", "--out", _shop["sheet.jsonl"])).Error, StringComparison.Ordinal);
        Assert.NotEmpty(File.ReadAllLines(_shop["sheet.jsonl"]));
    }

    [Fact]
    public async Task Preset_BesideAnAdapter_IsRefusedInTheFile()
    {
        Use(Provider, "{preset: fast}");
        var (exit, _, error) = await _shop.RunAsync("train", "--name", "x");
        Assert.Equal(1, exit);
        Assert.Contains("nearfar.yaml:", error, StringComparison.Ordinal);
        Assert.Contains("train.preset: chooses among recipes for static encoders", error, StringComparison.Ordinal);
        Assert.Empty(_provider.Requests);
    }

    [Fact]
    public async Task GateOfAReport_OverAProvider_ScoresEarlierReleasesToo()
    {
        Use(Provider);
        foreach (string seed in (string[])["1", "2"])
        {
            await DoneAsync("loop", "--seed", seed);
        }

        await DoneAsync("train", "--name", "third", "--seed", "3");
        await DoneAsync("eval", "--set", "gate", "--model", "third", "--out", _shop["third.json"]);
        await DoneAsync("eval", "--set", "gate", "--model", "current", "--out", _shop["now.json"]);
        File.WriteAllText(_shop["policy.yaml"], "metric: recall@5\ntolerance: 0.3\nflips: 999\n");
        using var json = JsonDocument.Parse((await DoneAsync("gate", _shop["third.json"], "--reference", _shop["now.json"], "--policy", _shop["policy.yaml"], "--json")).Output);
        using var decision = JsonDocument.Parse(File.ReadAllBytes(json.RootElement.GetProperty("decision").GetString()!));
        Assert.Equal("001", decision.RootElement.GetProperty("earlier")[0].GetProperty("label").GetString());
    }
}
