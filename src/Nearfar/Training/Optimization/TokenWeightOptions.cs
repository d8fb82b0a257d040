using System.Globalization;

namespace Nearfar.Training.Optimization;

/// <summary>Learns a factor for each token beside its row: a row says where a word points, its factor how much it counts. Of static encoders; the model holds their product.</summary>
/// <remarks>
/// A row is w r: the loss's gradient g by the product gives w g for r and r . g for w. Without it, a step moves every row by about the rate, however long
/// the row is; with it, what is long learns faster. Differs from Model2Vec, whose weights are sigmoid(v): a factor of 0 to 100 needs no function whose last bit
/// differs from machine to machine.
/// </remarks>
public sealed record TokenWeightOptions
{
    /// <summary>Peak learning rate of the factors, by Adam (.9, .999, 1e-8); it follows the schedule of <see cref="TrainingOptions.Rate"/>. Above 0, at most 10. Default 0.01.</summary>
    public double Rate { get; init; } = 0.01;

    internal IEnumerable<string> Problems(OptimizerOptions optimizer)
    {
        if (Rate is not (> 0 and <= 10))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"TokenWeights.Rate is {Rate}; wanted above 0 and at most 10.");
        }

        if (optimizer.Dense || optimizer.EffectiveDecay > 0 || optimizer.Kind is OptimizerKind.Sgd or OptimizerKind.AdamW)
        {
            yield return "TokenWeights are learned with adam or adagrad, without decay and not dense: a row that rests must rest. Choose one of these, or remove them.";
        }
    }

    internal string Word() => string.Create(CultureInfo.InvariantCulture, $"rate {Rate}");
}
