using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Tests.Evaluation;
using Xunit;

namespace Nearfar.Tests.Mining;

public class MiningSourceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Union_EveryRanker_CandidateKeepsRankAndScoreOfEach()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.9, 0.8, 0.7, 0.6, 0.5);
        var other = new VectorEncoder(2, "other-space").Add("candle0 q", 1, 0);
        for (int i = 0; i < 5; i++)
        {
            other.Add(corpus.Documents[i].Content, 1, 5 - i);         // the other way round
        }

        encoder.Add("candle0 q", 1, 0);
        var set = new TrainingSet(corpus, [MiningWorld.Pair("d0", query: "candle0 q")]);
        var options = MiningWorld.Bare with { Depth = 2, PerQuery = 2, UseBm25 = true };
        var miner = new HardNegativeMiner(corpus, encoder, options, [], new FixedClock(MiningWorld.Now)) { Rankers = [await VectorRanker.CreateAsync(other, corpus, Token)] };
        var explanation = await miner.ExplainAsync(set, "p", Token);
        string[] told = [.. explanation.Candidates.Select(c => $"{c.Rank} {c.DocumentId}: {string.Join(", ", c.Places.Select(p => $"{p.Ranker} {p.Rank}"))}: {c.Refusal ?? "taken"}")];
        Assert.Equal(
        [
            "1 d0: encoder 1: own positive", "2 d1: encoder 2: taken", "3 d2: bm25 1: taken", "4 d3: other-space 2: per-query cap", "5 d4: other-space 1: per-query cap",
        ], told);
        var negative = (await miner.MineAsync(set, "001", Token)).Pairs[0].HardNegatives[1];
        Assert.Equal(("d2", 3, 1), (negative.DocumentId, negative.Provenance!.Rank!.Value, negative.Provenance.Ranks["bm25"]));
    }

    [Fact]
    public async Task WithoutTheEncoder_OnlyTheOthersPutForward()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.9, 0.8, 0.7);
        encoder.Add("candle0 q", 1, 0);
        var result = await MiningWorld.Miner(corpus, encoder, MiningWorld.Bare with { UseEncoder = false, UseBm25 = true })
            .MineAsync(new TrainingSet(corpus, [MiningWorld.Pair("d0", query: "candle0 q")]), "001", Token);
        Assert.Equal(["d2"], MiningWorld.Ids(result));
    }

    [Fact]
    public async Task ManyBlocks_GiveWhatOneQuestionAloneGets()
    {
        var (corpus, encoder) = MiningWorld.AtCosines([.. Enumerable.Range(0, 16).Select(i => 0.95 - (0.1 * i))]);
        Pair[] pairs = [.. Enumerable.Range(0, CandidateSource.Block + 5).Select(i => MiningWorld.Pair("d0", $"p{i}", $"q{i}"))];
        for (int i = 0; i < pairs.Length; i++)
        {
            encoder.Add(pairs[i].Query, 1, (i % 7) - 3);
        }

        var options = MiningWorld.Bare with { PerQuery = 2, HubCap = 10_000 };
        var all = await MiningWorld.Miner(corpus, encoder, options).MineAsync(new TrainingSet(corpus, pairs), "001", Token);
        Assert.Equal(pairs.Length, all.Pairs.Count);
        foreach (int i in new[] { 0, CandidateSource.Block - 1, CandidateSource.Block, pairs.Length - 1 })
        {
            var alone = await MiningWorld.Miner(corpus, encoder, options).MineAsync(new TrainingSet(corpus, [pairs[i]]), "001", Token);
            Assert.Equal(alone.Pairs[0].HardNegatives.Select(n => n.DocumentId), all.Pairs[i].HardNegatives.Select(n => n.DocumentId));
        }
    }

    [Fact]
    public async Task Failures_KeepTheServedRankAndTheTraceId()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.9, 0.8, 0.3);
        var row = new TrafficRow { Id = "t:s", Query = "q", ExpectedIds = ["d2"], Outcome = TrafficOutcome.Failed, Retrieved = [new RetrievedDocument("d1", 7.5, 1)] };
        var result = await MiningWorld.Miner(corpus, encoder, MiningWorld.Bare).MineFailuresAsync([row], 1, "001", Token);
        var negatives = result.Pairs[0].HardNegatives;
        Assert.Equal(["encoder=1", "encoder=2 served=1"], negatives.Select(n => string.Join(' ', n.Provenance!.Ranks.Select(r => $"{r.Key}={r.Value}"))));
        Assert.All(negatives, n => Assert.Equal("t:s", n.Provenance!.TraceId));
    }

    [Fact]
    public async Task Explain_HubsOfTheQuestionsBefore_AreCounted_AndTheVerdictsAreTheRuns()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.9, 0.8, 0.7, 0.6);
        var set = new TrainingSet(corpus, [.. Enumerable.Range(0, 3).Select(i => MiningWorld.Pair("d0", $"p{i}"))]);
        var options = MiningWorld.Bare with { PerQuery = 1, HubCap = 2 };
        var third = await MiningWorld.Miner(corpus, encoder, options).ExplainAsync(set, "p2", Token);
        Assert.Equal(["own positive", "hub cap", "taken", "per-query cap"], third.Candidates.Select(c => c.Refusal ?? "taken"));
        Assert.Equal(("p2", "d0", 1), (third.PairId, third.PositiveIds[0], third.Wanted));
        Assert.Equal(0.9, third.Positive!.Value, 1e-6);
        var mined = await MiningWorld.Miner(corpus, encoder, options).MineAsync(set, "001", Token);
        Assert.Equal("d2", mined.Pairs[2].HardNegatives[0].DocumentId);
        Assert.Equal("p0", (await MiningWorld.Miner(corpus, encoder, options).ExplainAsync(set, " Q ", Token)).PairId);          // by text, folded
    }

    [Fact]
    public async Task Explain_TextThatNobodyAsked_ShowsItsNeighboursWithoutAPositive()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.9, 0.8);
        encoder.Add("something else", 0.1f, 1);
        var explanation = await MiningWorld.Miner(corpus, encoder, new MiningOptions { UseBm25 = false }).ExplainAsync(new TrainingSet(corpus, [MiningWorld.Pair("d0")]), "something else", Token);
        Assert.Null(explanation.PairId);
        Assert.Null(explanation.Positive);
        Assert.Equal(["d1", "d0"], explanation.Candidates.Select(c => c.DocumentId));
        Assert.Equal("no known token in the query", (await MiningWorld.Miner(corpus, encoder, new MiningOptions()).ExplainAsync(new TrainingSet(corpus, []), "zzz", Token)).Trouble);
    }

    [Fact]
    public async Task Open_ModelsAndDevThatAreMissing_AreRefusedBeforeAnyWork()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.9, 0.8);
        Task<HardNegativeMiner> Open(MiningOptions options) => HardNegativeMiner.OpenAsync(corpus, encoder, options, null, [], new FixedClock(MiningWorld.Now), Token);
        string message = (await Assert.ThrowsAsync<NearfarException>(() => Open(new MiningOptions { TeacherModel = "no/teacher", SourceModels = ["no/source"] }))).Message;
        Assert.Contains("no/teacher", message, StringComparison.Ordinal);
        Assert.Contains("no/source", message, StringComparison.Ordinal);
        Assert.Contains("dev", (await Assert.ThrowsAsync<NearfarException>(() => Open(new MiningOptions { ByCohort = "language" }))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => Open(new MiningOptions { PerQuery = 0 }));
    }
}
