using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Tests.Encoding;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Search;

/// <summary>What every ranker keeps, whatever it ranks by.</summary>
public class RankerTests
{
    private static readonly Corpus s_corpus = MakeCorpus();
    private static readonly string[] s_queries = MakeQueries();

    public static TheoryData<string> Rankers => ["bm25", "vectors"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Rankers))]
    public async Task RankAsync_AnyQuery_IsARanking(string name)
    {
        var ranker = await MakeAsync(name);
        var rankings = await ranker.RankAsync(s_queries, 12, Token);
        Assert.Equal(s_queries.Length, rankings.Count);
        foreach (var hits in rankings)
        {
            Assert.InRange(hits.Count, 0, 12);
            Assert.Equal(hits.Count, hits.Select(h => h.Document).Distinct().Count());
            Assert.All(hits, h => Assert.True(float.IsFinite(h.Score)));
            Assert.Equal(hits.OrderByDescending(h => h.Score).ThenByDescending(h => s_corpus.Documents[h.Document].Id, Utf8Order.Ascending), hits);
        }

        Assert.Contains(rankings, hits => hits.Count == 12);
        Assert.True(rankings.Any(hits => hits.Zip(hits.Skip(1)).Any(p => p.First.Score == p.Second.Score)), "wanted a tie, to see its order");
    }

    [Theory]
    [MemberData(nameof(Rankers))]
    public async Task RankAsync_SmallerK_IsTheBeginningOfALarger(string name)
    {
        var ranker = await MakeAsync(name);
        var all = await ranker.RankAsync(s_queries, s_corpus.Count * 2, Token);
        foreach (int k in new[] { 1, 2, 7, 40 })
        {
            var some = await ranker.RankAsync(s_queries, k, Token);
            Assert.All(all.Zip(some), pair => Assert.Equal(pair.First.Take(k), pair.Second));
        }
    }

    [Theory]
    [MemberData(nameof(Rankers))]
    public async Task RankAsync_OneByOneAndConcurrently_IsTheSame(string name)
    {
        var ranker = await MakeAsync(name);
        var together = await ranker.RankAsync(s_queries, 9, Token);
        for (int i = 0; i < s_queries.Length; i++)
        {
            Assert.Equal(together[i], (await ranker.RankAsync([s_queries[i]], 9, Token))[0]);
        }

        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await ranker.RankAsync(s_queries, 9, Token))));
        Assert.All(runs, run => Assert.All(run.Zip(together), pair => Assert.Equal(pair.Second, pair.First)));
    }

    [Theory]
    [MemberData(nameof(Rankers))]
    public async Task RankAsync_NothingKnownOrNothingAsked_FindsNothing(string name)
    {
        var ranker = await MakeAsync(name);
        Assert.All(await ranker.RankAsync(["", "xyzzy", "?!"], 5, Token), hits => Assert.Empty(hits));
        Assert.Empty(await ranker.RankAsync([], 5, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await ranker.RankAsync(["order"], 0, Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ranker.RankAsync(["order"], 5, new CancellationToken(canceled: true)));
        Assert.NotEmpty(ranker.Name);
    }

    [Fact]
    public async Task VectorRanker_IndexOfAnotherSpace_IsRefusedNamingBoth()
    {
        var index = (await VectorRanker.CreateAsync(SmallModels.Encoder(), s_corpus, Token)).Index;
        var other = SmallModels.Encoder(seed: 2);
        string message = Assert.Throws<NearfarException>(() => new VectorRanker(other, index)).Message;
        Assert.Contains(other.Space.Id, message, StringComparison.Ordinal);
        Assert.Contains(index.Vectors.Space.Id, message, StringComparison.Ordinal);
    }

    private static async Task<IRanker> MakeAsync(string name) =>
        name == "bm25" ? new Bm25Index(s_corpus) : await VectorRanker.CreateAsync(SmallModels.Encoder(16), s_corpus, Token);

    private static Corpus MakeCorpus()
    {
        var random = new SeededRandom(7);
        return new Corpus(Enumerable.Range(0, 90).Select(i => new Document { Id = $"d{i * 31 % 90}", Text = SmallModels.Text(random) + (i % 9 == 0 ? " zebra" : " order"), Title = i % 4 == 0 ? "late" : null }));
    }

    private static string[] MakeQueries()
    {
        var random = new SeededRandom(8);
        return [.. Enumerable.Range(0, 70).Select(_ => SmallModels.Text(random))];
    }
}
