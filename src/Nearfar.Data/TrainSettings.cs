using Nearfar.Training.Losses;

namespace Nearfar.Data;

/// <summary>Section <c>train</c>. A null value leaves the choice to the trainer.</summary>
public sealed record TrainSettings
{
    /// <summary>The loss and its options: <c>mnrl</c>, or <c>{name: mnrl, temperature: 0.05}</c>. <c>temperature</c> beside it is its option too.</summary>
    public LossChoice? Loss { get; init; }

    /// <summary>Pairs of a batch, at least 2.</summary>
    public int? Batch { get; init; }

    /// <summary>Passes over the pairs, at least 1.</summary>
    public int? Epochs { get; init; }

    /// <summary>Highest learning rate, above 0.</summary>
    public double? Rate { get; init; }

    /// <summary>Share of the steps over which the rate rises, 0 to 1.</summary>
    public double? Warmup { get; init; }

    /// <summary>Hard-negative columns of a batch, 0 or more.</summary>
    public int? HardNegatives { get; init; }

    /// <summary>Evaluations on dev in each epoch, at least 1.</summary>
    public int? Evaluations { get; init; }

    /// <summary>Seed of batches and initial values, 0 or more.</summary>
    public long? Seed { get; init; }
}
