using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Mining;

/// <summary>Another encoder as teacher: its cosine. A provider's generator comes in as <see cref="GeneratorEncoder"/>. Not thread-safe.</summary>
public sealed class EncoderTeacher : ITeacher
{
    private const int KeptValues = 32 << 20;         // 128 MB of vectors, then documents are encoded anew
    private readonly IEncoder _encoder;
    private readonly Dictionary<string, float[]> _documents = new(StringComparer.Ordinal);

    /// <param name="encoder">Any encoder but the mined one, which agrees with itself.</param>
    public EncoderTeacher(IEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        _encoder = encoder;
    }

    /// <inheritdoc />
    public string Name => _encoder.Space.Id;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<double?>> ScoreAsync(string query, IReadOnlyList<Document> documents, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(documents);
        float[] question = new float[_encoder.Dimensions];
        await _encoder.EncodeAsync([query], TextRole.Query, question, cancellationToken).ConfigureAwait(false);
        await EncodeAsync(documents, cancellationToken).ConfigureAwait(false);
        bool known = question.AsSpan().ContainsAnyExcept(0f);
        return [.. documents.Select(d => known && _documents[d.Content] is var vector && vector.AsSpan().ContainsAnyExcept(0f) ? FlatIndex.Similarity(question, vector) : (double?)null)];
    }

    private async Task EncodeAsync(IReadOnlyList<Document> documents, CancellationToken cancellationToken)
    {
        if ((long)_documents.Count * _encoder.Dimensions > KeptValues)
        {
            _documents.Clear();
        }

        string[] missing = [.. documents.Select(d => d.Content).Where(c => !_documents.ContainsKey(c)).Distinct(StringComparer.Ordinal)];
        if (missing.Length == 0)
        {
            return;
        }

        var rows = Rows.Allocate<float>(missing.Length, _encoder.Dimensions);
        await _encoder.EncodeAsync(missing, TextRole.Document, rows.Data, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < missing.Length; i++)
        {
            _documents[missing[i]] = rows[i].ToArray();
        }
    }
}
