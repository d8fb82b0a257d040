using Nearfar.Encoding;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>A model that turns inputs into rows and the gradient of those rows into an update of itself. Not thread-safe.</summary>
/// <typeparam name="TInput">For text: the number of a text among those the encoder was begun with.</typeparam>
public interface ITrainableEncoder<TInput>
{
    /// <summary>Length of a row, D.</summary>
    int Dimensions { get; }

    /// <summary>Whether a row depends on its own input alone; false (batch normalisation) forbids cutting a batch into chunks.</summary>
    bool RowsIndependent { get; }

    /// <summary>Whether several pairs of recorded forward and backward passes before one <see cref="Step"/> add up; needed for chunks. Default false: the last one counts.</summary>
    /// <remarks>The trainer then embeds each chunk twice, without and with recording: both passes of a text must give the same row.</remarks>
    bool AddsGradients => false;

    /// <summary>False when the encoder knows nothing of an input (no known token): the trainer leaves its pair out and counts it.</summary>
    /// <param name="input">An input.</param>
    bool CanEmbed(TInput input);

    /// <summary>Writes one raw row for each input, not normalised.</summary>
    /// <param name="inputs">Any number; one may stand more than once.</param>
    /// <param name="into">Receives [inputs, D].</param>
    /// <param name="mode">Whether a backward pass follows.</param>
    void Forward(ReadOnlySpan<TInput> inputs, Rows<float> into, ForwardMode mode);

    /// <summary>Takes the derivative of the loss by the rows of the last recorded forward pass. The memory must stay as it is until <see cref="Step"/>.</summary>
    /// <param name="gradients">[inputs, D].</param>
    void Backward(Rows<float> gradients);

    /// <summary>One update of the parameters by what <see cref="Backward"/> took.</summary>
    /// <param name="rate">Learning rate of this step.</param>
    void Step(double rate);

    /// <summary>The encoder as it is now, for other threads to embed any text with: it does not change when training goes on. Default null: it gives none, and no negatives can be mined while it trains.</summary>
    IEncoder? Snapshot() => null;

    /// <summary>Writes parameters, optimiser state and step: what <see cref="Load"/> needs to go on bit-equal.</summary>
    /// <param name="to">Any stream.</param>
    void Save(Stream to);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="from">The same bytes.</param>
    void Load(Stream from);

    /// <summary>Writes the parameters alone: float32 values in the machine's order, always as many and in the same places, so that they can be averaged.</summary>
    /// <param name="to">Any stream.</param>
    void SaveParameters(Stream to);

    /// <summary>Reads what <see cref="SaveParameters"/> wrote; the optimiser's state is left.</summary>
    /// <param name="from">The same bytes.</param>
    void LoadParameters(Stream from);
}
