using System.Linq.Expressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Nearfar.VectorData.Tests;

/// <summary>
/// What the conformance suite of Microsoft.Extensions.VectorData asks of every provider and the other classes here do not show: that suite is in no package, so its
/// behaviours are written anew. The table of both stands in docs/vectordata.md.
/// </summary>
public sealed class ConformanceTests : IDisposable
{
    private static readonly Wrapped s_wrapped = new(new Held(2));
    private readonly NearfarVectorStore _store = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private int _collections;

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Filters_CapturedNestedAndOddValues_TakeWhatCSharpTakes()
    {
        int? unknown = null;
        string injected = "x'; DROP TABLE pages; --";
        List<string> wanted = ["u", "v", "none"];
        string[] odd = ["Parcels travel for three days", "un  , ' \""];
        await TakesAsync(p => p.Text == injected);
        await TakesAsync(p => p.Text == "days");         // equal is not contains
        await TakesAsync(p => p.Number == s_wrapped.Inner.Value);
        await TakesAsync(p => p.IsOpen && p.IsOpen);
        await TakesAsync(p => p.IsOpen || !p.IsOpen);
        await TakesAsync(p => !p.IsOpen && p.Number != int.MaxValue);
        await TakesAsync(p => !(p.Number == 1 && p.IsOpen));
        await TakesAsync(p => odd.Contains(p.Text));
        await TakesAsync(p => p.Words != null && p.Words.Any(w => wanted.Contains(w)), p => p.Words!.Any(w => wanted.Contains(w)));
        await TakesAsync(p => p.Tags != null && p.Tags.Contains("x"), p => MemoryExtensions.Contains(p.Tags, "x"));
        await TakesAsync(p => p.Tags != null && p.Tags.Contains("x"), p => MemoryExtensions.Contains(p.Tags, "x", null));
        var pages = await Pages.FilledAsync(_store, _token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => pages.GetAsync(p => p.Number == unknown!.Value, 1, cancellationToken: _token).ListAsync());
    }

    [Fact]
    public async Task Text_WithAnyCharacters_IsFoundAgain()
    {
        const string Odd = ">,{[(<'\"\\/%_?*\u0000\u001F\u2028\U0001F600 ÅÅ";
        var pages = await Pages.FilledAsync(_store, _token);
        await pages.UpsertAsync(new Page<string> { Key = Odd, Text = Odd }, _token);
        Assert.Equal(Odd, (await pages.GetAsync(p => p.Text == Odd, 2, cancellationToken: _token).ListAsync()).Single().Key);
        Assert.Equal(Odd, (await pages.GetAsync(Odd, cancellationToken: _token))!.Text);
    }

    [Fact]
    public async Task Model_WithoutVectors_StoresAndFilters()
    {
        var notes = _store.GetCollection<int, Note>("notes");
        await notes.EnsureCollectionExistsAsync(_token);
        await notes.UpsertAsync([new() { Key = 1, Text = "one" }, new() { Key = 2, Text = "two" }], _token);
        await notes.UpsertAsync(new Note { Key = 2, Text = "deux" }, _token);
        await notes.DeleteAsync(1, _token);
        Assert.Null(await notes.GetAsync(1, cancellationToken: _token));
        Assert.Equal("deux", (await notes.GetAsync(n => n.Text != "two", 5, cancellationToken: _token).ListAsync()).Single().Text);
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => notes.SearchAsync(new float[] { 1 }, 1, cancellationToken: _token).ListAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Model_WithoutData_IsSearched(bool includeVectors)
    {
        var points = _store.GetCollection<Guid, Point>("points");
        await points.EnsureCollectionExistsAsync(_token);
        var (near, far) = (Guid.NewGuid(), Guid.NewGuid());
        await points.UpsertAsync([new() { Key = far, Vector = new float[] { -1, 0 } }, new() { Key = near, Vector = new float[] { 3, 1 } }], _token);
        var found = (await points.SearchAsync(new float[] { 1, 0 }, 1, new() { IncludeVectors = includeVectors }, _token).ListAsync()).Single().Record;
        Assert.Equal(near, found.Key);
        Assert.Equal(includeVectors ? [3, 1] : [], found.Vector.ToArray());
        Assert.Equal(far, (await points.SearchAsync(new float[] { 1, 0 }, 1, new() { Skip = 1 }, _token).ListAsync()).Single().Record.Key);
    }

    [Fact]
    public async Task Model_OfTwoVectors_SearchesTheOneThatIsNamed()
    {
        var twins = _store.GetCollection<string, Twin>("twins");
        await twins.EnsureCollectionExistsAsync(_token);
        await twins.UpsertAsync([new() { Key = "a", First = new float[] { 1, 2, 3 }, Second = new float[] { 10, 2, 4 } }, new() { Key = "b", First = new float[] { 3, 2, 1 }, Second = new float[] { 0, 2, 6 } }], _token);
        var options = new VectorSearchOptions<Twin> { VectorProperty = t => t.Second, IncludeVectors = true };
        var found = (await twins.SearchAsync(new float[] { 0, 1, 3 }, 1, options, _token).ListAsync()).Single().Record;
        Assert.Equal(("b", 3f, 6f), (found.Key, found.First.Span[0], found.Second.Span[2]));
        Assert.Equal("a", (await twins.SearchAsync(new float[] { 1, 2, 3 }, 1, new() { VectorProperty = t => t.First }, _token).ListAsync()).Single().Record.Key);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => twins.SearchAsync(new float[] { 1, 2, 3 }, 1, cancellationToken: _token).ListAsync());
        Assert.Equal("The 'Twin' type has multiple vector properties, please specify your chosen property via options.", error.Message);
    }

    [Fact]
    public async Task VectorTypes_AllThree_ComeBackAsTheyWere()
    {
        await VectorAsync<ReadOnlyMemory<float>>(new float[] { 1, 2, 3 }, v => v.ToArray());
        await VectorAsync(new Embedding<float>(new float[] { 1, 2, 3 }), v => v.Vector.ToArray());
        await VectorAsync<float[]>([1, 2, 3], v => v);
    }

    [Fact]
    public async Task DataTypes_Each_ComesBackAndIsFoundByEqual()
    {
        await DataAsync(true, false);
        await DataAsync<byte>(8, 255);
        await DataAsync<short>(-8, short.MaxValue);
        await DataAsync(8, int.MinValue);
        await DataAsync(8L, long.MaxValue);
        await DataAsync(8.5f, float.Epsilon);
        await DataAsync(8.5, double.MaxValue);
        await DataAsync(8.5m, decimal.MaxValue);
        await DataAsync("foo", "bar");
        await DataAsync(new Guid("603840bf-cf91-4521-8b8e-8b6a2e75910a"), Guid.Empty);
        await DataAsync(new DateTime(2020, 1, 1, 12, 30, 45, DateTimeKind.Utc), new DateTime(2021, 2, 3, 13, 40, 55, DateTimeKind.Utc));
        await DataAsync(new DateTimeOffset(2020, 1, 1, 12, 30, 45, TimeSpan.FromHours(2)), DateTimeOffset.UnixEpoch);
        await DataAsync(new DateOnly(2020, 1, 1), new DateOnly(2021, 2, 3));
        await DataAsync(new TimeOnly(12, 30, 45), new TimeOnly(13, 40, 55));
        await DataAsync<int?>(8, null);
    }

    [Fact]
    public async Task Generator_OfAnInputOfOnesOwn_EmbedsRecordsAndQuestions()
    {
        using var store = new NearfarVectorStore(new NearfarVectorStoreOptions { EmbeddingGenerator = new CustomerVectors() });
        var definition = new VectorStoreCollectionDefinition { Properties = [new VectorStoreKeyProperty("Key", typeof(int)), new VectorStoreVectorProperty<Customer>("Vector", 2)] };
        var customers = store.GetCollection<int, CustomerRecord>("customers", definition);
        await customers.EnsureCollectionExistsAsync(_token);
        await customers.UpsertAsync([new() { Key = 1, Vector = new Customer(1, 0) }, new() { Key = 2, Vector = new Customer(0, 1) }], _token);
        Assert.Equal(2, (await customers.SearchAsync(new Customer(1, 3), 1, cancellationToken: _token).ListAsync()).Single().Record.Key);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => customers.SearchAsync(8, 1, cancellationToken: _token).ListAsync());
        Assert.Equal("An input of type 'int' was provided, but an incompatible embedding generator of type 'CustomerVectors' was configured.", error.Message);
    }

    [Fact]
    public async Task Generator_ForQuestionsAlone_VectorsComeReady()
    {
        using var store = new NearfarVectorStore(new NearfarVectorStoreOptions { EmbeddingGenerator = new TextVectors() });
        var points = store.GetCollection<Guid, Point>("points");
        await points.EnsureCollectionExistsAsync(_token);
        var near = Guid.NewGuid();
        await points.UpsertAsync([new() { Key = Guid.NewGuid(), Vector = new float[] { -1, 0 } }, new() { Key = near, Vector = new float[] { 3, 1 } }], _token);
        Assert.Equal(near, (await points.SearchAsync("1, 0", 1, new() { IncludeVectors = true }, _token).ListAsync()).Single().Record.Key);
    }

    [Fact]
    public async Task Hybrid_EqualVectors_WordsDecide()
    {
        var pages = _store.GetCollection<string, Page<string>>("fruit");
        await pages.EnsureCollectionExistsAsync(_token);
        var vector = new float[] { 1, 0, 0 };
        await pages.UpsertAsync(
        [
            new() { Key = "1", Number = 1, Text = "Pears are good for you and filling", Vector = vector },
            new() { Key = "2", Number = 2, Text = "Lemons are sour and full of vitamins", Vector = vector },
            new() { Key = "3", Number = 3, Text = "Plums are good for you and sweet", Vector = vector },
        ], _token);
        var hybrid = (IKeywordHybridSearchable<Page<string>>)pages;
        async Task<string[]> Find(string[] words, int top, HybridSearchOptions<Page<string>>? options = null) =>
            [.. (await hybrid.HybridSearchAsync(vector, words, top, options, _token).ListAsync()).Select(r => r.Record.Key)];
        Assert.Equal("3", (await Find(["Plums"], 3))[0]);
        Assert.Equal(3, (await Find(["Plums"], 3)).Length);
        Assert.Equal(["1"], await Find(["Lemons"], 3, new() { Filter = p => p.Number == 1 }));
        Assert.Equal(["2"], await Find(["lemons"], 1));
        Assert.Equal(["2"], await Find(["good"], 3, new() { Skip = 2 }));
        Assert.Equal("3", (await Find(["sour", "filling"], 3))[2]);
    }

    private async Task TakesAsync(Expression<Func<Page<string>, bool>> oracle, Expression<Func<Page<string>, bool>>? filter = null)
    {
        var pages = await Pages.FilledAsync(_store, _token);
        var found = await pages.GetAsync(filter ?? oracle, 10, cancellationToken: _token).ListAsync();
        Assert.Equal(Pages.Few().Where(oracle.Compile()).Select(p => p.Key), found.Select(p => p.Key));
    }

    private async Task VectorAsync<TVector>(TVector vector, Func<TVector, float[]> read)
    {
        string name = $"vectors {_collections++}";
        var definition = new VectorStoreCollectionDefinition { Properties = [new VectorStoreKeyProperty("Key", typeof(int)), new VectorStoreVectorProperty("Vector", typeof(TVector), 3)] };
        var typed = _store.GetCollection<int, Holder<TVector>>(name, definition);
        await typed.EnsureCollectionExistsAsync(_token);
        await typed.UpsertAsync(new Holder<TVector> { Key = 1, Vector = vector }, _token);
        var back = (await typed.GetAsync(1, new() { IncludeVectors = true }, _token))!.Vector;
        Assert.Equal([1, 2, 3], read(back));
        var same = _store.GetDynamicCollection(name, definition);
        await same.UpsertAsync(new Dictionary<string, object?> { ["Key"] = 2, ["Vector"] = vector }, _token);
        var found = await same.SearchAsync(new float[] { 1, 2, 3 }, 2, new() { IncludeVectors = true }, _token).ListAsync();
        Assert.All(found, f => Assert.Equal([1, 2, 3], read(Assert.IsType<TVector>(f.Record["Vector"]))));
    }

    private async Task DataAsync<T>(T value, T other)
    {
        string name = $"data {_collections++}";
        var definition = new VectorStoreCollectionDefinition { Properties = [new VectorStoreKeyProperty("Key", typeof(int)), new VectorStoreDataProperty("Value", typeof(T)) { IsIndexed = true }] };
        var typed = _store.GetCollection<int, Valued<T>>(name, definition);
        await typed.EnsureCollectionExistsAsync(_token);
        await typed.UpsertAsync([new() { Key = 1, Value = value }, new() { Key = 2, Value = other }], _token);
        Assert.Equal(value, (await typed.GetAsync(1, cancellationToken: _token))!.Value);
        Assert.Equal(other, (await typed.GetAsync(2, cancellationToken: _token))!.Value);
        Assert.Equal(value, (await _store.GetDynamicCollection(name, definition).GetAsync(1, cancellationToken: _token))!["Value"]);
        var record = Expression.Parameter(typeof(Valued<T>));
        var filter = Expression.Lambda<Func<Valued<T>, bool>>(Expression.Equal(Expression.Property(record, "Value"), Expression.Constant(value, typeof(T))), record);
        Assert.Equal(1, (await typed.GetAsync(filter, 5, cancellationToken: _token).ListAsync()).Single().Key);
    }

    private sealed record Held(int Value);

    private sealed record Wrapped(Held Inner);

    private sealed class Note
    {
        [VectorStoreKey]
        public int Key { get; set; }

        [VectorStoreData]
        public string? Text { get; set; }
    }

    private sealed class Point
    {
        [VectorStoreKey]
        public Guid Key { get; set; }

        [VectorStoreVector(2)]
        public ReadOnlyMemory<float> Vector { get; set; }
    }

    private sealed class Twin
    {
        [VectorStoreKey]
        public string Key { get; set; } = "";

        [VectorStoreVector(3)]
        public ReadOnlyMemory<float> First { get; set; }

        [VectorStoreVector(3)]
        public ReadOnlyMemory<float> Second { get; set; }
    }

    private sealed class Holder<TVector>
    {
        public int Key { get; set; }

        public TVector Vector { get; set; } = default!;
    }

    private sealed class Valued<T>
    {
        public int Key { get; set; }

        public T Value { get; set; } = default!;
    }

    private sealed record Customer(float Loyalty, float Haste);

    private sealed class CustomerRecord
    {
        public int Key { get; set; }

        public Customer? Vector { get; set; }
    }

    private sealed class CustomerVectors : IEmbeddingGenerator<Customer, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<Customer> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult<GeneratedEmbeddings<Embedding<float>>>([.. values.Select(v => new Embedding<float>(new[] { v.Loyalty, v.Haste }))]);

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
