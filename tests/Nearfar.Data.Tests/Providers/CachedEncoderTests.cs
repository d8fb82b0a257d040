using Microsoft.Extensions.AI;
using Nearfar.Data.Providers;
using Nearfar.Encoding;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Data.Tests.Providers;

public class CachedEncoderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<float[]> EncodeAsync(CachedEncoder encoder, TextRole role, params string[] texts)
    {
        float[] rows = new float[texts.Length * encoder.Dimensions];
        await encoder.EncodeAsync(texts, role, rows, Token);
        return rows;
    }

    [Fact]
    public async Task AnotherSpace_NeverMeetsTheOldVectors()
    {
        using var folder = new Folder();
        var before = new CountingEncoder("nf1-before", 1);
        var after = new CountingEncoder("nf1-after", 2);          // the same model, trained further
        using (var cached = CachedEncoder.Open(before, folder["cache"]))
        {
            Assert.Equal(new[] { 1f, 3, 1, 3 }, await EncodeAsync(cached, TextRole.Document, "abc", "xyz"));
        }

        using (var cached = CachedEncoder.Open(after, folder["cache"]))
        {
            Assert.Equal(new[] { 2f, 3 }, await EncodeAsync(cached, TextRole.Document, "abc"));
            Assert.Equal((1L, 0L), (cached.Encoded, cached.FromCache));
        }

        using (var cached = CachedEncoder.Open(before, folder["cache"]))
        {
            Assert.Equal(new[] { 1f, 3 }, await EncodeAsync(cached, TextRole.Document, "abc"));
            Assert.Equal((0L, 1L), (cached.Encoded, cached.FromCache));
        }

        Assert.Equal(2, before.Texts);

        // A file that was put into the place of another space's is refused.
        File.Copy(folder["cache/nf1-before-documents.cache"], folder["cache/nf1-after-documents.cache"], overwrite: true);
        Assert.Contains("nf1-before", Assert.Throws<NearfarException>(() => CachedEncoder.Open(after, folder["cache"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sides_AreKeptApart_RepetitionsAreEncodedOnce()
    {
        using var folder = new Folder();
        var encoder = new CountingEncoder("nf1-sides", 1);
        using var cached = CachedEncoder.Open(encoder, folder["cache"]);
        Assert.Equal(new[] { 1f, 1, 1, 2, 1, 1 }, await EncodeAsync(cached, TextRole.Document, "a", "bb", "a"));
        Assert.Equal(2, encoder.Texts);
        Assert.Equal(new[] { -1f, 1 }, await EncodeAsync(cached, TextRole.Query, "a"));
        Assert.Equal(3, encoder.Texts);
    }

    /// <summary>[mark, length of the text]; queries with the mark negated.</summary>
    private sealed class CountingEncoder(string space, float mark) : IEncoder
    {
        public int Texts { get; private set; }

        public EmbeddingSpace Space { get; } = new(space);

        public int Dimensions => 2;

        public IEmbeddingGenerator<string, Embedding<float>> Queries => throw new NotSupportedException();

        public IEmbeddingGenerator<string, Embedding<float>> Documents => throw new NotSupportedException();

        public ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
        {
            Texts += texts.Count;
            for (int i = 0; i < texts.Count; i++)
            {
                into.Span[2 * i] = role == TextRole.Query ? -mark : mark;
                into.Span[(2 * i) + 1] = texts[i].Length;
            }

            return ValueTask.CompletedTask;
        }
    }
}
