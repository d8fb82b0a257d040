using System.Globalization;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;

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

    /// <summary>Peak learning rate for rows of root mean square 1. Above 0, at most 10 (gradient descent: 10,000). Default 0.03; 0.1 to 0.2 suits long documents. Gradient descent wants far higher ones: its step is not divided by the gradient's size.</summary>
    public double Rate { get; init; } = 0.03;

    /// <summary>How gradients become updates. Default: Adam on the rows that a batch touches.</summary>
    public OptimizerOptions Optimizer { get; init; } = OptimizerOptions.Default;

    /// <summary>Learns a factor for each token beside its row; of static encoders. Default null: none.</summary>
    public TokenWeightOptions? TokenWeights { get; init; }

    /// <summary>Share of the steps that climb to the peak rate, 0 to 1. Default 0.1; then the rate follows <see cref="Schedule"/>.</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>How the rate goes after warm-up. Default: linear to 0.</summary>
    public RateSchedule Schedule { get; init; }

    /// <summary>Held-out evaluations in a row without a better one after which the run ends, 0 to 1,000. Default 0: it goes to its last epoch.</summary>
    public int Patience { get; init; }

    /// <summary>Scores an average of the parameters beside them. Default null: none.</summary>
    public AveragingOptions? Average { get; init; }

    /// <summary>Which rows may share a batch. Default null: <see cref="BatchRule.Label"/> for a loss that reads labels, <see cref="BatchRule.Shuffled"/> for one of graded pairs, else <see cref="BatchRule.Text"/>.</summary>
    public BatchRule? Batches { get; init; }

    /// <summary>How often each of several data sets (<see cref="Pairs.Pair.DataSet"/>) gives a batch. Default: in proportion to its rows.</summary>
    public MixRule Mix { get; init; }

    /// <summary>For <see cref="MixRule.Temperature"/>, 1 (in proportion) to 100 (nearly alike). Default 2.</summary>
    public double MixTemperature { get; init; } = 2;

    /// <summary>Draws rows of small cohorts more often. Default null: each row once in an epoch.</summary>
    public BalanceOptions? Balance { get; init; }

    /// <summary>What the labels of a loss or a batch are: a cohort attribute; null, the default: the positive document.</summary>
    public string? Labels { get; init; }

    /// <summary>Texts of one forward pass; the loss still sees the whole batch (gradient caching, Gao et al. 2021, arXiv:2101.06983). 0, the default: all at once. For encoders whose rows are independent and whose backward passes add up.</summary>
    public int Chunk { get; init; }

    /// <summary>How files larger than memory are read; wanted, and allowed, where the trainer is given a <see cref="StreamedPairs"/>. Default null: all pairs are in memory.</summary>
    public StreamOptions? Stream { get; init; }

    /// <summary>Hard negatives read from each pair, the first ones, 0 to 64. Default 4; a pair may have fewer.</summary>
    public int HardNegatives { get; init; } = 4;

    /// <summary>When mined negatives are mined anew inside the run, with <see cref="Trainer.Negatives"/>. Default null: those of the pairs hold to the end.</summary>
    public MiningSchedule? Mining { get; init; }

    /// <summary>What other positives of a question that stand in its batch are to it; of losses over the batch. Default: masked, no negatives.</summary>
    public OtherPositives OtherPositives { get; init; }

    /// <summary>Tokens of a training text that count, prompt included, at least 1 and at most the encoder's own limit; of static encoders. The trained encoder, dev scores and mining keep that limit. Default null: it holds in training too.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>An epoch ends when the rows left cannot fill this share of its first batch, 0 to 1; at 0 every batch of two rows and more is trained on. Default 0.25.</summary>
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
        Check(Rate > 0 && Rate <= MostRate, nameof(Rate), Rate, $"above 0 and at most {MostRate}");
        problems.AddRange(Optimizer.Problems());
        problems.AddRange(TokenWeights?.Problems(Optimizer) ?? []);
        problems.AddRange(Stream?.Problems(this) ?? []);
        Check(WarmupShare is >= 0 and <= 1, nameof(WarmupShare), WarmupShare, "0 to 1");
        Check(HardNegatives is >= 0 and <= 64, nameof(HardNegatives), HardNegatives, "0 to 64");
        Check(Enum.IsDefined(OtherPositives), nameof(OtherPositives), (int)OtherPositives, "masked or negatives");
        Check(MaxTokens is null or >= 1, nameof(MaxTokens), MaxTokens ?? 0, "at least 1");
        Check(MinBatchShare is >= 0 and <= 1, nameof(MinBatchShare), MinBatchShare, "0 to 1");
        Check(EvaluationsPerEpoch is >= 1 and <= 1000, nameof(EvaluationsPerEpoch), EvaluationsPerEpoch, "1 to 1000");
        Check(Enum.IsDefined(Schedule), nameof(Schedule), (int)Schedule, "linear, cosine or constant");
        Check(Patience is >= 0 and <= 1000, nameof(Patience), Patience, "0 to 1000");
        Check(Batches is null || Enum.IsDefined(Batches.Value), nameof(Batches), (int)(Batches ?? 0), "text, answer, label, hard or shuffled");
        Check(Enum.IsDefined(Mix), nameof(Mix), (int)Mix, "proportional, round-robin or temperature");
        Check(MixTemperature is >= 1 and <= 100, nameof(MixTemperature), MixTemperature, "1 to 100");
        Check(Chunk is 0 or >= 2, nameof(Chunk), Chunk, "0 or at least 2");
        Check(Batches != BatchRule.Label || Batch >= 4, nameof(Batch), Batch, "at least 4 for batches of labels: two rows of two labels");
        if (Balance is { } balance)
        {
            Check(balance.Power is >= 0 and <= 1, "Balance.Power", balance.Power, "0 to 1");
            Check(balance.Cap is >= 1 and <= 100, "Balance.Cap", balance.Cap, "1 to 100");
        }

        if (Average is { } average)
        {
            Check(average.Tail is null or (> 0 and <= 1), "Average.Tail", average.Tail ?? 0, "above 0, at most 1");
            Check(average.Decay is null or (> 0 and < 1), "Average.Decay", average.Decay ?? 0, "above 0, below 1");
            if (average.Tail.HasValue == average.Decay.HasValue)
            {
                problems.Add($"Average has {(average.Tail.HasValue ? "both a tail and a decay" : "neither a tail nor a decay")}; give one.");
            }
        }

        if (Mining is { } mining)
        {
            problems.AddRange(mining.Problems());
            Check(HardNegatives > 0, nameof(HardNegatives), HardNegatives, "at least 1 for negatives that are mined inside the run");
            if (LossRegistry.Problems(Loss).Count == 0 && LossRegistry.Of(Loss.Name) is { } loss && (loss.Rows != LossRows.Pairs || loss.MaxHardNegatives == 0))
            {
                problems.Add($"Mining is set, and loss {loss.Name} reads no hard negatives beside a pair. Remove it, or use mnrl.");
            }
        }

        if (OtherPositives == OtherPositives.Negatives && LossRegistry.Problems(Loss).Count == 0 && LossFit.OtherPositives(Loss) is { } unread)
        {
            problems.Add($"OtherPositives is negatives, and {unread}");
        }

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
        yield return new("options.optimizer", Optimizer.Word());
        yield return Of("options.warmup_share", WarmupShare);
        yield return Of("options.hard_negatives", HardNegatives);
        yield return Of("options.min_batch_share", MinBatchShare);
        yield return Of("options.evaluations_per_epoch", EvaluationsPerEpoch);
        yield return Of("options.seed", Seed);
        yield return new("options.schedule", Word(Schedule));
        yield return Of("options.patience", Patience);
        yield return new("options.average", Average switch { null => "none", { Tail: { } tail } => "tail " + Text(tail), var a => "decay " + Text(a.Decay ?? 0) });
        yield return new("options.batches", Batches is { } rule ? Word(rule) : "default");
        yield return new("options.mix", Mix == MixRule.RoundRobin ? "round-robin" : Word(Mix));
        yield return Of("options.mix_temperature", MixTemperature);
        yield return new("options.balance", Balance is { } b ? $"{b.Attribute}, power {Text(b.Power)}, cap {Text(b.Cap)}" : "none");
        yield return new("options.labels", Labels ?? "positive");
        yield return Of("options.chunk", Chunk);
        if (TokenWeights is not null)
        {
            yield return new("options.token_weights", TokenWeights.Word());
        }

        if (OtherPositives != OtherPositives.Masked)
        {
            yield return new("options.other_positives", Word(OtherPositives));
        }

        if (MaxTokens is { } tokens)
        {
            yield return Of("options.max_tokens", tokens);
        }

        if (Stream is not null)
        {
            yield return new("options.stream", FormattableString.Invariant($"buffer {Stream.Buffer}"));
        }

        if (Mining is { } mining)
        {
            yield return new("options.mining", mining.Word());
        }

        static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

        static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

        static KeyValuePair<string, string> Of(string name, IFormattable value) => new(name, value.ToString(null, CultureInfo.InvariantCulture));
    }

    /// <summary>Cohort attributes that decide which rows are drawn or meet.</summary>
    internal IEnumerable<string> Attributes => new[] { Labels, Balance?.Attribute }.OfType<string>().Distinct(StringComparer.Ordinal);

    private double MostRate => Optimizer.Kind == OptimizerKind.Sgd ? 10_000 : 10;

    /// <summary>The temperature of the loss, or null when it has none.</summary>
    internal double? Temperature => LossRegistry.Of(Loss.Name).Options.FirstOrDefault(o => o.Name == "temperature") is { } option
        ? double.Parse(Loss.Options.GetValueOrDefault(option.Name, option.Default), CultureInfo.InvariantCulture)
        : null;
}
