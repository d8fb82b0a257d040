using Microsoft.Extensions.VectorData;
using Xunit;

namespace Nearfar.VectorData.Tests;

public sealed class EmbeddingTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, true, 3f), InlineData(false, true, 2f), InlineData(false, false, 1f)]
    public async Task Generator_OfThePropertyBeforeTheCollectionBeforeTheStore(bool ofProperty, bool ofCollection, float wanted)
    {
        using var store = new NearfarVectorStore(new NearfarVectorStoreOptions { EmbeddingGenerator = new TextVectors(last: 1) });
        var property = new VectorStoreVectorProperty("Vector", typeof(string), 3) { EmbeddingGenerator = ofProperty ? new TextVectors(last: 3) : null, DistanceFunction = DistanceFunction.DotProductSimilarity };
        var pages = store.GetDynamicCollection("pages", new VectorStoreCollectionDefinition
        {
            Properties = [new VectorStoreKeyProperty("Key", typeof(int)), property],
            EmbeddingGenerator = ofCollection ? new TextVectors(last: 2) : null,
        });
        await pages.EnsureCollectionExistsAsync(_token);
        await pages.UpsertAsync(new Dictionary<string, object?> { ["Key"] = 1, ["Vector"] = "0, 0, 9" }, _token);
        var found = await pages.SearchAsync(new float[] { 0, 0, 1 }, 1, cancellationToken: _token).ListAsync();
        Assert.Equal(wanted, found[0].Score);
        Assert.Equal(wanted * wanted, (await pages.SearchAsync("0, 0, 9", 1, cancellationToken: _token).ListAsync())[0].Score);
        await Assert.ThrowsAsync<NotSupportedException>(() => pages.GetAsync(1, new() { IncludeVectors = true }, _token));
        await Assert.ThrowsAsync<InvalidOperationException>(() => pages.SearchAsync(8, 1, cancellationToken: _token).ListAsync());
    }

    [Fact]
    public async Task Batch_IsEmbeddedInOneCall_AndQuestionsByTheirOwn()
    {
        var documents = new TextVectors(model: "m");
        var questions = new TextVectors(last: 5);
        using var store = new NearfarVectorStore(new NearfarVectorStoreOptions { EmbeddingGenerator = documents, QueryEmbeddingGenerator = questions });
        var pages = store.GetDynamicCollection("pages", new VectorStoreCollectionDefinition { Properties = [new VectorStoreKeyProperty("Key", typeof(int)), new VectorStoreVectorProperty("Vector", typeof(string), 2)] });
        await pages.EnsureCollectionExistsAsync(_token);
        await pages.UpsertAsync([new() { ["Key"] = 1, ["Vector"] = "1, 0" }, new() { ["Key"] = 2, ["Vector"] = "0, 1" }], _token);
        Assert.Equal(2, (await pages.SearchAsync("1, 0", 1, cancellationToken: _token).ListAsync())[0].Record["Key"]);
        Assert.Equal((1, 1), (documents.Calls, questions.Calls));

        using var other = new NearfarVectorStore(new NearfarVectorStoreOptions { EmbeddingGenerator = new TextVectors() });
        await Assert.ThrowsAsync<VectorStoreException>(() => other.GetDynamicCollection("none", new VectorStoreCollectionDefinition { Properties = [new VectorStoreKeyProperty("Key", typeof(int)), new VectorStoreVectorProperty("Vector", typeof(string), 2)] })
            .UpsertAsync(new Dictionary<string, object?> { ["Key"] = 1, ["Vector"] = "1, 0" }, _token));
    }
}
