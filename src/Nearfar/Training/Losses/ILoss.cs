using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>A function from embeddings to the gradient of those embeddings. It never sees a model.</summary>
/// <remarks>Thread-safe unless it declares <see cref="Parameters"/> or <see cref="State"/>, which one trainer owns.</remarks>
public interface ILoss
{
    /// <summary>Side data that the trainer must fill; checked before step 1.</summary>
    LossNeeds Needs { get; }

    /// <summary>The loss's own parameters (a scale, a bias): the trainer optimises, clamps and checkpoints them.</summary>
    IReadOnlyList<LossParameter> Parameters => [];

    /// <summary>State that is not optimised (a queue of past embeddings): the trainer checkpoints it.</summary>
    IReadOnlyList<Memory<byte>> State => [];

    /// <summary>The loss of a batch, and its derivative by every row.</summary>
    /// <typeparam name="T">float (trains) or double (proves).</typeparam>
    /// <param name="batch">Raw rows; a loss that wants unit vectors normalises by itself.</param>
    /// <param name="gradients">Receives the derivative by each raw row, in the shapes of the columns; what they held is lost.</param>
    /// <param name="step">Where training stands and how many threads may work.</param>
    /// <exception cref="ShapeException">The shapes do not fit each other or the loss.</exception>
    LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>;
}
