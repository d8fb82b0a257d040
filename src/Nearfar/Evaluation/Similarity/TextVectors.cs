using Microsoft.Extensions.AI;

namespace Nearfar.Evaluation.Similarity;

/// <summary>A text's vector, or why it has none.</summary>
internal readonly record struct TextVector(ReadOnlyMemory<float> Values, SimilarityErrorKind? Kind = null, string? Error = null);

/// <summary>Asks a generator for the vectors of some texts and tells the fate of each.</summary>
/// <param name="generator">One side of an encoder.</param>
/// <param name="batch">Texts a call.</param>
internal sealed class TextVectors(IEmbeddingGenerator<string, Embedding<float>> generator, int batch)
{
    // After a failed call each of its texts is tried alone, so that one text that the encoder cannot take costs one row. An encoder that is
    // down fails them all: after so many in a row the rest of the call is not tried.
    private const int FailuresInARow = 3;

    public async Task<Dictionary<string, TextVector>> EncodeAsync(IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new Dictionary<string, TextVector>(StringComparer.Ordinal);
        foreach (string[] part in texts.Distinct(StringComparer.Ordinal).Chunk(batch))
        {
            var fates = await CallAsync(part, cancellationToken).ConfigureAwait(false);
            if (part.Length > 1 && fates[0].Kind == SimilarityErrorKind.EncoderFailed)
            {
                fates = await OneByOneAsync(part, fates[0], cancellationToken).ConfigureAwait(false);
            }

            for (int i = 0; i < part.Length; i++)
            {
                vectors[part[i]] = fates[i];
            }
        }

        return vectors;
    }

    private async Task<TextVector[]> OneByOneAsync(string[] texts, TextVector failure, CancellationToken cancellationToken)
    {
        var fates = new TextVector[texts.Length];
        int inARow = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            fates[i] = inARow < FailuresInARow ? (await CallAsync([texts[i]], cancellationToken).ConfigureAwait(false))[0] : failure;
            inARow = fates[i].Kind == SimilarityErrorKind.EncoderFailed ? inARow + 1 : 0;
        }

        return fates;
    }

    // The fate of each text; a call that failed as a whole gives every text the same.
    private async Task<TextVector[]> CallAsync(string[] texts, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var vectors = await generator.GenerateAsync(texts, cancellationToken: cancellationToken).ConfigureAwait(false);
            return vectors is null || vectors.Count != texts.Length
                ? All(texts, $"The encoder gave {vectors?.Count ?? 0} vectors for {texts.Length} texts.")
                : [.. vectors.Select(v => Check(v is null ? default : v.Vector))];
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)      // any failure of a foreign encoder is a row's fate; cancelling is not
        {
            return All(texts, $"The encoder failed: {e.Message}");
        }
    }

    private static TextVector[] All(string[] texts, string reason) =>
        [.. Enumerable.Repeat(new TextVector(default, SimilarityErrorKind.EncoderFailed, reason), texts.Length)];

    private static TextVector Check(ReadOnlyMemory<float> vector)
    {
        if (vector.Length == 0)
        {
            return new(default, SimilarityErrorKind.WrongLength, "The encoder gave a vector of length 0.");
        }

        bool zero = true;
        foreach (float value in vector.Span)
        {
            if (!float.IsFinite(value))
            {
                return new(default, SimilarityErrorKind.NotFinite, "The encoder gave a vector with NaN or infinity.");
            }

            zero &= value == 0;
        }

        return zero ? new(default, SimilarityErrorKind.NoKnownToken, "The encoder gave a zero vector: it knows no token of the text.") : new(vector);
    }
}
