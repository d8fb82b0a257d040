namespace Nearfar.Training;

/// <summary>What a training run starts from: a kind of encoder and its first parameters.</summary>
/// <typeparam name="TEncoder">The trainable encoder it makes.</typeparam>
public interface ITrainingStart<TEncoder> where TEncoder : ITrainableEncoder<int>
{
    /// <summary>Equal for equal first parameters and equal reading of texts; a checkpoint holds it and is refused by another.</summary>
    string Hash { get; }

    /// <summary>A fresh encoder over the texts of a run.</summary>
    /// <param name="texts">Distinct texts; the encoder's inputs are their positions.</param>
    /// <param name="threads">How many may work; no result depends on it.</param>
    TEncoder Begin(IReadOnlyList<TrainingText> texts, int threads);
}
