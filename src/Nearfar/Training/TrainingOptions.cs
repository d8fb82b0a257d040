using System.Globalization;
using Nearfar.Training.Losses;

namespace Nearfar.Training;

/// <summary>How to train. Plain values: a checkpoint holds them and refuses others.</summary>
public sealed record TrainingOptions
{
    /// <summary>The loss and its options, of <see cref="LossRegistry"/>. Default <c>mnrl</c> (<see cref="InfoNceLoss"/>) at temperature 0.05.</summary>
    public LossChoice Loss { get; init; } = "mnrl";

    /// <summary>Most pairs of a batch, 2 to 65,536. Default 512.</summary>
    public int Batch { get; init; } = 512;

    /// <summary>Passes over the pairs, 1 to 10,000. Default 10.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Peak learning rate of Adam for rows of root mean square 1. Above 0, at most 10. Default 0.03; 0.1 to 0.2 suits long documents.</summary>
    public double Rate { get; init; } = 0.03;

    /// <summary>Share of the steps that climb to the peak rate, 0 to 1. Default 0.1; then the rate falls to 0.</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>Hard negatives read from each pair, the first ones, 0 to 64. Default 4; a pair may have fewer.</summary>
    public int HardNegatives { get; init; } = 4;

    /// <summary>An epoch ends when the rows left cannot fill this share of its first batch, 0 to 1. Default 0.25.</summary>
    public double MinBatchShare { get; init; } = 0.25;

    /// <summary>Held-out evaluations in each epoch, 1 to 1,000, beside one before the first step. Default 1.</summary>
    public int EvaluationsPerEpoch { get; init; } = 1;

    /// <summary>Seed of the batches and of the loss. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many threads may work, 1 to 1,024; no result depends on it. Default: the machine's processors.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Steps between checkpoints; 0: by time alone. No result depends on it. Default 0.</summary>
    public int CheckpointSteps { get; init; }

    /// <summary>Time between checkpoints. No result depends on it. Default 30 seconds.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What is wrong with these values, one sentence each; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        problems.AddRange(LossRegistry.Problems(Loss));
        Check(Batch is >= 2 and <= 65_536, nameof(Batch), Batch, "2 to 65536");
        Check(Epochs is >= 1 and <= 10_000, nameof(Epochs), Epochs, "1 to 10000");
        Check(Rate is > 0 and <= 10, nameof(Rate), Rate, "above 0 and at most 10");
        Check(WarmupShare is >= 0 and <= 1, nameof(WarmupShare), WarmupShare, "0 to 1");
        Check(HardNegatives is >= 0 and <= 64, nameof(HardNegatives), HardNegatives, "0 to 64");
        Check(MinBatchShare is >= 0 and <= 1, nameof(MinBatchShare), MinBatchShare, "0 to 1");
        Check(EvaluationsPerEpoch is >= 1 and <= 1000, nameof(EvaluationsPerEpoch), EvaluationsPerEpoch, "1 to 1000");
        Check(Threads is >= 1 and <= 1024, nameof(Threads), Threads, "1 to 1024");
        Check(CheckpointSteps >= 0, nameof(CheckpointSteps), CheckpointSteps, "0 or more");
        Check(CheckpointInterval > TimeSpan.Zero, nameof(CheckpointInterval), CheckpointInterval, "above 0");
        return problems;

        void Check(bool holds, string name, IFormattable value, string wanted)
        {
            if (!holds)
            {
                problems.Add($"{name} is {value.ToString(null, CultureInfo.InvariantCulture)}; wanted {wanted}.");
            }
        }
    }

    /// <summary>The values that decide the result, by name, as a checkpoint compares them.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Deciding()
    {
        yield return new("options.loss", Loss.Name);
        foreach (var option in LossRegistry.Of(Loss.Name).Options)
        {
            yield return new($"options.loss.{option.Name}", Loss.Options.GetValueOrDefault(option.Name, option.Default));
        }

        yield return Of("options.batch", Batch);
        yield return Of("options.epochs", Epochs);
        yield return Of("options.rate", Rate);
        yield return Of("options.warmup_share", WarmupShare);
        yield return Of("options.hard_negatives", HardNegatives);
        yield return Of("options.min_batch_share", MinBatchShare);
        yield return Of("options.evaluations_per_epoch", EvaluationsPerEpoch);
        yield return Of("options.seed", Seed);

        static KeyValuePair<string, string> Of(string name, IFormattable value) => new(name, value.ToString(null, CultureInfo.InvariantCulture));
    }

    /// <summary>The temperature of the loss, or null when it has none.</summary>
    internal double? Temperature => LossRegistry.Of(Loss.Name).Options.FirstOrDefault(o => o.Name == "temperature") is { } option
        ? double.Parse(Loss.Options.GetValueOrDefault(option.Name, option.Default), CultureInfo.InvariantCulture)
        : null;
}
