using Nearfar.Search;
using Nearfar.Tests.Pairs;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Search;

public class FlatIndexTests
{
    private static readonly EmbeddingSpace Space = new("nf1-test") { Label = "v7" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1, 1, 5)]
    [InlineData(7, 30, 8, 3)]
    [InlineData(64, 1024, 16, 10)]
    [InlineData(65, 1025, 33, 2000)]
    [InlineData(130, 2100, 20, 7)]
    public void Search_AnyShape_EqualsPlainLoopsWithTies(int queries, int documents, int dimensions, int k)
    {
        var (index, rows) = Make(queries, documents, dimensions, seed: 1);
        var found = index.Search(rows, Space, k, Token);
        for (int q = 0; q < queries; q++)
        {
            Assert.Equal(Oracle(index.Vectors, rows[q], k), found[q]);
        }
    }

    [Fact]
    public async Task Search_AloneTogetherAndFromManyThreads_GivesTheSameBits()
    {
        var (index, rows) = Make(200, 1500, 40, seed: 2);
        var together = index.Search(rows, Space, 9, Token);
        for (int q = 0; q < rows.Count; q += 7)
        {
            Assert.Equal(together[q], index.Search(rows.Slice(q, 1), Space, 9, Token)[0]);
        }

        var fresh = Make(200, 1500, 40, seed: 2).Index;       // packs its rows while all search at once
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => fresh.Search(rows, Space, 9, Token))));
        Assert.All(runs, run => Assert.All(run.Zip(together), pair => Assert.Equal(pair.Second, pair.First)));
    }

    [Fact]
    public void Search_ZeroRows_AreNeverFoundAndFindNothing()
    {
        var rows = new Rows<float>(new float[] { 0, 0, -1, 0, 0, 0, 0, 1 }, 4, 2, 2);
        var index = new FlatIndex(new VectorSet(Space, ["a", "b", "c", "d"], rows));
        var found = index.Search(new Rows<float>(new float[] { 1, 0, 0, 0 }, 2, 2, 2), Space, 10, Token);
        Assert.Equal([new Hit(3, 0), new Hit(1, -1)], found[0]);      // nearer than a document without a vector is any document
        Assert.Empty(found[1]);
    }

    [Fact]
    public void Search_EqualScores_GoByIdDescendingInUtf8Bytes()
    {
        string[] ids = ["doc-10", "doc-9", "Doc-9", "\U0001F600", "\uFFFD", "é", "e"];
        var rows = Rows.Allocate<float>(ids.Length, 1);
        rows.Data.Span.Fill(1);
        var index = new FlatIndex(new VectorSet(Space, ids, rows));
        string[] found = [.. index.Search(new Rows<float>(new float[] { 1 }, 1, 1, 1), Space, 5, Token)[0].Select(h => ids[h.Document])];
        Assert.Equal(["\U0001F600", "\uFFFD", "é", "e", "doc-9"], found);
    }

    [Fact]
    public void Search_ForeignSpaceOrBrokenQuery_IsRefused()
    {
        var (index, rows) = Make(2, 5, 3, seed: 3);
        string message = Assert.Throws<NearfarException>(() => index.Search(rows, new EmbeddingSpace("nf1-other"), 1, Token)).Message;
        Assert.Contains("nf1-other", message, StringComparison.Ordinal);
        Assert.Contains("nf1-test (v7)", message, StringComparison.Ordinal);
        Assert.Contains("nearfar index", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(rows, Space, 0, Token));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(Rows.Allocate<float>(1, 4), Space, 1, Token));
        rows[1][2] = float.NaN;
        Assert.Contains("Query 2 of 2", Assert.Throws<NearfarException>(() => index.Search(rows, Space, 1, Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Search_NoDocumentsNoQueriesOrCancelled_EndsAsItShould()
    {
        var empty = new FlatIndex(new VectorSet(Space, [], new Rows<float>(Memory<float>.Empty, 0, 3, 3)));
        var (index, rows) = Make(2, 5, 3, seed: 4);
        Assert.All(empty.Search(rows, Space, 4, Token), hits => Assert.Empty(hits));
        Assert.Empty(index.Search(rows.Slice(0, 0), Space, 4, Token));
        Assert.ThrowsAny<OperationCanceledException>(() => index.Search(rows, Space, 4, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void IndexFolder_SaveThenOpen_SearchesAsBefore()
    {
        using var folder = new Folder();
        var (index, rows) = Make(5, 40, 6, seed: 5);
        IndexFolder.Save(folder["index"], index.Vectors);
        var opened = IndexFolder.Open(folder["index"]);
        Assert.Equal("v7", opened.Vectors.Space.Label);
        Assert.All(index.Search(rows, Space, 7, Token).Zip(opened.Search(rows, Space, 7, Token)), pair => Assert.Equal(pair.First, pair.Second));
        Assert.Contains("nearfar index", Assert.Throws<NearfarException>(() => IndexFolder.Open(folder["nowhere"])).Message, StringComparison.Ordinal);
    }

    // Few different values, so that many scores tie; some zero rows.
    private static (FlatIndex Index, Rows<float> Queries) Make(int queries, int documents, int dimensions, ulong seed)
    {
        var random = new SeededRandom(seed);
        Rows<float> Draw(int count)
        {
            var rows = Rows.Allocate<float>(count, dimensions);
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < dimensions && i % 11 != 10; j++)
                {
                    rows[i][j] = random.Below(3) - 1;
                }
            }

            return rows;
        }

        return (new FlatIndex(new VectorSet(Space, [.. Enumerable.Range(0, documents).Select(i => $"d{(i * 7919) % documents}-{i}")], Draw(documents))), Draw(queries));
    }

    private static Hit[] Oracle(VectorSet vectors, ReadOnlySpan<float> query, int k)
    {
        var hits = new List<Hit>();
        for (int d = 0; d < vectors.Rows.Count; d++)
        {
            float sum = 0;
            for (int i = 0; i < query.Length; i++)
            {
                sum = MathF.FusedMultiplyAdd(query[i], vectors.Rows[d][i], sum);
            }

            if (vectors.Rows[d].ContainsAnyExcept(0f) && query.ContainsAnyExcept(0f))
            {
                hits.Add(new Hit(d, sum));
            }
        }

        return [.. hits.OrderByDescending(h => h.Score).ThenByDescending(h => vectors.Ids[h.Document], Utf8Order.Ascending).Take(k)];
    }
}
