using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>Passes of a batch through the encoder, whole or chunk by chunk: one chunk's activations are held at a time, whatever the batch.</summary>
/// <remarks>Gradient caching, Gao et al. 2021, arXiv:2101.06983: rows first, unrecorded; after the loss each chunk again, recorded.</remarks>
/// <param name="encoder">Being trained.</param>
/// <param name="chunk">Texts at a time; 0: the whole batch.</param>
internal sealed class ChunkedPasses<TEncoder>(TEncoder encoder, int chunk) where TEncoder : ITrainableEncoder<int>
{
    /// <exception cref="NearfarException">Chunks are wanted, and of this encoder they would give other rows or save nothing.</exception>
    public static void ThrowUnlessFit(TEncoder encoder, int chunk)
    {
        if (chunk > 0 && !(encoder.RowsIndependent && encoder.AddsGradients))
        {
            throw new NearfarException(encoder.RowsIndependent
                ? "chunk is set, and this encoder keeps nothing of a forward pass but its rows: chunks would save no memory. Remove train.chunk."
                : "chunk is set, and the rows of this encoder depend on the whole batch (batch normalisation): a chunk would give others. Remove train.chunk.");
        }
    }

    /// <summary>Rows of a batch.</summary>
    public void Forward(int[] texts, Rows<float> into)
    {
        if (chunk == 0)
        {
            encoder.Forward(texts, into, ForwardMode.Record);
            return;
        }

        for (int at = 0; at < texts.Length; at += chunk)
        {
            int count = Math.Min(chunk, texts.Length - at);
            encoder.Forward(texts.AsSpan(at, count), into.Slice(at, count), ForwardMode.Infer);
        }
    }

    /// <summary>Takes the gradients of the batch's rows; the rows are written again where they come chunk by chunk.</summary>
    public void Backward(int[] texts, BatchBuffers buffers)
    {
        if (chunk == 0)
        {
            encoder.Backward(buffers.Gradients);
            return;
        }

        for (int at = 0; at < texts.Length; at += chunk)
        {
            int count = Math.Min(chunk, texts.Length - at);
            encoder.Forward(texts.AsSpan(at, count), buffers.Rows.Slice(at, count), ForwardMode.Record);
            encoder.Backward(buffers.Gradients.Slice(at, count));
        }
    }
}
