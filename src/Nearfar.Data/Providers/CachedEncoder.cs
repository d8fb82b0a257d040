using Microsoft.Extensions.AI;
using Nearfar.Encoding;
using Nearfar.Vectors;

namespace Nearfar.Data.Providers;

/// <summary>An encoder whose vectors are kept on disk by space, side and text: another model, or the same one trained further, has another space and so never meets them. Not thread-safe.</summary>
public sealed class CachedEncoder : IEncoder, IDisposable
{
    private const int Batch = 4096;
    private readonly IEncoder _encoder;
    private readonly EmbeddingCache _queries;
    private readonly EmbeddingCache _documents;

    private CachedEncoder(IEncoder encoder, EmbeddingCache queries, EmbeddingCache documents) => (_encoder, _queries, _documents) = (encoder, queries, documents);

    /// <inheritdoc />
    public EmbeddingSpace Space => _encoder.Space;

    /// <inheritdoc />
    public int Dimensions => _encoder.Dimensions;

    /// <inheritdoc />
    public double? Temperature => _encoder.Temperature;

    /// <summary>Texts that were encoded since it was opened.</summary>
    public long Encoded { get; private set; }

    /// <summary>Texts whose vector was on disk.</summary>
    public long FromCache { get; private set; }

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Queries => new EncoderGenerator(this, TextRole.Query);

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Documents => new EncoderGenerator(this, TextRole.Document);

    /// <summary>Opens the caches of an encoder's space: <c>SPACE-queries.cache</c> and <c>SPACE-documents.cache</c>, since prompts may differ.</summary>
    /// <param name="encoder">Asked for what the caches lack; not disposed.</param>
    /// <param name="folder">Holds the caches of all spaces.</param>
    /// <exception cref="NearfarException">A file is no cache, or another process has it open.</exception>
    public static CachedEncoder Open(IEncoder encoder, string folder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var queries = EmbeddingCache.Open(Path.Combine(folder, $"{encoder.Space.Id}-queries.cache"), encoder.Space, encoder.Dimensions);
        try
        {
            return new CachedEncoder(encoder, queries, EmbeddingCache.Open(Path.Combine(folder, $"{encoder.Space.Id}-documents.cache"), encoder.Space, encoder.Dimensions));
        }
        catch       // whatever it was goes on to the caller; the first cache would stay locked
        {
            queries.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var cache = role == TextRole.Query ? _queries : _documents;
        for (int start = 0; start < texts.Count; start += Batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(Batch, texts.Count - start);
            string[] part = [.. Enumerable.Range(start, count).Select(i => texts[i])];
            int[] missing = [.. Enumerable.Range(0, count).Where(i => !cache.TryGet(part[i], into.Span.Slice((start + i) * Dimensions, Dimensions)))];
            FromCache += count - missing.Length;
            await FillAsync(cache, role, [.. missing.Select(i => part[i]).Distinct(StringComparer.Ordinal)], cancellationToken).ConfigureAwait(false);
            foreach (int i in missing)
            {
                cache.TryGet(part[i], into.Span.Slice((start + i) * Dimensions, Dimensions));
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _queries.Dispose();
        _documents.Dispose();
    }

    private async Task FillAsync(EmbeddingCache cache, TextRole role, string[] texts, CancellationToken cancellationToken)
    {
        if (texts.Length == 0)
        {
            return;
        }

        float[] rows = new float[texts.Length * Dimensions];
        await _encoder.EncodeAsync(texts, role, rows, cancellationToken).ConfigureAwait(false);
        cache.Add([.. texts.Select((text, i) => (text, (ReadOnlyMemory<float>)rows.AsMemory(i * Dimensions, Dimensions)))]);
        Encoded += texts.Length;
    }
}
