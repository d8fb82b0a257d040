using System.Globalization;
using Nearfar.Training.Losses;

namespace Nearfar.Training;

/// <summary>Says when hard negatives cannot matter: where every pair fits one batch, each pair's document is a negative of every question as it is.</summary>
internal static class OneBatchNote
{
    /// <summary>The sentence; null where there are several batches, or no negatives are asked for.</summary>
    /// <param name="rows">Readable rows.</param>
    /// <param name="plan">How pairs became rows.</param>
    /// <param name="options">Batch, and whether negatives come later.</param>
    /// <param name="counts">Batches of each epoch.</param>
    public static string? Of(TrainingRows rows, RowPlan plan, TrainingOptions options, int[] counts)
    {
        int[] negatives = [.. rows.Rows.SelectMany(r => r.HardNegatives)];
        if (plan.Shape != LossRows.Pairs || plan.Least > 0 || plan.HardNegatives == 0 || (negatives.Length == 0 && options.Mining is null) || rows.Rows.Length > options.Batch || counts.Any(c => c > 1))
        {
            return null;
        }

        var positives = rows.Rows.Select(r => r.Positive).ToHashSet();
        string share = negatives.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({negatives.Count(positives.Contains)} of the {negatives.Length} here)");
        return string.Create(CultureInfo.InvariantCulture, $"every pair fits one batch: mined negatives of other pairs{share} change nothing. {rows.Rows.Length} rows, batch {options.Batch}; a smaller train.batch makes them count.");
    }
}
