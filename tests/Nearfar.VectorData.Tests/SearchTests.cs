using CsCheck;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Xunit;
using Nearfar.Vectors;

namespace Nearfar.VectorData.Tests;

public sealed class SearchTests : IDisposable
{
    private readonly NearfarVectorStore _store = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Cosine_KnownAngles_NearestFirst()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        var found = await pages.SearchAsync(new Embedding<float>(new float[] { 5, 0, 0 }), 10, new() { IncludeVectors = true }, _token).ListAsync();
        Assert.Equal(["a", "b", "c"], found.Select(f => f.Record.Key));
        Assert.Equal([1, 2 / Math.Sqrt(5), 0], found.Select(f => f.Score!.Value), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal([2, 1, 0], found[1].Record.Vector!.Value.ToArray());
        Assert.Equal(["b"], (await pages.SearchAsync(new float[] { 1, 0, 0 }, 1, new() { Skip = 1 }, _token).ListAsync()).Select(f => f.Record.Key));
        Assert.Equal(["a", "b"], (await pages.SearchAsync(new float[] { 1, 0, 0 }, 9, new() { ScoreThreshold = 0.5 }, _token).ListAsync()).Select(f => f.Record.Key));
        Assert.Empty(await pages.SearchAsync(new float[3], 9, cancellationToken: _token).ListAsync());
    }

    [Fact]
    public async Task DotProduct_LengthCounts()
    {
        var pages = await MadeAsync(DistanceFunction.DotProductSimilarity, null);
        await pages.UpsertAsync([Record("short", 1, 0), Record("long", 3, 3), Record("away", -5, 0)], _token);
        var found = await pages.SearchAsync(new float[] { 2, 0 }, 3, cancellationToken: _token).ListAsync();
        Assert.Equal([("long", 6.0), ("short", 2.0), ("away", -10.0)], found.Select(f => ((string)f.Record["Key"]!, f.Score!.Value)));
    }

    [Theory]
    [InlineData(DistanceFunction.CosineDistance, null), InlineData(DistanceFunction.EuclideanDistance, null), InlineData(DistanceFunction.NegativeDotProductSimilarity, null)]
    [InlineData(DistanceFunction.HammingDistance, null), InlineData(DistanceFunction.ManhattanDistance, null), InlineData(DistanceFunction.EuclideanSquaredDistance, null)]
    [InlineData(DistanceFunction.DotProductSimilarity, IndexKind.QuantizedFlat), InlineData(null, "Pyramid")]
    public async Task OtherDistancesAndIndexes_AreRefusedByName(string? distance, string? index)
    {
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => MadeAsync(distance, index));
        Assert.Contains(index ?? distance!, error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(IndexKind.Flat), InlineData(IndexKind.Hnsw), InlineData(IndexKind.QuantizedFlat)]
    public async Task Cosine_AsAPlainLoop_AfterAnyUpsertsAndDeletes(string index)
    {
        var pages = await MadeAsync(DistanceFunction.CosineSimilarity, index);
        var kept = new Dictionary<string, float[]>(StringComparer.Ordinal);
        await Gen.Select(Gen.Int[0, 40], Gen.Float[-1, 1], Gen.Float[-1, 1], Gen.Bool).Array[0, 30].SampleAsync(async steps =>
        {
            foreach (var (key, x, y, delete) in steps)
            {
                if (delete)
                {
                    await pages.DeleteAsync($"k{key}", _token);
                    kept.Remove($"k{key}");
                }
                else
                {
                    await pages.UpsertAsync(Record($"k{key}", x, y), _token);
                    kept[$"k{key}"] = [x, y];
                }
            }

            var found = await pages.SearchAsync(new float[] { 1, 2 }, 1000, cancellationToken: _token).ListAsync();
            var wanted = kept.Where(k => k.Value[0] != 0 || k.Value[1] != 0)
                .ToDictionary(k => k.Key, k => (k.Value[0] + (2.0 * k.Value[1])) / Math.Sqrt(5) / Math.Sqrt(((double)k.Value[0] * k.Value[0]) + ((double)k.Value[1] * k.Value[1])));
            Assert.Equal(wanted.Keys.Order(StringComparer.Ordinal), found.Select(f => (string)f.Record["Key"]!).Order(StringComparer.Ordinal));
            Assert.All(found, f => Assert.Equal(wanted[(string)f.Record["Key"]!], f.Score!.Value, 1e-5));
            Assert.Equal(found.Select(f => f.Score).OrderDescending(), found.Select(f => f.Score));
        }, iter: 100, seed: "0000KOIPe036", threads: 1);
    }

    [Fact]
    public async Task ManyReplacements_IndexIsRebuilt_AnswersStay()
    {
        var pages = await MadeAsync(null, IndexKind.QuantizedFlat);
        for (int round = 0; round < 30; round++)
        {
            await pages.UpsertAsync(Enumerable.Range(0, 100).Select(i => Record($"k{i}", i + 1, round + 1)), _token);
        }

        var found = await pages.SearchAsync(new float[] { 100, 30 }, 1, cancellationToken: _token).ListAsync();
        Assert.Equal("k99", found[0].Record["Key"]);
        Assert.Equal(100, (await pages.SearchAsync(new float[] { 1, 1 }, 1000, cancellationToken: _token).ListAsync()).Count);
    }

    [Fact]
    public async Task Hybrid_WordsLift_FilterSkipAndTopHold()
    {
        var pages = (IKeywordHybridSearchable<Page<string>>)await Pages.FilledAsync(_store, _token);
        var query = new float[] { 1, 0, 0 };
        var found = await pages.HybridSearchAsync(query, ["parcels", "travel"], 3, cancellationToken: _token).ListAsync();
        Assert.Equal(["b", "a", "c"], found.Select(f => f.Record.Key));
        Assert.Equal([(1.0 / 62) + (1.0 / 61), 1.0 / 61, 1.0 / 63], found.Select(f => f.Score!.Value), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(["d", "a", "b", "c"], (await pages.HybridSearchAsync(query, ["invoices"], 9, new() { Filter = p => p.Number > 0 }, _token).ListAsync()).Select(f => f.Record.Key));
        Assert.Equal(["a"], (await pages.HybridSearchAsync(query, ["parcels"], 9, new() { Filter = p => p.Number == 1 }, _token).ListAsync()).Select(f => f.Record.Key));
        Assert.Equal(["a"], (await pages.HybridSearchAsync(query, ["parcels"], 1, new() { Skip = 1 }, _token).ListAsync()).Select(f => f.Record.Key));
        Assert.Equal(["a", "b", "c"], (await pages.HybridSearchAsync(query, [], 9, cancellationToken: _token).ListAsync()).Select(f => f.Record.Key));
    }

    [Fact]
    public async Task Hybrid_SeesWhatWasWrittenSince()
    {
        var collection = await Pages.FilledAsync(_store, _token);
        var pages = (IKeywordHybridSearchable<Page<string>>)collection;
        _ = await pages.HybridSearchAsync(new float[] { 0, 0, 1 }, ["parcels"], 1, cancellationToken: _token).ListAsync();
        await collection.UpsertAsync(new Page<string> { Key = "e", Text = "unheard of" }, _token);
        await collection.DeleteAsync("b", _token);
        Assert.Contains("e", (await pages.HybridSearchAsync(new float[] { 0, 0, 1 }, ["unheard"], 9, cancellationToken: _token).ListAsync()).Select(f => f.Record.Key));
        Assert.DoesNotContain("b", (await pages.HybridSearchAsync(new float[] { 0, 0, 1 }, ["parcels"], 9, cancellationToken: _token).ListAsync()).Select(f => f.Record.Key));
    }

    [Fact]
    public async Task SeveralVectorsOrTexts_MustBeNamed()
    {
        var definition = new VectorStoreCollectionDefinition
        {
            Properties =
            [
                new VectorStoreKeyProperty("Key", typeof(int)), new VectorStoreDataProperty("One", typeof(string)) { IsFullTextIndexed = true },
                new VectorStoreDataProperty("Two", typeof(string)) { IsFullTextIndexed = true },
                new VectorStoreVectorProperty("A", typeof(float[]), 2), new VectorStoreVectorProperty("B", typeof(float[]), 2),
            ],
        };
        var both = _store.GetDynamicCollection("both", definition);
        await both.EnsureCollectionExistsAsync(_token);
        await both.UpsertAsync(
        [
            new() { ["Key"] = 1, ["One"] = "apples", ["Two"] = "pears", ["A"] = new float[] { 1, 0 }, ["B"] = new float[] { 0, 1 } },
            new() { ["Key"] = 2, ["One"] = "pears", ["Two"] = "apples", ["A"] = new float[] { 0, 1 }, ["B"] = new float[] { 1, 0 } },
        ], _token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => both.SearchAsync(new float[] { 1, 0 }, 1, cancellationToken: _token).ListAsync());
        Assert.Equal(2, (await both.SearchAsync(new float[] { 1, 0 }, 1, new() { VectorProperty = r => r["B"] }, _token).ListAsync())[0].Record["Key"]);
        var hybrid = (IKeywordHybridSearchable<Dictionary<string, object?>>)both;
        await Assert.ThrowsAsync<InvalidOperationException>(() => hybrid.HybridSearchAsync(new float[] { 1, 1 }, ["apples"], 1, new() { VectorProperty = r => r["A"] }, _token).ListAsync());
        Assert.Equal(2, (await hybrid.HybridSearchAsync(new float[] { 1, 1 }, ["apples"], 1, new() { VectorProperty = r => r["A"], AdditionalProperty = r => r["Two"] }, _token).ListAsync())[0].Record["Key"]);
    }

    [Fact]
    public async Task BadQueries_AreRefused()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        await Assert.ThrowsAsync<ArgumentException>(() => pages.SearchAsync(new float[] { 1, 0 }, 1, cancellationToken: _token).ListAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => pages.SearchAsync(new[] { 1, float.PositiveInfinity, 0 }, 1, cancellationToken: _token).ListAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => pages.SearchAsync(new float[] { 1, 0, 0 }, 0, cancellationToken: _token).ListAsync());
        Assert.StartsWith("A value of type 'string'", (await Assert.ThrowsAsync<NotSupportedException>(() => pages.SearchAsync("foo", 1, cancellationToken: _token).ListAsync())).Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, object?> Record(string key, float x, float y) => new() { ["Key"] = key, ["Vector"] = new float[] { x, y } };

    private async Task<VectorStoreCollection<object, Dictionary<string, object?>>> MadeAsync(string? distance, string? index)
    {
        var made = _store.GetDynamicCollection("made", new VectorStoreCollectionDefinition
        {
            Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreVectorProperty("Vector", typeof(float[]), 2) { DistanceFunction = distance, IndexKind = index }],
        });
        await made.EnsureCollectionExistsAsync(_token);
        return made;
    }
}
