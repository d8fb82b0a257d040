using System.Text.Json;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Cli.Tests;

/// <summary>Mining inside the run, from the workspace file to the run's folder.</summary>
public class TrainMiningTests
{
    private const string Train = "train: {batch: 20, epochs: 6, rate: 0.1}";

    [Fact]
    public async Task Train_MiningInside_LeavesNegativesAndTheirHistory_AlsoBesideTheTraining()
    {
        using var shop = new Shop();
        string yaml = await File.ReadAllTextAsync(shop["nearfar.yaml"], TestContext.Current.CancellationToken);
        foreach (string mode in new[] { "lag: 1", "asynchronous: true" })
        {
            string name = mode[..3];
            await File.WriteAllTextAsync(shop["nearfar.yaml"], yaml.Replace(Train, $"train: {{batch: 20, epochs: 6, rate: 0.1, mining: {{every: 3, {mode}, positive_ratio: 0.9}}}}\nmining: {{per_query: 2, sources: [encoder]}}", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            var (exit, _, error) = await shop.RunAsync("train", "--name", name);
            Assert.True(exit == 0, error);
        }

        string[] files = [.. Directory.GetFiles(shop["output/runs/lag/negatives"]).Order(StringComparer.Ordinal)];
        Assert.Equal("00000003.jsonl", Path.GetFileName(files[0]));
        Assert.Equal(files.Select(File.ReadAllText), Directory.GetFiles(shop["output/runs/asy/negatives"]).Order(StringComparer.Ordinal).Select(File.ReadAllText));
        Assert.Equal(File.ReadAllText(shop["output/runs/lag/history.jsonl"]), File.ReadAllText(shop["output/runs/asy/history.jsonl"]));
        var train = PairFile.Read(shop["train.jsonl"]).Rows.ToDictionary(p => p.Id, StringComparer.Ordinal);
        Assert.All(PairFile.Read(files[^1]).Rows, p =>
        {
            Assert.InRange(p.HardNegatives.Count, 1, 2);
            Assert.DoesNotContain(p.HardNegatives, n => train[p.Id].PositiveIds.Contains(n.DocumentId));
            Assert.All(p.HardNegatives, n => Assert.Contains("positive_ratio<0.9", n.Provenance!.Rule, StringComparison.Ordinal));
        });
        using var run = JsonDocument.Parse(await File.ReadAllTextAsync(shop["output/runs/lag/run.json"], TestContext.Current.CancellationToken));
        var options = run.RootElement.GetProperty("options");
        Assert.Equal(("every 3, lag 1", "2", "encoder"), (options.GetProperty("options.mining").GetString(), options.GetProperty("mining.per_query").GetString(), options.GetProperty("mining.sources").GetString()));
        Assert.Equal(0, (await shop.RunAsync("report", "lag")).Exit);
        var again = await shop.RunAsync("train", "--name", "again", "--mined", files[^1]);
        Assert.True(again.Exit == 0, again.Error);
    }

    [Fact]
    public async Task Train_PresetAndMiningInside_KeepsTheWinnersNegatives()
    {
        using var shop = new Shop();
        string yaml = await File.ReadAllTextAsync(shop["nearfar.yaml"], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(shop["nearfar.yaml"], yaml.Replace(Train, "train: {preset: balanced, epochs: 6, batch: 20, mining: {every: 3}}", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (exit, _, error) = await shop.RunAsync("train", "--name", "v1");
        Assert.True(exit == 0, error);
        string[] named = [.. File.ReadLines(shop["output/runs/v1/history.jsonl"]).Where(l => l.StartsWith("{\"kind\":\"mined\"", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("file").GetString()!)];
        Assert.NotEmpty(named);
        Assert.All(named, file => Assert.NotEmpty(PairFile.Read(shop["output/runs/v1/" + file]).Rows));
    }

    [Fact]
    public async Task Loop_MiningInside_ReleasesAndIsCurrentThen()
    {
        using var shop = new Shop();
        string yaml = await File.ReadAllTextAsync(shop["nearfar.yaml"], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(shop["nearfar.yaml"], yaml.Replace(Train, "train: {batch: 20, epochs: 6, rate: 0.1, mining: {every: 4, asynchronous: true}}", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var first = await shop.RunAsync("loop");
        Assert.True(Directory.GetFiles(shop["output/runs/001/negatives"]).Length > 0, first.Error);
        var second = await shop.RunAsync("loop");
        Assert.Equal(first.Exit, second.Exit);
        Assert.Single(Directory.GetDirectories(shop["output/runs"]));
    }

    [Fact]
    public async Task Train_BadMiningInside_AllProblemsAtOnceAndNoRun()
    {
        using var shop = new Shop();
        string yaml = await File.ReadAllTextAsync(shop["nearfar.yaml"], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(shop["nearfar.yaml"], yaml.Replace(Train, """
            train:
              loss: cosent
              hard_negatives: 1
              mining: {asynchronous: true, lag: 0, per_query: 3, review: 10, cache: true, candidate: 7, min_score: 0.5, max_score: 0.1}
            """, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (exit, _, error) = await shop.RunAsync("train", "--name", "v1");
        Assert.Equal(1, exit);
        foreach (string part in new[] { "every: STEPS", "train.mining.lag", "train.mining.per_query", "train.mining.review", "train.mining.cache", "candidates", "train.mining.min_score", "loss cosent reads none" })
        {
            Assert.Contains(part, error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(shop["output/runs"]));
    }

    [Fact]
    public async Task Train_EveryPairInOneBatch_SaysThatMinedNegativesChangeNothing()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        Assert.Equal(0, (await shop.RunAsync("mine", "--model", "v1")).Exit);
        string yaml = await File.ReadAllTextAsync(shop["nearfar.yaml"], TestContext.Current.CancellationToken);
        string[] lines = File.ReadAllLines(shop["train.jsonl"]);
        // One question a page: twenty rows, none of which conflict.
        await File.WriteAllLinesAsync(shop["train.jsonl"], lines.Where((_, i) => i % 2 == 0), TestContext.Current.CancellationToken);
        string[] ids = [.. PairFile.Read(shop["train.jsonl"]).Rows.Select(p => p.Id)];
        PairFile.Write(shop["mined.jsonl"], [.. PairFile.Read(shop["output/mined/v1.jsonl"]).Rows.Where(p => ids.Contains(p.Id))]);
        await File.WriteAllTextAsync(shop["nearfar.yaml"], yaml.Replace("batch: 20", "batch: 64", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Contains("every pair fits one batch: mined negatives of other pairs", (await shop.RunAsync("train", "--name", "one", "--mined", shop["mined.jsonl"])).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("every pair fits one batch", (await shop.RunAsync("train", "--name", "none")).Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(shop["nearfar.yaml"], yaml.Replace("batch: 20", "batch: 8", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("every pair fits one batch", (await shop.RunAsync("train", "--name", "several", "--mined", shop["mined.jsonl"])).Error, StringComparison.Ordinal);
    }
}
