using CsCheck;
using Nearfar.Mining;
using Nearfar.Mining.Rules;
using Nearfar.Pairs;
using Nearfar.Tests.Evaluation;
using Xunit;

namespace Nearfar.Tests.Mining.Rules;

public class MiningRuleTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<MiningResult> MineAsync(MiningOptions options, string positive, params double[] cosines)
    {
        var (corpus, encoder) = MiningWorld.AtCosines(cosines);
        return await MiningWorld.Miner(corpus, encoder, options).MineAsync(new TrainingSet(corpus, [MiningWorld.Pair(positive)]), "001", Token);
    }

    // sentence-transformers, tests/util/test_hard_negatives.py: q [1, 0], positive [-.5, sqrt .75], one page just above it, one far below.
    [Fact]
    public async Task RelativeMargin_NegativePositive_KeepsTheFarPageAlone()
    {
        var result = await MineAsync(MiningWorld.Bare with { RelativeMargin = 0.05 }, "d0", -0.5, -0.49, -0.8);
        Assert.Equal(["d2"], MiningWorld.Ids(result));
        Assert.Equal(1, result.Refused["within the relative margin"]);
        Assert.Equal("relative_margin=0.05", result.Pairs[0].HardNegatives[0].Provenance!.Rule);
    }

    [Fact]
    public async Task RangeMax_BeyondTheCorpus_GivesWhatIsThereWithItsScores()
    {
        var result = await MineAsync(MiningWorld.Bare with { RangeMax = 10, PerQuery = 1 }, "d0", -0.5, -0.49);
        var negative = Assert.Single(result.Pairs[0].HardNegatives);
        Assert.Equal("d1", negative.DocumentId);
        Assert.Equal(-0.5, negative.Provenance!.Scores["positive"], 1e-6);
        Assert.Equal(-0.49, negative.Provenance.Scores["negative"], 1e-6);
        Assert.Equal("every candidate", negative.Provenance.Rule);
    }

    [Fact]
    public async Task RankWindow_CountsRawRanks_PositivesIncluded()
    {
        var result = await MineAsync(MiningWorld.Bare with { SkipRanks = 2, RangeMax = 4 }, "d2", 0.9, 0.8, 0.7, 0.6, 0.5);
        Assert.Equal(["d3"], MiningWorld.Ids(result));         // ranks 3 and 4 are left, and d2 is the positive
        Assert.Equal((2, 1), (result.Refused["skipped rank"], result.Refused["rank beyond range_max"]));
    }

    [Fact]
    public async Task AbsoluteMarginAndBounds_AreTheFormula()
    {
        double[] cosines = [0.8, 0.75, 0.6, 0.4, 0.1, -0.3];
        Assert.Equal(["d2", "d3", "d4", "d5"], MiningWorld.Ids(await MineAsync(MiningWorld.Bare with { AbsoluteMargin = 0.1 }, "d0", cosines)));
        var bounded = await MineAsync(MiningWorld.Bare with { MaxScore = 0.7, MinScore = 0 }, "d0", cosines);
        Assert.Equal(["d2", "d3", "d4"], MiningWorld.Ids(bounded));
        Assert.Equal((1, 1), (bounded.Refused["above max_score"], bounded.Refused["below min_score"]));
        Assert.Equal("max_score<=0.7; min_score>=0", bounded.Pairs[0].HardNegatives[0].Provenance!.Rule);
    }

    [Fact]
    public void MarginRule_AnySigns_IsWhatSentenceTransformersDrops() => Gen.Select(Gen.Double[-1, 1], Gen.Double[-1, 1], Gen.Double[0, 1]).Sample(
        (positive, score, margin) =>
        {
            var candidate = new Candidate(1, (float)score, 1, []);
            var question = new MiningQuestion { Pair = MiningWorld.Pair("d0"), Number = 0, Right = [0], Quota = 1, Lowest = positive, Background = 0.1 };
            Assert.Equal((float)score > positive - (Math.Abs(positive) * margin), new MarginRule(margin, relative: true).Refusal(candidate, question) is not null);
            Assert.Equal((float)score > positive - margin, new MarginRule(margin, relative: false).Refusal(candidate, question) is not null);
            Assert.Equal(positive > 0.1 && !((float)score - 0.1 < 0.9 * (positive - 0.1)), positive > 0.1 && new PositiveRatioRule(0.9).Refusal(candidate, question) is not null);
        }, seed: "0N0XIzNsQ0O2", iter: 500);

    [Fact]
    public async Task Refused_WithTheTaken_AddUpToAllCandidates()
    {
        var result = await MineAsync(MiningWorld.Bare with { PerQuery = 2, AbsoluteMargin = 0.1, SkipRanks = 1 }, "d1", 0.95, 0.9, 0.85, 0.7, 0.6, 0.5, 0.4);
        Assert.Equal(["d3", "d4"], MiningWorld.Ids(result));
        Assert.Equal(2, result.Refused["per-query cap"]);
        Assert.Equal(7, result.Negatives + result.Refused.Values.Sum());
    }

    [Fact]
    public async Task Sampling_Random_DrawsFromTheAdmittedBySeedInRankOrder()
    {
        double[] cosines = [.. Enumerable.Range(0, 16).Select(i => 0.9 - (0.05 * i))];
        var options = MiningWorld.Bare with { PerQuery = 4, AbsoluteMargin = 0.07, RangeMax = 12, Sampling = MiningSampling.Random };
        string[] one = MiningWorld.Ids(await MineAsync(options, "d0", cosines));
        Assert.Equal(one, MiningWorld.Ids(await MineAsync(options, "d0", cosines)));
        Assert.Equal(4, one.Length);
        Assert.Equal(one.OrderBy(d => int.Parse(d[1..], System.Globalization.CultureInfo.InvariantCulture)), one);
        var all = new HashSet<string>();
        for (ulong seed = 1; seed <= 20; seed++)
        {
            all.UnionWith(MiningWorld.Ids(await MineAsync(options with { Seed = seed }, "d0", cosines)));
        }

        Assert.Equal(Enumerable.Range(2, 10).Select(i => $"d{i}").Order(StringComparer.Ordinal), all.Order(StringComparer.Ordinal));        // d1 is within the margin, d12 on are beyond the window
    }

    [Fact]
    public async Task Teacher_RefusesWhatItPutsNearThePositive_OnItsOwnScale()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.9, 0.8, 0.7, 0.6, 0.5, 0.4);
        var set = new TrainingSet(corpus, [MiningWorld.Pair("d0")]);
        // Scores of a reranker, far from any cosine: d5 it cannot judge.
        var told = new Dictionary<string, double> { ["d0"] = 10, ["d1"] = 9.99, ["d2"] = 2, ["d3"] = 12, ["d4"] = 7 };
        async Task<MiningResult> With(MiningOptions options) =>
            await new HardNegativeMiner(corpus, encoder, options, [], new FixedClock(MiningWorld.Now)) { Teacher = new ToldTeacher(told) }.MineAsync(set, "001", Token);

        var result = await With(MiningWorld.Bare with { TeacherRatio = 0.95 });
        Assert.Equal(["d2", "d4"], MiningWorld.Ids(result));
        Assert.Equal((2, 1), (result.Refused["not below the teacher's ratio"], result.Refused["teacher cannot judge"]));
        var provenance = result.Pairs[0].HardNegatives[0].Provenance!;
        Assert.Equal((10.0, 2.0, "teacher_ratio<0.95"), (provenance.Scores["teacher_positive"], provenance.Scores["teacher"], provenance.Rule));
        Assert.Equal(["d3", "d1"], result.Review.Select(r => r.DocumentId));        // likeliest first
        Assert.Equal(["d2"], MiningWorld.Ids(await With(MiningWorld.Bare with { TeacherRatio = null, TeacherMargin = 4 })));
    }

    [Fact]
    public async Task Teacher_NaNOrTooFewScores_AreErrors()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.9, 0.8);
        var miner = new HardNegativeMiner(corpus, encoder, MiningWorld.Bare, [], new FixedClock(MiningWorld.Now)) { Teacher = new ToldTeacher(new() { ["d0"] = 1, ["d1"] = double.NaN }) };
        Assert.Contains("NaN", (await Assert.ThrowsAsync<NearfarException>(() => miner.MineAsync(new TrainingSet(corpus, [MiningWorld.Pair("d0")]), "001", Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EncoderTeacher_IsTheCosineOfTheOtherEncoder()
    {
        var (corpus, _) = MiningWorld.AtCosines(0.9, 0.2);
        var other = new VectorEncoder(2, "other").Add("q", 1, 0).Add(corpus.Documents[0].Content, 3, 4);
        var scores = await new EncoderTeacher(other).ScoreAsync("q", corpus.Documents, Token);
        Assert.Equal(0.6, scores[0]!.Value, 1e-6);
        Assert.Null(scores[1]);         // no known token: no judgement, never 0
        Assert.Null((await new EncoderTeacher(other).ScoreAsync("unknown", corpus.Documents, Token))[0]);
    }

    [Fact]
    public void Options_EveryUnsoundValue_IsNamedAtOnce()
    {
        var options = new MiningOptions
        {
            PerQuery = 0,
            PositiveRatio = 0,
            RelativeMargin = -1,
            AbsoluteMargin = 3,
            MaxScore = -2,
            MinScore = 2,
            TeacherRatio = 2,
            TeacherMargin = double.NaN,
            Depth = -1,
            SkipRanks = -1,
            RangeMax = -1,
            UseEncoder = false,
            UseBm25 = false,
            HubCap = -1,
            Sampling = (MiningSampling)9,
            Review = -1,
        };
        string[] names = ["per_query", "positive_ratio", "relative_margin", "absolute_margin", "max_score", "min_score", "teacher_ratio", "teacher_margin", "candidates", "skip_ranks", "range_max", "sources", "per_document", "sampling", "review"];
        Assert.All(names, name => Assert.Contains(options.Problems(), p => p.StartsWith(name, StringComparison.Ordinal)));
        Assert.Empty(new MiningOptions().Problems());
    }
}
