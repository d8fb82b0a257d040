using Nearfar.Evaluation;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Tests.Evaluation;
using Xunit;

namespace Nearfar.Tests.Mining;

public class CohortDeficitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Ten English questions find their page first; ten German ones never do.
    private static (Corpus Corpus, VectorEncoder Encoder, DevSet Dev, TrainingSet Train) World()
    {
        var (corpus, encoder) = MiningWorld.AtCosines([.. Enumerable.Range(0, 14).Select(i => 0.98 - (0.1 * i))]);
        Pair Row(string id, string positive, string language, string query) => new() { Id = id, Query = query, PositiveIds = [positive], Cohorts = new Dictionary<string, string> { ["language"] = language } };
        Pair[] dev = [.. Enumerable.Range(0, 10).Select(i => Row($"en{i}", "d0", "en", $"en{i}")), .. Enumerable.Range(0, 10).Select(i => Row($"de{i}", "d13", "de", $"de{i}"))];
        foreach (var row in dev)
        {
            encoder.Add(row.Query, 1, 0.2f);
        }

        var builder = new JudgedSetBuilder(corpus, DocumentClusters.Of(corpus, dev)) { Rules = [new CohortRule { Attribute = "language" }] };
        var train = new TrainingSet(corpus, [Row("a", "d0", "en", "q"), Row("b", "d1", "de", "q2"), Row("c", "d2", "fr", "q3")]);
        encoder.Add("q2", 1, 0);
        encoder.Add("q3", 1, 0);
        return (corpus, encoder, builder.Dev(new RowSet<Pair>("dev.jsonl", dev, [.. Enumerable.Range(1, 20).Select(i => (long)i)])), train);
    }

    [Fact]
    public async Task WeakCohort_GetsMoreNegatives_StrongFewer_UnknownAsAsked()
    {
        var (corpus, encoder, dev, train) = World();
        var report = await new Evaluator().EvaluateAsync(encoder, dev, Token);
        double all = report.Metrics["ndcg@10"].Mean, en = report.Cohorts["language"]["en"].Metrics["ndcg@10"].Mean;
        var deficit = await CohortDeficit.MeasureAsync(encoder, dev, "language", Token);
        Assert.Equal((1 - (((10 * en) + (10 * all)) / 20)) / (1 - all), deficit.Factors["en"], 1e-12);
        Assert.Equal(1.5, deficit.Factors["de"], 1e-9);        // (1 - .5 (0 + m)) / (1 - m) at m = .5
        var miner = await HardNegativeMiner.OpenAsync(corpus, encoder, MiningWorld.Bare with { PerQuery = 4, ByCohort = "language" }, dev, [], new FixedClock(MiningWorld.Now), Token);
        Assert.Equal([2, 6, 4], (await miner.MineAsync(train, "001", Token)).Pairs.Select(p => p.HardNegatives.Count));
    }

    [Fact]
    public async Task GateReport_OtherSet_OrUnknownAttribute_IsRefused()
    {
        var (_, encoder, dev, _) = World();
        var report = await new Evaluator().EvaluateAsync(encoder, dev, Token);
        Assert.Equal(["de", "en"], CohortDeficit.FromReport(report, dev, "language").Factors.Keys);
        Assert.Contains("gate", Assert.Throws<NearfarException>(() => CohortDeficit.FromReport(report with { IsGateSet = true }, dev, "language")).Message, StringComparison.Ordinal);
        Assert.Contains("another set", Assert.Throws<NearfarException>(() => CohortDeficit.FromReport(report with { SetHash = "x" }, dev, "language")).Message, StringComparison.Ordinal);
        Assert.Contains("did you mean \"language\"", Assert.Throws<NearfarException>(() => CohortDeficit.FromReport(report, dev, "langage")).Message, StringComparison.Ordinal);
    }
}
