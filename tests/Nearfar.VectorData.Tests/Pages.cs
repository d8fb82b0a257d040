using Microsoft.Extensions.VectorData;

namespace Nearfar.VectorData.Tests;

/// <summary>The pages that several tests look at, and the same collection without a record type.</summary>
internal static class Pages
{
    public static Page<string>[] Few() =>
    [
        new() { Key = "a", Text = "Refunds are paid within 30 days", Number = 1, Small = 8, IsOpen = true, Tags = ["x", "y"], Words = ["u"], Vector = new float[] { 1, 0, 0 } },
        new() { Key = "b", Text = "Parcels travel for three days", Number = 2, Small = 9, Tags = ["y"], Words = ["v"], Vector = new float[] { 2, 1, 0 } },
        new() { Key = "c", Text = null, Number = 3, Small = null, IsOpen = true, Tags = null, Words = null, Vector = new float[] { 0, 3, 0 } },
        new() { Key = "d", Text = "Invoices come by mail", Number = 4, Small = 8, Tags = ["z"], Words = [], Vector = null },
    ];

    public static VectorStoreCollectionDefinition Definition(Type? key = null) => new()
    {
        Properties =
        [
            new VectorStoreVectorProperty("Vector", typeof(ReadOnlyMemory<float>?), 3),
            new VectorStoreKeyProperty("Key", key ?? typeof(string)),
            new VectorStoreDataProperty("Text", typeof(string)) { IsFullTextIndexed = true, StorageName = "text" },
            new VectorStoreDataProperty("Number", typeof(int)),
            new VectorStoreDataProperty("Small", typeof(short?)),
            new VectorStoreDataProperty("IsOpen", typeof(bool)),
            new VectorStoreDataProperty("Tags", typeof(string[])),
            new VectorStoreDataProperty("Words", typeof(List<string>)),
        ],
    };

    public static async Task<VectorStoreCollection<string, Page<string>>> FilledAsync(VectorStore store, CancellationToken cancellationToken)
    {
        var collection = store.GetCollection<string, Page<string>>("pages");
        await collection.EnsureCollectionExistsAsync(cancellationToken);
        await collection.UpsertAsync(Few(), cancellationToken);
        return collection;
    }

    public static async Task<List<T>> ListAsync<T>(this IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }
}
