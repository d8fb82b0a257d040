using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>Smaller models out of a finished one. Each spans a space of its own: its vectors never meet those of the model it came from.</summary>
public static class ModelCut
{
    /// <summary>The encoder that gives the first values of each vector, of length 1 again: what Matryoshka training (arXiv:2205.13147) makes good.</summary>
    /// <remarks>The mean of cut token rows is the cut of the mean, so the folder stays one that sentence-transformers loads.</remarks>
    /// <param name="encoder">Not quantised.</param>
    /// <param name="dimensions">1 to the encoder's.</param>
    /// <exception cref="NearfarException">It is quantised already.</exception>
    public static StaticEncoder Cut(StaticEncoder encoder, int dimensions)
    {
        ThrowIfQuantised(encoder);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, encoder.Dimensions);
        var cut = encoder.TokenRows.Cut(dimensions);
        float[] rows = new float[checked(cut.Count * dimensions)];
        for (int i = 0; i < cut.Count; i++)
        {
            cut[i].CopyTo(rows.AsSpan(i * dimensions));
        }

        return StaticEncoder.Over(encoder.Tokenizer, rows, dimensions, encoder.Options);
    }

    /// <summary>The encoder whose vectors are quantised, queries and documents alike.</summary>
    /// <param name="encoder">Not quantised.</param>
    /// <param name="kind">int8 or binary.</param>
    /// <param name="texts">Documents whose vectors give the ranges of int8; a corpus. 100 or more are wanted for good ranges.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="NearfarException">It is quantised already, or no text has a vector.</exception>
    public static async Task<StaticEncoder> QuantizeAsync(StaticEncoder encoder, QuantizationKind kind, IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ThrowIfQuantised(encoder);
        ArgumentNullException.ThrowIfNull(texts);
        if (kind == QuantizationKind.Binary)
        {
            return encoder.With(encoder.Options with { Quantization = VectorQuantization.Binary(encoder.Dimensions) });
        }

        var rows = Rows.Allocate<float>(texts.Count, encoder.Dimensions);
        await encoder.EncodeAsync(texts, TextRole.Document, rows.Data, cancellationToken).ConfigureAwait(false);
        return encoder.With(encoder.Options with { Quantization = VectorQuantization.Int8(rows) });
    }

    private static void ThrowIfQuantised(StaticEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        if (encoder.Options.Quantization is { } quantization)
        {
            throw new NearfarException($"The model of space {encoder.Space} is quantised to {quantization.Name} already. Cut the model that it was made from.");
        }
    }
}
