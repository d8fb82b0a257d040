using Nearfar.Encoding;
using Nearfar.Pairs;

namespace Nearfar.Training;

/// <summary>Mines hard negatives with the model of a run that is under way. Training owns this interface; mining, a later stage, implements it.</summary>
public interface INegativeSource
{
    /// <summary>All that decides what it finds beside the pairs, their corpus and the model, by name; part of the run's identity.</summary>
    IReadOnlyList<KeyValuePair<string, string>> Identity { get; }

    /// <summary>Hard negatives of training pairs; equal for equal pairs and model, whatever was mined before. Called from one thread at a time.</summary>
    /// <param name="set">Pairs to learn from.</param>
    /// <param name="encoder">The model as it was at the step; it does not change any more.</param>
    /// <param name="step">Updates that made it; kept in the provenance.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    ValueTask<NegativeGeneration> MineAsync(TrainingSet set, IEncoder encoder, long step, CancellationToken cancellationToken);
}
