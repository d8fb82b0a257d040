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

    /// <summary>State that is not optimised (a queue of past embeddings): the trainer checkpoints it, piece after piece in order: the length of a piece may depend on what those before it hold.</summary>
    IReadOnlyList<Memory<byte>> State => [];

    /// <summary>Whether it reads directions alone: the length of a row changes nothing, so that a cut need not be normalised before. Default false.</summary>
    bool NormalisesRows => false;

    /// <summary>Called once before step 1, before <see cref="Parameters"/> are read: a loss whose parameters depend on the width of the rows makes them here.</summary>
    /// <param name="dimensions">D of the rows to come.</param>
    /// <param name="guideDimensions">Width of the guide's or teacher's vectors; 0 without one.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="ArgumentException">The loss cannot work on rows of that width.</exception>
    void Prepare(int dimensions, int guideDimensions, ulong seed) { }

    /// <summary>The loss of a batch, and its derivative by every row.</summary>
    /// <typeparam name="T">float (trains) or double (proves).</typeparam>
    /// <param name="batch">Raw rows; a loss that wants unit vectors normalises by itself.</param>
    /// <param name="gradients">Receives the derivative by each raw row, in the shapes of the columns; what they held is lost.</param>
    /// <param name="step">Where training stands and how many threads may work.</param>
    /// <exception cref="ShapeException">The shapes do not fit each other or the loss.</exception>
    LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>;
}
