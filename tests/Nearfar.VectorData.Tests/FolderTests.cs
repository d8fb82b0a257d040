using Microsoft.Extensions.VectorData;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.VectorData.Tests;

public sealed class FolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nearfar-store-").FullName;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Reopened_HoldsTheSame()
    {
        using (var store = NearfarVectorStore.Open(_folder))
        {
            var pages = await Pages.FilledAsync(store, _token);
            await pages.DeleteAsync("b", _token);
            await pages.UpsertAsync(new Page<string> { Key = "é\n", Text = "späte Seite", Small = -3, Tags = ["\"q\""], Words = [], Vector = new float[] { 0, 0, 0.1f } }, _token);
        }

        using var again = NearfarVectorStore.Open(_folder);
        Assert.Equal(["pages"], await again.ListCollectionNamesAsync(_token).ListAsync());
        var same = again.GetCollection<string, Page<string>>("pages");
        var all = await same.GetAsync(p => true, 10, new() { IncludeVectors = true }, _token).ListAsync();
        Assert.Equal(["a", "c", "d", "é\n"], all.Select(p => p.Key));
        Assert.Equal(("späte Seite", (short)-3, "\"q\""), (all[3].Text, all[3].Small, all[3].Tags![0]));
        Assert.Equal([0, 0, 0.1f], all[3].Vector!.Value.ToArray());
        Assert.Null(all[2].Vector);
        Assert.Equal(["é\n"], (await same.SearchAsync(new float[] { 0, 0, 1 }, 1, cancellationToken: _token).ListAsync()).Select(f => f.Record.Key));
    }

    [Fact]
    public async Task ManyWrites_SettleIntoANewGeneration_AndReopen()
    {
        float[] Vector(int i) => [i + 1, 1, i % 7];
        using (var store = NearfarVectorStore.Open(_folder))
        {
            var pages = await Pages.FilledAsync(store, _token);
            for (int round = 0; round < 3; round++)
            {
                await pages.UpsertAsync(Enumerable.Range(0, 5000).Select(i => new Page<string> { Key = $"k{i}", Number = i + round, Text = new string('x', 100), Vector = Vector(i) }), _token);
            }
        }

        string folder = Path.Combine(_folder, "pages");
        Assert.True(Directory.GetFiles(folder, "vectors-0-*.safetensors").Length == 1);
        Assert.Empty(Directory.GetFiles(folder, "journal-1.jsonl"));
        using var again = NearfarVectorStore.Open(_folder);
        var same = again.GetCollection<string, Page<string>>("pages");
        Assert.Equal(5004, (await same.GetAsync(p => true, 10000, cancellationToken: _token).ListAsync()).Count);
        var last = (await same.GetAsync("k4999", new() { IncludeVectors = true }, _token))!;
        Assert.Equal(5001, last.Number);
        Assert.Equal(Vector(4999), last.Vector!.Value.ToArray());
        Assert.Equal("a", (await same.GetAsync(p => true, 1, cancellationToken: _token).ListAsync())[0].Key);
    }

    [Fact]
    public async Task CrashInTheMiddleOfAWrite_ThatWriteIsGone_TheOthersStay()
    {
        using (var store = NearfarVectorStore.Open(_folder))
        {
            var pages = await Pages.FilledAsync(store, _token);
            await pages.UpsertAsync([new Page<string> { Key = "e" }, new Page<string> { Key = "f" }], _token);
        }

        string journal = Path.Combine(_folder, "pages", "journal-1.jsonl");
        byte[] bytes = await File.ReadAllBytesAsync(journal, _token);
        int lastLine = Array.LastIndexOf(bytes, (byte)'\n', bytes.Length - 2) + 1;
        foreach (int cut in new[] { bytes.Length - 1, (lastLine + bytes.Length) / 2, lastLine + 1, lastLine })
        {
            await File.WriteAllBytesAsync(journal, bytes[..cut], _token);
            using var store = NearfarVectorStore.Open(_folder);
            var pages = store.GetCollection<string, Page<string>>("pages");
            Assert.Equal(4, (await pages.GetAsync(p => true, 10, cancellationToken: _token).ListAsync()).Count);
        }
    }

    [Fact]
    public async Task BrokenFiles_AreNamedWithTheirLine()
    {
        using (var store = NearfarVectorStore.Open(_folder))
        {
            await Pages.FilledAsync(store, _token);
        }

        string journal = Path.Combine(_folder, "pages", "journal-1.jsonl");
        await File.AppendAllTextAsync(journal, "{\"upsert\":[{\"key\":\"z\",\"data\":{\"Unknown\":1}}]}\n", _token);
        var error = Assert.Throws<VectorStoreException>(() => NearfarVectorStore.Open(_folder));
        Assert.Contains($"{journal}:2:", error.Message, StringComparison.Ordinal);
        string manifest = Path.Combine(_folder, "pages", "collection.json");
        await File.WriteAllTextAsync(manifest, "{\"version\":2}", _token);
        Assert.Contains("version 2", Assert.Throws<VectorStoreException>(() => NearfarVectorStore.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneStoreAtATime_AndDeletedIsDeleted()
    {
        using (var store = NearfarVectorStore.Open(_folder))
        {
            Assert.Contains("one store at a time", Assert.Throws<VectorStoreException>(() => NearfarVectorStore.Open(_folder)).Message, StringComparison.Ordinal);
            await store.GetCollection<int, Page<int>>("../Other name").EnsureCollectionExistsAsync(_token);
            Assert.Equal(["%2E%2E%2F%4Fther%20name"], Directory.GetDirectories(_folder).Select(d => Path.GetFileName(d)!));
            await store.EnsureCollectionDeletedAsync("../Other name", _token);
            Assert.Empty(Directory.GetDirectories(_folder));
        }

        using var again = NearfarVectorStore.Open(_folder);
        Assert.Empty(await again.ListCollectionNamesAsync(_token).ListAsync());
    }

    [Fact]
    public async Task VectorsOfAnotherSpace_AreRefused_BothNamed()
    {
        using (var store = NearfarVectorStore.Open(_folder, new NearfarVectorStoreOptions { Space = new EmbeddingSpace("support-v7") }))
        {
            await Pages.FilledAsync(store, _token);
        }

        using var other = NearfarVectorStore.Open(_folder, new NearfarVectorStoreOptions { Space = new EmbeddingSpace("support-v8") });
        var pages = other.GetCollection<string, Page<string>>("pages");
        foreach (var refused in new Func<Task>[]
        {
            () => pages.SearchAsync(new float[] { 1, 0, 0 }, 1, cancellationToken: _token).ListAsync(),
            () => pages.UpsertAsync(Pages.Few(), _token),
        })
        {
            var error = await Assert.ThrowsAsync<VectorStoreException>(refused);
            Assert.Contains("support-v7", error.Message, StringComparison.Ordinal);
            Assert.Contains("support-v8", error.Message, StringComparison.Ordinal);
        }

        await pages.DeleteAsync(["a", "b", "c", "d"], _token);
        await pages.UpsertAsync(Pages.Few(), _token);      // no vector of the old space is left
        Assert.NotEmpty(await pages.SearchAsync(new float[] { 1, 0, 0 }, 1, cancellationToken: _token).ListAsync());
    }

    [Fact]
    public async Task AllVectorsReplacedByThoseOfAnotherSpace_Reopens()
    {
        var old = Enumerable.Range(0, 3000).Select(i => new Page<string> { Key = $"k{i}", Text = new string('x', 500), Vector = new float[] { i + 1, 1, 0 } }).ToArray();
        using (var store = NearfarVectorStore.Open(_folder, new NearfarVectorStoreOptions { Space = new EmbeddingSpace("support-v7") }))
        {
            var pages = await Pages.FilledAsync(store, _token);
            await pages.UpsertAsync(old, _token);
        }

        Assert.Single(Directory.GetFiles(Path.Combine(_folder, "pages"), "*.safetensors"));      // settled
        var next = new NearfarVectorStoreOptions { Space = new EmbeddingSpace("support-v8") };
        using (var store = NearfarVectorStore.Open(_folder, next))
        {
            var pages = store.GetCollection<string, Page<string>>("pages");
            await pages.DeleteAsync(old.Select(p => p.Key).Concat(["a", "b", "c"]), _token);
            await pages.UpsertAsync(Pages.Few()[0], _token);
        }

        using var again = NearfarVectorStore.Open(_folder, next);
        var found = await again.GetCollection<string, Page<string>>("pages").SearchAsync(new float[] { 1, 0, 0 }, 9, cancellationToken: _token).ListAsync();
        Assert.Equal(["a"], found.Select(f => f.Record.Key));
    }
}
