namespace Nearfar.Training;

/// <summary>What a training run starts from: a kind of encoder and its first parameters.</summary>
/// <typeparam name="TEncoder">The trainable encoder it makes.</typeparam>
public interface ITrainingStart<TEncoder> where TEncoder : ITrainableEncoder<int>
{
    /// <summary>Equal for equal first parameters and equal reading of texts; a checkpoint holds it and is refused by another.</summary>
    string Hash { get; }

    /// <summary>A fresh encoder over the texts of a run.</summary>
    /// <param name="texts">Distinct texts; the encoder's inputs are their positions.</param>
    /// <param name="options">Optimiser, seed, <see cref="TrainingOptions.MaxTokens"/> and threads; no result depends on the threads.</param>
    /// <param name="cancellationToken">Stops while texts are embedded.</param>
    ValueTask<TEncoder> BeginAsync(IReadOnlyList<TrainingText> texts, TrainingOptions options, CancellationToken cancellationToken = default);
}
