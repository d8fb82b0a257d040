using CsCheck;
using Nearfar.Search;
using Nearfar.Tests.Pairs;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Search;

/// <summary>What every index must pass. Where codes choose candidates, enough of them are asked for that the answer is the exact one.</summary>
public abstract class VectorIndexSuite(IndexKind kind)
{
    private const int AllOfThem = 1_000_000;

    protected static readonly EmbeddingSpace Space = new("nf1-test") { Label = "v7" };

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1, 1, 5)]
    [InlineData(7, 30, 8, 3)]
    [InlineData(64, 1024, 16, 10)]
    [InlineData(65, 1025, 33, 2000)]
    [InlineData(130, 2100, 20, 7)]
    [InlineData(3, 5000, 96, 20)]
    public void Search_AnyShape_EqualsPlainLoopsWithTies(int queries, int documents, int dimensions, int k)
    {
        var (vectors, rows) = Make(queries, documents, dimensions, seed: 1);
        using var index = Build(vectors);
        var found = Search(index, rows, k);
        for (int q = 0; q < queries; q++)
        {
            Assert.Equal(Oracle(vectors, rows[q], k), found[q]);
        }
    }

    [Fact]
    public async Task Search_AloneTogetherAndFromManyThreads_GivesTheSameBits()
    {
        var (vectors, rows) = Make(100, 9000, 40, seed: 2);
        using var index = Build(vectors);
        var options = new SearchOptions { K = 9, Threads = 1 };
        var together = index.Search(rows, Space, options, Token);
        for (int q = 0; q < rows.Count; q += 17)
        {
            Assert.Equal(together[q], index.Search(rows.Slice(q, 1), Space, options with { Threads = 1 + (q % 3) }, Token)[0]);
        }

        foreach (int threads in new[] { 2, 3 })
        {
            AssertSame(together, index.Search(rows, Space, options with { Threads = threads }, Token));
        }

        using var fresh = Build(vectors);
        var runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => fresh.Search(rows, Space, 9, Token))));
        Assert.All(runs, run => AssertSame(together, run));
    }

    [Fact]
    public void Search_ZeroRows_AreNeverFoundAndFindNothing()
    {
        var rows = new Rows<float>(new float[] { 0, 0, -1, 0, 0, 0, 0, 1 }, 4, 2, 2);
        using var index = Build(new VectorSet(Space, ["a", "b", "c", "d"], rows));
        for (int count = 2; count <= 20; count += 18)      // both ways of scanning
        {
            var queries = Rows.Allocate<float>(count, 2);
            queries[0][0] = 1;
            var found = Search(index, queries, 10);
            Assert.Equal([new Hit(3, 0), new Hit(1, -1)], found[0]);      // nearer than a document without a vector is any document
            Assert.All(found.Skip(1), Assert.Empty);
        }
    }

    [Fact]
    public void Search_EqualScores_GoByIdDescendingInUtf8Bytes()
    {
        string[] ids = ["doc-10", "doc-9", "Doc-9", "\U0001F600", "\uFFFD", "é", "e"];
        var rows = Rows.Allocate<float>(ids.Length, 1);
        rows.Data.Span.Fill(1);
        using var index = Build(new VectorSet(Space, ids, rows));
        string[] found = [.. Search(index, new Rows<float>(new float[] { 1 }, 1, 1, 1), 5)[0].Select(h => ids[h.Document])];
        Assert.Equal(["\U0001F600", "\uFFFD", "é", "e", "doc-9"], found);
    }

    [Fact]
    public void Search_ForeignSpaceOrBrokenQuery_IsRefused()
    {
        var (vectors, rows) = Make(2, 5, 3, seed: 3);
        using var index = Build(vectors);
        string message = Assert.Throws<NearfarException>(() => index.Search(rows, new EmbeddingSpace("nf1-other"), 1, Token)).Message;
        Assert.Contains("nf1-other", message, StringComparison.Ordinal);
        Assert.Contains("nf1-test (v7)", message, StringComparison.Ordinal);
        Assert.Contains("nearfar index", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(rows, Space, 0, Token));
        Assert.Contains("Candidates -1", Assert.Throws<ArgumentException>(() => index.Search(rows, Space, new SearchOptions { Candidates = -1 }, Token)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(Rows.Allocate<float>(1, 4), Space, 1, Token));
        rows[1][2] = float.NaN;
        Assert.Contains("Query 2 of 2", Assert.Throws<NearfarException>(() => index.Search(rows, Space, 1, Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Search_NoDocumentsNoQueriesOrCancelled_EndsAsItShould()
    {
        using var empty = Build(new VectorSet(Space, [], new Rows<float>(Memory<float>.Empty, 0, 3, 3)));
        var (vectors, rows) = Make(2, 5, 3, seed: 4);
        using var index = Build(vectors);
        Assert.All(empty.Search(rows, Space, 4, Token), Assert.Empty);
        Assert.All(empty.Search(Make(20, 1, 3, seed: 4).Queries, Space, 4, Token), Assert.Empty);
        Assert.Empty(index.Search(rows.Slice(0, 0), Space, 4, Token));
        Assert.ThrowsAny<OperationCanceledException>(() => index.Search(rows, Space, 4, new CancellationToken(canceled: true)));
        empty.Add(vectors);
        AssertSame(Search(index, rows, 4), Search(empty, rows, 4));
    }

    [Fact]
    public void Delete_ThenSearch_NeverFindsItAndTheNextMovesUp()
    {
        var (vectors, rows) = Make(20, 300, 12, seed: 6);
        using var index = Build(vectors);
        var before = Search(index, rows, 300);
        string[] gone = [.. before[0].Take(40).Select(h => vectors.Ids[h.Document])];
        Assert.Equal(40, index.Delete([.. gone, "no such id", gone[0]]));
        Assert.Equal(260, index.Count);
        Assert.Null(index.PositionOf(gone[3]));
        var after = Search(index, rows, 300);
        for (int q = 0; q < rows.Count; q++)
        {
            Assert.Equal(before[q].Where(h => !gone.Contains(vectors.Ids[h.Document])), after[q]);
        }

        index.Delete(vectors.Ids);
        Assert.All(Search(index, rows, 5), Assert.Empty);
    }

    [Fact]
    public void Add_InParts_IsTheSameAsAllAtOnce()
    {
        var (vectors, rows) = Make(20, 2500, 24, seed: 7);
        using var whole = Build(vectors);
        using var grown = Build(Part(vectors, 0, 100));
        for (int start = 100; start < 2500;)
        {
            int count = Math.Min(start % 3 == 0 ? 1 : 333, 2500 - start);
            grown.Add(Part(vectors, start, count));
            start += count;
        }

        Assert.Equal(vectors.Ids, grown.Ids);
        Assert.Equal(1234, grown.PositionOf(vectors.Ids[1234]));
        AssertSame(Search(whole, rows, 50), Search(grown, rows, 50));
        AssertSame(Search(whole, rows.Slice(0, 3), 50), Search(grown, rows.Slice(0, 3), 50));
        Assert.Contains($"\"{vectors.Ids[5]}\"", Assert.Throws<NearfarException>(() => grown.Add(Part(vectors, 5, 1))).Message, StringComparison.Ordinal);
        var foreign = new VectorSet(new EmbeddingSpace("nf1-other"), ["new"], vectors.Rows.Slice(0, 1));
        Assert.Contains("nf1-other", Assert.Throws<NearfarException>(() => grown.Add(foreign)).Message, StringComparison.Ordinal);
        grown.Delete([vectors.Ids[5]]);
        grown.Add(Part(vectors, 5, 1));
        Assert.Equal(2500, grown.PositionOf(vectors.Ids[5]));
    }

    [Theory, InlineData(1), InlineData(20)]
    public void Filter_AnyShare_FindsTheBestOfThoseThatPass(int queries)
    {
        var (vectors, rows) = Make(queries, 3000, 16, seed: 8);
        using var index = Build(vectors);
        index.Delete([vectors.Ids[7], vectors.Ids[100]]);
        foreach (int every in new[] { 1, 2, 100, 2999, 5000 })
        {
            var filter = index.Filter(i => i % every == 7 % every);
            string[] ids = [.. vectors.Ids.Where((_, i) => i % every == 7 % every)];
            Assert.Equal(ids.Length - ids.Count(id => id == vectors.Ids[7] || id == vectors.Ids[100]), filter.Count);
            var found = index.Search(rows, Space, new SearchOptions { K = 12, Filter = filter, Candidates = AllOfThem }, Token);
            for (int q = 0; q < queries; q++)
            {
                Assert.Equal(Oracle(vectors, rows[q], 3000).Where(h => h.Document % every == 7 % every && h.Document is not (7 or 100)).Take(12), found[q]);
            }

            AssertSame(found, index.Search(rows, Space, new SearchOptions { K = 12, Filter = index.Filter([.. ids, "no such id"]), Candidates = AllOfThem }, Token));
        }

        using var other = Build(vectors);
        Assert.Throws<ArgumentException>(() => other.Search(rows, Space, new SearchOptions { Filter = index.Filter(_ => true) }, Token));
    }

    [Fact]
    public void Save_ThenOpen_FindsTheSameWithTheSameScores()
    {
        using var folder = new Folder();
        var (vectors, rows) = Make(20, 700, 19, seed: 5);
        using var index = Build(Part(vectors, 0, 500));
        index.Add(Part(vectors, 500, 200));
        index.Delete([.. vectors.Ids.Where((_, i) => i % 9 == 4)]);
        index.Save(folder["index"]);
        using var opened = IndexFolder.Open(folder["index"]);
        Assert.Equal(kind, opened.Kind);
        Assert.Equal("v7", opened.Vectors.Space.Label);
        Assert.Equal(index.Count, opened.Count);
        var before = index.Search(rows, Space, 7, Token);
        var after = opened.Search(rows, Space, 7, Token);
        Assert.All(before.Zip(after), pair => Assert.Equal(pair.First.Select(h => (index.Ids[h.Document], h.Score)), pair.Second.Select(h => (opened.Ids[h.Document], h.Score))));
        opened.Add(new VectorSet(Space, ["new"], vectors.Rows.Slice(0, 1)));
        opened.Save(folder["index"]);      // over the files that it is mapped to
        using var again = IndexFolder.Open(folder["index"]);
        Assert.Equal(opened.Count, again.Count);
        AssertSame(Search(opened, rows, 900), Search(again, rows, 900));
        Assert.Contains("nearfar index", Assert.Throws<NearfarException>(() => IndexFolder.Open(folder["nowhere"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Search_RowThatIsNotFinite_IsRefusedNamingIt()
    {
        using var folder = new Folder();
        var (vectors, rows) = Make(20, 300, 16, seed: 9);
        using (var index = Build(vectors))
        {
            index.Save(folder["index"]);
        }

        byte[] bytes = File.ReadAllBytes(folder["index/vectors.safetensors"]);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - (100 * 16 * 4)), float.NaN);      // row 200
        File.WriteAllBytes(folder["index/vectors.safetensors"], bytes);
        using var opened = IndexFolder.Open(folder["index"]);
        foreach (var queries in new[] { rows.Slice(0, 1), rows })
        {
            Assert.Contains($"\"{vectors.Ids[200]}\"", Assert.Throws<NearfarException>(() => Search(opened, queries, 300)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Dispose_ThenSearch_Throws()
    {
        using var folder = new Folder();
        var (vectors, rows) = Make(1, 30, 4, seed: 9);
        var index = Build(vectors);
        index.Save(folder["index"]);
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.Search(rows, Space, 1, Token));
        var opened = IndexFolder.Open(folder["index"]);
        opened.Dispose();
        Assert.Throws<ObjectDisposedException>(() => opened.Search(rows, Space, 1, Token));
    }

    [Fact]
    public void AddDeleteReopen_InAnyOrder_AgreesWithADictionary()
    {
        Gen.Select(Gen.Int[0, 3].Select(Gen.Int[0, 30]).Array[1, 15], Gen.ULong).Sample((steps, seed) =>
        {
            using var folder = new Folder();
            var (all, rows) = Make(1, 31, 6, seed);
            var model = new Dictionary<string, int>(StringComparer.Ordinal);
            var index = Build(Part(all, 0, 0));
            foreach (var (step, which) in steps)
            {
                string id = all.Ids[which];
                if (step == 0)
                {
                    Assert.Equal(model.Remove(id) ? 1 : 0, index.Delete([id]));
                }
                else if (step == 3)
                {
                    index.Save(folder.Path);
                    index.Dispose();
                    index = IndexFolder.Open(folder.Path);
                }
                else if (model.TryAdd(id, which))
                {
                    index.Add(Part(all, which, 1));
                }
            }

            var expected = Oracle(all, rows[0], 31).Where(h => model.ContainsKey(all.Ids[h.Document])).Select(h => (all.Ids[h.Document], h.Score));
            Assert.Equal(expected, Search(index, rows, 40)[0].Select(h => (index.Ids[h.Document], h.Score)));
            Assert.Equal(model.Count, index.Count);
            index.Dispose();
        }, iter: 15, threads: 1, seed: "0000KOIKT9c3");
    }

    protected IVectorIndex Build(VectorSet vectors) => IndexFolder.Build(vectors, kind);

    protected static IReadOnlyList<IReadOnlyList<Hit>> Search(IVectorIndex index, Rows<float> queries, int k) =>
        index.Search(queries, Space, new SearchOptions { K = k, Candidates = AllOfThem }, Token);

    protected static VectorSet Part(VectorSet set, int start, int count) => new(set.Space, [.. set.Ids.Skip(start).Take(count)], set.Rows.Slice(start, count));

    protected static void AssertSame(IReadOnlyList<IReadOnlyList<Hit>> expected, IReadOnlyList<IReadOnlyList<Hit>> actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second));

    // Few different values, so that many scores tie; some zero rows.
    protected static (VectorSet Vectors, Rows<float> Queries) Make(int queries, int documents, int dimensions, ulong seed)
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

        return (new VectorSet(Space, [.. Enumerable.Range(0, documents).Select(i => $"d{(i * 7919) % documents}-{i}")], Draw(documents)), Draw(queries));
    }

    protected static Hit[] Oracle(VectorSet vectors, ReadOnlySpan<float> query, int k)
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
