using Microsoft.Extensions.VectorData;
using Xunit;

namespace Nearfar.VectorData.Tests;

public sealed class CollectionTests : IDisposable
{
    private readonly NearfarVectorStore _store = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Management_ExistsListedDeleted_AsTheStoreAndTheCollectionSee()
    {
        var pages = _store.GetCollection<string, Page<string>>("pages");
        Assert.False(await pages.CollectionExistsAsync(_token));
        await pages.EnsureCollectionExistsAsync(_token);
        await pages.EnsureCollectionExistsAsync(_token);
        Assert.True(await _store.CollectionExistsAsync("pages", _token));
        Assert.Equal(["pages"], await _store.ListCollectionNamesAsync(_token).ListAsync());
        await _store.EnsureCollectionDeletedAsync("pages", _token);
        Assert.False(await pages.CollectionExistsAsync(_token));
        await pages.EnsureCollectionDeletedAsync(_token);
        Assert.Empty(await _store.ListCollectionNamesAsync(_token).ListAsync());
    }

    [Fact]
    public async Task MissingCollection_IsTheAbstractionsException_WithMetadata()
    {
        using var store = new NearfarVectorStore(new NearfarVectorStoreOptions { Name = "mine" });
        var pages = store.GetCollection<string, Page<string>>("pages");
        var error = await Assert.ThrowsAsync<VectorStoreException>(() => pages.UpsertAsync(Pages.Few()[0], _token));
        Assert.Equal(("nearfar", "mine", "pages", "Upsert"), (error.VectorStoreSystemName, error.VectorStoreName, error.CollectionName, error.OperationName));
        Assert.Contains("EnsureCollectionExistsAsync", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<VectorStoreException>(() => pages.GetAsync("a", cancellationToken: _token));
        await Assert.ThrowsAsync<VectorStoreException>(() => pages.SearchAsync(new float[] { 1, 0, 0 }, 1, cancellationToken: _token).ListAsync());
    }

    [Fact]
    public void GetService_MetadataAndSelf_NothingByKey()
    {
        var pages = _store.GetCollection<string, Page<string>>("pages");
        var metadata = Assert.IsType<VectorStoreCollectionMetadata>(pages.GetService(typeof(VectorStoreCollectionMetadata)));
        Assert.Equal(("nearfar", "pages"), (metadata.VectorStoreSystemName, metadata.CollectionName));
        Assert.Same(pages, pages.GetService(typeof(IKeywordHybridSearchable<Page<string>>)));
        Assert.Same(_store, _store.GetService(typeof(VectorStore)));
        Assert.IsType<VectorStoreMetadata>(_store.GetService(typeof(VectorStoreMetadata)));
        Assert.Null(_store.GetService(typeof(VectorStore), "key"));
        Assert.Null(pages.GetService(typeof(VectorStoreMetadata), "key"));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Get_OneAndMany_AsUpserted(bool includeVectors)
    {
        var pages = await Pages.FilledAsync(_store, _token);
        var options = new RecordRetrievalOptions { IncludeVectors = includeVectors };
        AssertSame(Pages.Few()[1], await pages.GetAsync("b", options, _token), includeVectors);
        Assert.Null(await pages.GetAsync("none", options, _token));
        var many = await pages.GetAsync(["d", "none", "a"], options, _token).ListAsync();
        Assert.Equal(["d", "a"], many.Select(p => p.Key));
        Assert.Empty(await pages.GetAsync([], options, _token).ListAsync());
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => pages.GetAsync(key: null!, options, _token));
        await Assert.ThrowsAsync<ArgumentNullException>("keys", () => pages.GetAsync(keys: null!, options, _token).ListAsync());
    }

    [Fact]
    public async Task Get_ByFilter_OrderedSkippedCut()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        Assert.Equal(["a", "b", "c", "d"], await Keys(pages.GetAsync(p => true, 10, cancellationToken: _token)));
        Assert.Equal(["d", "c"], await Keys(pages.GetAsync(p => p.Number > 1, 2, new() { OrderBy = o => o.Descending(p => p.Number) }, _token)));
        Assert.Equal(["c"], await Keys(pages.GetAsync(p => p.Number > 1, 1, new() { OrderBy = o => o.Ascending(p => p.Number), Skip = 1 }, _token)));
        Assert.Equal(["c", "d", "a", "b"], await Keys(pages.GetAsync(p => true, 10, new() { OrderBy = o => o.Ascending(p => p.Small).Descending(p => p.Number) }, _token)));
        await Assert.ThrowsAsync<NotSupportedException>(() => pages.GetAsync(p => true, 1, new() { OrderBy = o => o.Ascending(p => p.Tags) }, _token).ListAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => pages.GetAsync(p => true, 0, cancellationToken: _token).ListAsync());
    }

    [Fact]
    public async Task Upsert_ReplacesInItsPlace_AndCopiesWhatTheCallerHolds()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        string[] tags = ["new"];
        await pages.UpsertAsync([new() { Key = "e", Number = 5 }, new() { Key = "a", Number = 10, Tags = tags, Vector = new float[] { 0, 0, 1 } }], _token);
        tags[0] = "changed";
        Assert.Equal(["a", "b", "c", "d", "e"], await Keys(pages.GetAsync(p => true, 10, cancellationToken: _token)));
        Assert.Equal(["new"], (await pages.GetAsync("a", cancellationToken: _token))!.Tags!);
        Assert.Equal("a", (await pages.SearchAsync(new float[] { 0, 0, 1 }, 1, cancellationToken: _token).ListAsync())[0].Record.Key);
        await pages.UpsertAsync([], _token);
        await Assert.ThrowsAsync<ArgumentNullException>("records", () => pages.UpsertAsync(records: null!, _token));
    }

    [Fact]
    public async Task Upsert_OneKeyTwice_TheLastStays()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        await pages.UpsertAsync([new() { Key = "e", Number = 1, Vector = new float[] { 0, 0, 1 } }, new() { Key = "e", Number = 2, Vector = new float[] { 0, 1, 1 } }], _token);
        Assert.Equal(2, (await pages.GetAsync("e", cancellationToken: _token))!.Number);
    }

    [Fact]
    public async Task Delete_OneManyMissing_GoneFromSearchToo()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        await pages.DeleteAsync("a", _token);
        await pages.DeleteAsync(["b", "none", "b"], _token);
        await pages.DeleteAsync([], _token);
        Assert.Equal(["c", "d"], await Keys(pages.GetAsync(p => true, 10, cancellationToken: _token)));
        Assert.Equal(["c"], (await pages.SearchAsync(new float[] { 1, 0, 0 }, 10, cancellationToken: _token).ListAsync()).Select(r => r.Record.Key));
        await Assert.ThrowsAsync<ArgumentNullException>("keys", () => pages.DeleteAsync(keys: null!, _token));
    }

    [Fact]
    public async Task Upsert_BadVectorOrNumber_RefusedAndNothingKept()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        var fine = new Page<string> { Key = "e" };
        var error = await Assert.ThrowsAsync<ArgumentException>(() => pages.UpsertAsync([fine, new() { Key = "f", Vector = new float[] { 1, 0 } }], _token));
        Assert.Contains("\"f\"", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => pages.UpsertAsync([fine, new() { Key = "f", Vector = new[] { 1, float.NaN, 0 } }], _token));
        await Assert.ThrowsAsync<ArgumentException>(() => pages.UpsertAsync([fine, new() { Key = null! }], _token));
        Assert.Null(await pages.GetAsync("e", cancellationToken: _token));
    }

    [Fact]
    public async Task Keys_GuidIntLong_FoundAndOthersRefused()
    {
        await RoundTrip(Guid.Parse("603840bf-cf91-4521-8b8e-8b6a2e75910a"));
        await RoundTrip(-8);
        await RoundTrip(long.MaxValue);
        var generated = new Page<Guid> { Number = 7 };
        await _store.GetCollection<Guid, Page<Guid>>("Guid").UpsertAsync(generated, _token);
        Assert.NotEqual(Guid.Empty, generated.Key);
        Assert.Equal(7, (await _store.GetCollection<Guid, Page<Guid>>("Guid").GetAsync(generated.Key, cancellationToken: _token))!.Number);
        Assert.Contains("Double", Assert.Throws<NotSupportedException>(() => _store.GetCollection<double, Page<double>>("d")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dynamic_SeesTheSameRecords()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        var same = _store.GetDynamicCollection("pages", Pages.Definition());
        var b = (await same.GetAsync("b", cancellationToken: _token))!;
        Assert.Equal((2, (short)9, "Parcels travel for three days"), (b["Number"], b["Small"], b["Text"]));
        Assert.False(b.ContainsKey("Vector"));
        Assert.Equal(["v"], Assert.IsType<List<string>>(b["Words"]));
        await same.UpsertAsync(new Dictionary<string, object?> { ["Key"] = "e", ["Number"] = 5, ["IsOpen"] = true, ["Vector"] = new ReadOnlyMemory<float>([0, 0, 1]) }, _token);
        Assert.Equal(5, (await pages.GetAsync("e", cancellationToken: _token))!.Number);
        Assert.Equal("e", (await same.SearchAsync(new float[] { 0, 0, 1 }, 1, new() { Filter = r => (int)r["Number"]! > 3 }, _token).ListAsync())[0].Record["Key"]);
        await Assert.ThrowsAsync<ArgumentException>(() => same.GetAsync(8, cancellationToken: _token));
        await Assert.ThrowsAsync<InvalidCastException>(() => same.UpsertAsync(new Dictionary<string, object?> { ["Key"] = "f", ["Number"] = "5" }, _token));
    }

    [Fact]
    public async Task OtherColumns_AreRefused_BothShown()
    {
        await Pages.FilledAsync(_store, _token);
        var definition = Pages.Definition();
        definition.Properties.RemoveAt(3);
        var error = await Assert.ThrowsAsync<VectorStoreException>(() => _store.GetDynamicCollection("pages", definition).EnsureCollectionExistsAsync(_token));
        Assert.Contains("Number: int", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _store.GetCollection<object, Dictionary<string, object?>>("pages"));
    }

    [Fact]
    public async Task ManyThreads_WritingAndSearching_NothingIsLost()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), _token, async (i, token) =>
        {
            await pages.UpsertAsync(new Page<string> { Key = $"k{i % 200}", Number = i, Vector = new float[] { i + 1, 1, 0 } }, token);
            var found = await pages.SearchAsync(new float[] { 1, 0, 0 }, 3, cancellationToken: token).ListAsync();
            Assert.Equal("a", found[0].Record.Key);
            Assert.Equal(3, found.Count);
        });
        Assert.Equal(204, (await pages.GetAsync(p => true, 1000, cancellationToken: _token).ListAsync()).Count);
        Assert.Equal(203, (await pages.SearchAsync(new float[] { 1, 0, 0 }, 1000, cancellationToken: _token).ListAsync()).Count);
    }

    [Fact]
    public async Task Disposed_Refuses_AndCancelledIsCancelled()
    {
        var store = new NearfarVectorStore();
        var pages = await Pages.FilledAsync(store, _token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pages.GetAsync("a", cancellationToken: new CancellationToken(canceled: true)));
        store.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pages.GetAsync("a", cancellationToken: _token));
    }

    private static async Task<List<string>> Keys(IAsyncEnumerable<Page<string>> pages) => [.. (await pages.ListAsync()).Select(p => p.Key)];

    private static void AssertSame(Page<string> wanted, Page<string>? got, bool includeVectors)
    {
        Assert.NotNull(got);
        Assert.Equal((wanted.Key, wanted.Text, wanted.Number, wanted.Small, wanted.IsOpen), (got.Key, got.Text, got.Number, got.Small, got.IsOpen));
        Assert.Equal(wanted.Tags, got.Tags);
        Assert.Equal(wanted.Words, got.Words);
        Assert.Equal(includeVectors ? wanted.Vector?.ToArray() : null, got.Vector?.ToArray());
    }

    private async Task RoundTrip<TKey>(TKey key) where TKey : notnull
    {
        var pages = _store.GetCollection<TKey, Page<TKey>>(typeof(TKey).Name);
        await pages.EnsureCollectionExistsAsync(_token);
        await pages.UpsertAsync(new Page<TKey> { Key = key, Number = 8, Vector = new float[] { 1, 2, 3 } }, _token);
        Assert.Equal(8, (await pages.GetAsync(key, cancellationToken: _token))!.Number);
        Assert.Equal(key, (await pages.SearchAsync(new float[] { 1, 2, 3 }, 1, cancellationToken: _token).ListAsync())[0].Record.Key);
    }
}
