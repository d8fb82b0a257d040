using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Nearfar.VectorData;

internal sealed class HelpPage
{
    [VectorStoreKey]
    public string Id { get; set; } = "";

    [VectorStoreData(IsFullTextIndexed = true)]
    public string Text { get; set; } = "";

    [VectorStoreData(IsIndexed = true)]
    public string Country { get; set; } = "";

    [VectorStoreVector(26)]
    public string Embedded => Text;      // what the generator reads
}

internal static class HelpPages
{
    public static async Task<List<string>> FindAsync(string folder, IEmbeddingGenerator generator, CancellationToken cancellationToken)
    {
        using var store = NearfarVectorStore.Open(folder, new NearfarVectorStoreOptions { EmbeddingGenerator = generator });
        var pages = store.GetCollection<string, HelpPage>("help");
        await pages.EnsureCollectionExistsAsync(cancellationToken);
        await pages.UpsertAsync(
        [
            new() { Id = "refund-de", Text = "Refunds are paid within 14 days", Country = "de" },
            new() { Id = "refund-at", Text = "Refunds are paid within 30 days", Country = "at" },
            new() { Id = "parcel-at", Text = "Parcels travel for three days", Country = "at" },
        ], cancellationToken);

        var found = new List<string>();
        var options = new VectorSearchOptions<HelpPage> { Filter = p => p.Country == "at" };
        await foreach (var result in pages.SearchAsync("when are refunds paid", top: 1, options, cancellationToken))
        {
            found.Add(result.Record.Id);
        }

        var hybrid = (IKeywordHybridSearchable<HelpPage>)pages;
        await foreach (var result in hybrid.HybridSearchAsync("how long", ["parcels"], top: 1, cancellationToken: cancellationToken))
        {
            found.Add(result.Record.Id);
        }

        return found;      // refund-at, parcel-at
    }
}
