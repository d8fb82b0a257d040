using Nearfar.Encoding;
using Nearfar.Gating;
using Nearfar.Gating.Sets;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Training;

namespace Nearfar.Releases;

/// <summary>The sets that a loop works on. Each has the type of its use: gate rows cannot reach the trainer or the miner.</summary>
/// <param name="Train">Pairs to learn from.</param>
/// <param name="Dev">Chooses the step.</param>
/// <param name="Gate">Opened once for each candidate.</param>
/// <param name="Traffic">Questions from production; may be empty.</param>
public sealed record LoopData(TrainingSet Train, DevSet Dev, GateSet Gate, IReadOnlyList<TrafficRow> Traffic)
{
    /// <summary>The frozen version that <see cref="Gate"/> is; null: it was never frozen.</summary>
    public GateSetManifest? GateManifest { get; init; }
}

/// <summary>How a loop trains, judges and mines.</summary>
public sealed record LoopOptions
{
    /// <summary>Folder for runs, mined pairs, reports and releases.</summary>
    public required string Output { get; init; }

    /// <summary>What training starts from.</summary>
    public StartOptions Start { get; init; } = new();

    /// <summary>The frozen encoder of an adapter that <see cref="Start"/> names no folder for, such as a provider's. Default null: the start makes it.</summary>
    public IEncoder? Base { get; init; }

    /// <summary>How to train.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>The encoder whose vectors the loss reads. Default null: none.</summary>
    public IEncoder? Guide { get; init; }

    /// <summary>Rules of mining inside the training, by <see cref="TrainingOptions.Mining"/>. Default null: none.</summary>
    public MiningOptions? TrainingMining { get; init; }

    /// <summary>Recipes among which dev chooses, instead of <see cref="Training"/>; <see cref="Start"/> stays the untrained reference. Default none.</summary>
    public IReadOnlyList<TrainingRecipe> Recipes { get; init; } = [];

    /// <summary>Which documents become negatives after a block.</summary>
    public MiningOptions Mining { get; init; } = new();

    /// <summary>What a release must prove.</summary>
    public GatePolicy Policy { get; init; } = new();

    /// <summary>Candidates tried in one call, at least 1. Default 3.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>A traffic question failed when its right page is not within this rank. Default 3.</summary>
    public int FailsAt { get; init; } = 3;

    internal IEncoder CreateStart(TrainingSet set) => Base ?? StartEncoder.Create(Start, set);
}
