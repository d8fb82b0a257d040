namespace Nearfar.Training.Losses;

/// <summary>A loss of the registry: what it is, what it wants and its options.</summary>
public sealed record LossDescription
{
    /// <summary>The name in <c>train: {loss: NAME}</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>Paper and equation.</summary>
    public required string Source { get; init; }

    /// <summary>Names that other libraries use for it.</summary>
    public IReadOnlyList<string> AlsoCalled { get; init; } = [];

    /// <summary>What the columns hold. Default <see cref="LossRows.Pairs"/>.</summary>
    public LossRows Rows { get; init; }

    /// <summary>Fewest hard negatives that every row must bring. Default 0.</summary>
    public int MinHardNegatives { get; init; }

    /// <summary>Most hard-negative columns it reads. Default: any number.</summary>
    public int MaxHardNegatives { get; init; } = int.MaxValue;

    /// <summary>Its options.</summary>
    public IReadOnlyList<LossOption> Options { get; init; } = [];

    /// <summary>What is wrong with options that are each in range, one sentence each.</summary>
    internal Func<LossValues, IEnumerable<string>> Conflicts { get; init; } = _ => [];

    /// <summary>Makes the loss of checked options.</summary>
    internal Func<LossValues, ILoss> Create { get; init; } = _ => throw new InvalidOperationException("A loss of the registry says how it is made.");

    /// <summary>Puts around the loss what its options ask for.</summary>
    internal Func<ILoss, LossValues, ILoss> Around { get; init; } = (loss, _) => loss;
}
