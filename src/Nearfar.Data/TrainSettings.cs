using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;

namespace Nearfar.Data;

/// <summary>Section <c>train</c>. A null value leaves the choice to the trainer.</summary>
public sealed record TrainSettings
{
    /// <summary><c>fast | balanced | best</c>: recipes among which dev chooses; options that are named hold for all of them. Null: one recipe, of these options.</summary>
    public Preset? Preset { get; init; }

    /// <summary>The loss and its options: <c>mnrl</c>, or <c>{name: mnrl, temperature: 0.05}</c>. <c>temperature</c> beside it is its option too.</summary>
    public LossChoice? Loss { get; init; }

    /// <summary>Pairs of a batch, at least 2.</summary>
    public int? Batch { get; init; }

    /// <summary>Passes over the pairs, at least 1.</summary>
    public int? Epochs { get; init; }

    /// <summary>Highest learning rate, above 0.</summary>
    public double? Rate { get; init; }

    /// <summary>The optimiser: <c>adam | adamw | adagrad | sgd</c>, or a section of its options, <c>{name: adamw, weight_decay: 0.01}</c>.</summary>
    public OptimizerOptions? Optimizer { get; init; }

    /// <summary>Share of the steps over which the rate rises, 0 to 1.</summary>
    public double? Warmup { get; init; }

    /// <summary>Hard-negative columns of a batch, 0 or more.</summary>
    public int? HardNegatives { get; init; }

    /// <summary><c>mining: {every: 200, …}</c>: negatives are mined anew inside the run.</summary>
    public TrainMiningSettings? Mining { get; init; }

    /// <summary><c>masked | negatives</c>: what other positives of a question that stand in its batch are to it.</summary>
    public OtherPositives? OtherPositives { get; init; }

    /// <summary>Tokens of a training text that count, at least 1, at most the encoder's own limit; only in training.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Share of an epoch's first batch that the rows left must fill for one more, 0 to 1; 0: every batch of two rows and more is trained on.</summary>
    public double? MinBatchShare { get; init; }

    /// <summary>Evaluations on dev in each epoch, at least 1.</summary>
    public int? Evaluations { get; init; }

    /// <summary>Seed of batches and initial values, 0 or more.</summary>
    public long? Seed { get; init; }

    /// <summary>How the rate goes after it rose: <c>linear | cosine | constant</c>.</summary>
    public RateSchedule? Schedule { get; init; }

    /// <summary>Evaluations without a better one after which the run ends; 0: never.</summary>
    public int? Patience { get; init; }

    /// <summary><c>average: {tail: 0.5}</c> or <c>{decay: 0.99}</c>: an average of the parameters, scored beside them.</summary>
    public AveragingOptions? Average { get; init; }

    /// <summary>Which rows may share a batch: <c>text | answer | label | hard | shuffled</c>. Null: as the loss wants it.</summary>
    public BatchRule? Batches { get; init; }

    /// <summary>How often each data set of <c>data.train</c> gives a batch: <c>proportional | round-robin | temperature</c>.</summary>
    public MixRule? Mix { get; init; }

    /// <summary>For <c>mix: temperature</c>, 1 to 100.</summary>
    public double? MixTemperature { get; init; }

    /// <summary><c>balance: {attribute: language, power: 0.5, cap: 4}</c>: rows of small cohorts are drawn more often.</summary>
    public BalanceOptions? Balance { get; init; }

    /// <summary>The cohort attribute that labels are; null: the positive document.</summary>
    public string? Labels { get; init; }

    /// <summary>Model folder whose vectors a loss reads: a guide or a teacher.</summary>
    public string? Guide { get; init; }

    /// <summary>Texts of one forward pass; 0: the whole batch.</summary>
    public int? Chunk { get; init; }

    /// <summary><c>token_weights: {rate: 0.01}</c>: a learned factor for each token. Null: none.</summary>
    public TokenWeightOptions? TokenWeights { get; init; }

    /// <summary><c>stream: {buffer: 100000}</c>: <c>data.train</c> is read part by part and never held. Null: all pairs are in memory.</summary>
    public StreamOptions? Stream { get; init; }
}
