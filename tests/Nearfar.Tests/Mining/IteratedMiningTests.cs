using CsCheck;
using Nearfar.Encoding;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Tests.Evaluation;
using Nearfar.Tests.Training;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Mining;

public class IteratedMiningTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MineAsync_SameRulesAsTheMiner_SameNegatives()
    {
        var task = new ToyTask(topics: 30, pairs: 90, hardNegatives: 0);
        var encoder = (await task.Start.BeginAsync(TrainingRows.From(task.Set, 1).Texts, new TrainingOptions(), Token)).ToEncoder();
        var rules = new MiningOptions { PerQuery = 3, Depth = 12, SkipRanks = 1 };
        var inside = await new IteratedMining(rules, [], null).MineAsync(task.Set, encoder, 7, Token);
        var outside = await new HardNegativeMiner(task.Set.Corpus, encoder, rules, [], TimeProvider.System).MineAsync(task.Set, "run", Token);
        Assert.Equal(Places(outside.Pairs), Places(inside.Pairs));
        Assert.Equal(outside.Refused, inside.Refused);
        Assert.All(inside.Pairs.SelectMany(p => p.HardNegatives), n => Assert.Equal(7, n.Provenance!.Step));
    }

    [Fact]
    public async Task MineAsync_ChangedModel_NeverMeetsOldVectors()
    {
        var task = new ToyTask(topics: 30, pairs: 90, hardNegatives: 0);
        var options = new TrainingOptions();
        var texts = TrainingRows.From(task.Set, 1).Texts;
        var a = (await task.Start.BeginAsync(texts, options, Token)).ToEncoder();
        var b = (await new ToyTask(topics: 30, pairs: 90, hardNegatives: 0, seed: 1).Start.BeginAsync(texts, options, Token)).ToEncoder();
        Assert.Equal(a.Space.Id, b.Space.Id);
        b = StaticStart.Random(a.Tokenizer, a.Dimensions, 9).Begin(texts, 1).ToEncoder();
        Assert.NotEqual(a.Space.Id, b.Space.Id);
        var rules = new MiningOptions { PerQuery = 3, Depth = 12 };
        var one = new IteratedMining(rules, [], null);
        foreach (var encoder in new[] { a, b, a, a, b })
        {
            var fresh = await new IteratedMining(rules, [], null).MineAsync(task.Set, encoder, 1, Token);
            Assert.Equal(Places(fresh.Pairs), Places((await one.MineAsync(task.Set, encoder, 1, Token)).Pairs));
        }
    }

    [Fact]
    public void MineAsync_AnyTask_NoNegativeAnswersItsQuestionOrIsIt() => Gen.Select(Gen.Int[2, 6], Gen.Int[1, 3], Gen.Int[1, 1000], Gen.Bool).Sample((topics, positives, seed, bm25) =>
    {
        var (corpus, encoder, pairs) = World(topics, positives, (ulong)seed);
        var set = new TrainingSet(corpus, pairs);
        var mined = new IteratedMining(new MiningOptions { PerQuery = 4, Depth = 10, PositiveRatio = null, UseBm25 = bm25 }, [], null).MineAsync(set, encoder, 1, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        foreach (var pair in mined.Pairs)
        {
            var right = pairs.Where(p => p.FoldKey == pair.FoldKey).SelectMany(p => p.PositiveIds).ToHashSet();
            Assert.All(pair.HardNegatives, n => Assert.False(right.Contains(n.DocumentId) || corpus[n.DocumentId].Content.Equals(pair.Query, StringComparison.OrdinalIgnoreCase), $"{pair.Query}: {n.DocumentId}"));
        }
    }, iter: 60, threads: 1);

    [Fact]
    public async Task MineAsync_PageThatReadsAsTheQuestion_IsRefusedAndCounted()
    {
        var (corpus, encoder, pairs) = World(4, 1, 3);
        var mined = await new IteratedMining(new MiningOptions { PerQuery = 16, Depth = 16, PositiveRatio = null, UseBm25 = false }, [], null).MineAsync(new TrainingSet(corpus, pairs), encoder, 1, Token);
        Assert.Equal(pairs.Length, mined.Refused["the question itself"]);
    }

    [Fact]
    public void New_WhatIsMissing_IsSaidBeforeAnyWork()
    {
        Assert.Contains("per_query is 0", Assert.Throws<ArgumentException>(() => new IteratedMining(new MiningOptions { PerQuery = 0 }, [], null)).Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", Assert.Throws<NearfarException>(() => new IteratedMining(new MiningOptions { TeacherModel = "nowhere" }, [], null)).Message, StringComparison.Ordinal);
        Assert.Contains("by_cohort", Assert.Throws<NearfarException>(() => new IteratedMining(new MiningOptions { ByCohort = "language" }, [], null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Identity_OtherPagesHeldOut_Differs()
    {
        var rules = new MiningOptions();
        var seal = new HeldOutSeal(["q"], ["page"]);
        Assert.NotEqual(new IteratedMining(rules, [], null).Identity, new IteratedMining(rules, [seal], null).Identity);
        Assert.Equal(new IteratedMining(rules, [seal], null).Identity, new IteratedMining(rules, [new HeldOutSeal(["another"], ["page"]), seal], null).Identity);
        Assert.NotEqual(new IteratedMining(rules, [], null).Identity, new IteratedMining(rules with { RelativeMargin = 0.1 }, [], null).Identity);
    }

    [Fact]
    public async Task MineAsync_HeldOutPage_IsLeft()
    {
        var (corpus, encoder, pairs) = World(5, 1, 3);
        var set = new TrainingSet(corpus, pairs);
        var rules = new MiningOptions { PerQuery = 10, Depth = 20, PositiveRatio = null, UseBm25 = false };
        string page = (await new IteratedMining(rules, [], null).MineAsync(set, encoder, 1, Token)).Pairs[0].HardNegatives[0].DocumentId;
        var sealed_ = await new IteratedMining(rules, [new HeldOutSeal([], [page])], null).MineAsync(set, encoder, 1, Token);
        Assert.DoesNotContain(sealed_.Pairs.SelectMany(p => p.HardNegatives), n => n.DocumentId == page);
        Assert.True(sealed_.Refused["page held out for dev or gate"] > 0);
    }

    private static string[] Places(IReadOnlyList<Pair> pairs) => [.. pairs.SelectMany(p => p.HardNegatives.Select(n => $"{p.Id} {n.DocumentId} {n.Provenance!.Rank} {n.Provenance.Rule} {n.Provenance.Scores["negative"]}"))];

    // Two wordings a question, each with a part of its right pages; and each question stands in the corpus too, in capitals.
    private static (Corpus, VectorEncoder, Pair[]) World(int topics, int positives, ulong seed)
    {
        var random = new Nearfar.Training.Sampling.SeededRandom(seed);
        var encoder = new VectorEncoder(3);
        var documents = new List<Document>();
        var pairs = new List<Pair>();
        void Add(string text) => encoder.Add(text, random.Bell(), random.Bell(), random.Bell());
        for (int t = 0; t < topics; t++)
        {
            for (int p = 0; p < 2 * positives; p++)
            {
                documents.Add(new Document { Id = $"d{t}.{p}", Text = $"page {t} {p} {random.Below(1000)}" });
                Add(documents[^1].Content);
            }

            for (int wording = 0; wording < 2; wording++)
            {
                string query = $"question {t} {wording}";
                Add(query);
                documents.Add(new Document { Id = $"q{t}.{wording}", Text = query.ToUpperInvariant() });
                Add(documents[^1].Content);
                pairs.Add(new Pair { Id = $"p{t}.{wording}", Query = query, QueryId = $"t{t}", PositiveIds = [.. Enumerable.Range(wording * positives, positives).Select(p => $"d{t}.{p}")] });
            }
        }

        return (new Corpus(documents), encoder, [.. pairs]);
    }
}
