using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Tests.Encoding;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Search;

public class HybridRankerTests
{
    private static readonly Corpus s_corpus = new(new[] { "refund plan", "annual plan order", "where is my order", "late delivery", "delivery refund", "?" }
        .Select((text, i) => new Document { Id = $"d{i}", Text = text }));

    private static readonly string[] s_queries = ["refund", "late order", "plan delivery plan", "?", "xyzzy"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RankAsync_ReciprocalRanks_IsTheSumOfBothRankings()
    {
        var (vectors, words) = await RankersAsync();
        var found = await new HybridRanker(vectors, words, new HybridOptions { RankConstant = 10 }).RankAsync(s_queries, 6, Token);
        IReadOnlyList<IReadOnlyList<Hit>>[] parts = [await vectors.RankAsync(s_queries, 6, Token), await words.RankAsync(s_queries, 6, Token)];
        for (int q = 0; q < s_queries.Length; q++)
        {
            var expected = Enumerable.Range(0, s_corpus.Count)
                .Select(d => new Hit(d, (float)parts.Sum(p => p[q].Select((h, i) => h.Document == d ? 1 / (10.0 + i + 1) : 0).Sum())))
                .Where(h => h.Score > 0).OrderByDescending(h => h.Score).ThenByDescending(h => h.Document);
            Assert.Equal(expected, found[q]);
        }
    }

    [Theory, InlineData(0), InlineData(0.25), InlineData(3)]
    public async Task RankAsync_Weights_IsCosinePlusShareOfTheBestWordScore(double weight)
    {
        var (vectors, words) = await RankersAsync();
        var options = new HybridOptions { Fusion = Fusion.Weighted, WordsWeight = weight, Depth = 1 };      // the other ranking's scores are looked up
        var found = await new HybridRanker(vectors, words, options).RankAsync(s_queries, 6, Token);
        var dense = await vectors.RankAsync(s_queries, 6, Token);
        var lexical = await words.RankAsync(s_queries, 6, Token);
        for (int q = 0; q < s_queries.Length; q++)
        {
            foreach (var hit in found[q])
            {
                double cosine = dense[q].Where(h => h.Document == hit.Document).Sum(h => h.Score);
                double share = lexical[q].Where(h => h.Document == hit.Document).Sum(h => h.Score / lexical[q][0].Score);
                Assert.Equal(cosine + (weight * share), hit.Score, 1e-5);
            }

            Assert.Equal(found[q].OrderByDescending(h => h.Score).ThenByDescending(h => h.Document), found[q]);
        }

        Assert.Equal(s_corpus.Count - 1, found[0].Count);      // "?" has neither vector nor word
        Assert.Empty(found[3]);
    }

    [Fact]
    public async Task New_OtherDocumentsOrBadOptions_IsRefused()
    {
        var (vectors, words) = await RankersAsync();
        var turned = new Corpus(s_corpus.Documents.Reverse());
        Assert.Contains("another order", Assert.Throws<NearfarException>(() => new HybridRanker(vectors, new Bm25Index(turned))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new HybridRanker(vectors, words, new HybridOptions { RankConstant = 0 }));
        Assert.Throws<ArgumentException>(() => new HybridRanker(vectors, words, new HybridOptions { WordsWeight = double.NaN }));
        Assert.Equal(60, new HybridOptions().RankConstant);
        Assert.StartsWith("hybrid-weighted0.25 ", new HybridRanker(vectors, words, new HybridOptions { Fusion = Fusion.Weighted }).Name, StringComparison.Ordinal);
    }

    private static async Task<(VectorRanker, Bm25Index)> RankersAsync() =>
        (await VectorRanker.CreateAsync(SmallModels.Encoder(), s_corpus, Token), new Bm25Index(s_corpus));
}
