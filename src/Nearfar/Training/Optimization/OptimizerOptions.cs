using System.Globalization;

namespace Nearfar.Training.Optimization;

/// <summary>The optimiser of the encoder's rows. Plain values: a checkpoint holds them and refuses others.</summary>
/// <remarks>
/// Only rows that a batch touches are updated. What a row missed is made up for when it is touched or read again: weight decay and momentum
/// by their closed form, so that they equal the dense optimiser; Adagrad misses nothing. Differs from dense Adam and AdamW: the moments of an
/// untouched row do not fade and do not move it, as in PyTorch's SparseAdam; <see cref="Dense"/> moves every row in every step.
/// </remarks>
public sealed record OptimizerOptions
{
    internal static readonly OptimizerOptions Default = new();

    /// <summary>Default Adam.</summary>
    public OptimizerKind Kind { get; init; }

    /// <summary>Decay of the first moment, 0 to below 1, of Adam and AdamW. Default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, 0 to below 1, of Adam and AdamW. Default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment, above 0, at most 1. Default 1e-8 (Adagrad: 1e-10).</summary>
    public double? Epsilon { get; init; }

    /// <summary>Momentum of gradient descent, 0 to below 1. Default 0.9.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Each step takes rate times this share off every value, apart from the gradient (decoupled), 0 to 1. Default 0; AdamW 0.01.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>Longest gradient of all rows together; a longer one is shortened. Above 0. Default null: none is.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Adam and AdamW: every row moves in every step, as in the paper. Default false: touched rows alone.</summary>
    public bool Dense { get; init; }

    /// <summary>How the state is stored. Default float32.</summary>
    public StateFormat State { get; init; }

    /// <summary>Rate of a loss's own parameters (temperature, bias, classifier) by that of the rows, above 0, at most 1000. They always use Adam, in double. Default 1.</summary>
    public double RateFactor { get; init; } = 1;

    internal bool IsAdam => Kind is OptimizerKind.Adam or OptimizerKind.AdamW;

    internal double EffectiveEpsilon => Epsilon ?? (Kind == OptimizerKind.Adagrad ? 1e-10 : 1e-8);

    internal double EffectiveDecay => WeightDecay ?? (Kind == OptimizerKind.AdamW ? 0.01 : 0);

    internal IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Kind))
        {
            yield return $"Optimizer.Kind is {(int)Kind}; wanted adam, adamw, adagrad or sgd.";
        }

        if (!Enum.IsDefined(State))
        {
            yield return $"Optimizer.State is {(int)State}; wanted float32 or bfloat16.";
        }

        foreach (var (name, value, holds, wanted) in new (string, double, bool, string)[]
        {
            ("Beta1", Beta1, Beta1 is >= 0 and < 1, "0 to below 1"),
            ("Beta2", Beta2, Beta2 is >= 0 and < 1, "0 to below 1"),
            ("Epsilon", EffectiveEpsilon, EffectiveEpsilon is > 0 and <= 1, "above 0, at most 1"),
            ("Momentum", Momentum, Momentum is >= 0 and < 1, "0 to below 1"),
            ("WeightDecay", EffectiveDecay, EffectiveDecay is >= 0 and <= 1, "0 to 1"),
            ("ClipNorm", ClipNorm ?? 1, ClipNorm is null or (> 0 and < double.PositiveInfinity), "above 0"),
            ("RateFactor", RateFactor, RateFactor is > 0 and <= 1000, "above 0, at most 1000"),
        })
        {
            if (!holds)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"Optimizer.{name} is {value}; wanted {wanted}.");
            }
        }

        if (Kind == OptimizerKind.Adam && WeightDecay is > 0)
        {
            yield return "Optimizer.WeightDecay is set for adam; decoupled decay makes it adamw. Choose adamw.";
        }

        if (Dense && !IsAdam)
        {
            yield return $"Optimizer.Dense is set for {Kind.ToString().ToLowerInvariant()}, whose rows make up for every step they missed: nothing would change. Remove it.";
        }
    }

    /// <summary>One line, as a checkpoint compares it: only what the kind reads.</summary>
    internal string Word()
    {
        var words = new List<string> { Kind.ToString().ToLowerInvariant() };
        void Add(string name, double value) => words.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {value}"));
        if (IsAdam)
        {
            Add("beta1", Beta1);
            Add("beta2", Beta2);
        }

        if (Kind == OptimizerKind.Sgd)
        {
            Add("momentum", Momentum);
        }
        else
        {
            Add("epsilon", EffectiveEpsilon);
        }

        Add("weight_decay", EffectiveDecay);
        if (ClipNorm is { } norm)
        {
            Add("clip_norm", norm);
        }

        words.Add(Dense ? "dense" : "");
        words.Add(State == StateFormat.BFloat16 ? "bfloat16" : "");
        Add("rate_factor", RateFactor);
        return string.Join(' ', words.Where(w => w.Length > 0));
    }
}
