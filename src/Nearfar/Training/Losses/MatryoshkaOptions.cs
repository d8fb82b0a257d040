using System.Globalization;

namespace Nearfar.Training.Losses;

/// <summary>The options by which every loss of the registry is trained at several widths at once.</summary>
internal static class MatryoshkaOptions
{
    private const string Dimensions = "matryoshka", Weights = "matryoshka_weights", PerStep = "matryoshka_per_step";

    public static IReadOnlyList<LossOption> All { get; } =
    [
        new(Dimensions, "widths at which the vectors must serve when they are cut, the encoder's own among them", "") { Min = 1, Whole = true, Many = true },
        new(Weights, "weight of each width, in the same order; 1 each by default", "") { Min = 0, AboveMin = true, Many = true },
        new(PerStep, "widths that a step works on, drawn by seed and step; 0: all", "0") { Min = 0, Whole = true },
    ];

    /// <summary>What is wrong between the options, each valid alone; null when nothing is.</summary>
    public static string? Problem(LossValues values)
    {
        double[] dimensions = [.. Numbers(values, Dimensions)], weights = [.. Numbers(values, Weights)];
        return dimensions.Distinct().Count() != dimensions.Length ? $"{Dimensions} names a width twice."
            : weights.Length > 0 && weights.Length != dimensions.Length ? $"{Weights} has {weights.Length} values for {dimensions.Length} widths; wanted one each."
            : values.Whole(PerStep) > dimensions.Length ? $"{PerStep} is {values.Whole(PerStep)} of {dimensions.Length} widths."
            : null;
    }

    /// <summary>The loss at the widths that the options name, or the loss alone.</summary>
    public static ILoss Around(ILoss loss, LossValues values)
    {
        int[] dimensions = [.. Numbers(values, Dimensions).Select(d => (int)d)];
        return dimensions.Length == 0 ? loss : new MatryoshkaLoss(loss, dimensions, [.. Numbers(values, Weights)], values.Whole(PerStep));
    }

    private static IEnumerable<double> Numbers(LossValues values, string option) => values.Words(option).Select(w => double.Parse(w, NumberStyles.Float, CultureInfo.InvariantCulture));
}
