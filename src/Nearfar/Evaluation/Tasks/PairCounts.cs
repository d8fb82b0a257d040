namespace Nearfar.Evaluation.Tasks;

/// <summary>What became of pairs that a threshold classified.</summary>
/// <param name="TruePositives">Match, and said to.</param>
/// <param name="FalsePositives">Do not match, but said to.</param>
/// <param name="FalseNegatives">Match, but said not to.</param>
/// <param name="TrueNegatives">Do not match, and said not to.</param>
public sealed record PairCounts(int TruePositives, int FalsePositives, int FalseNegatives, int TrueNegatives)
{
    /// <summary>Share classified rightly.</summary>
    public double Accuracy => (TruePositives + TrueNegatives) / (double)(TruePositives + FalsePositives + FalseNegatives + TrueNegatives);

    /// <summary>Share of the pairs said to match that do; 0 when none was said to.</summary>
    public double Precision => TruePositives == 0 ? 0 : TruePositives / (double)(TruePositives + FalsePositives);

    /// <summary>Share of the matching pairs that were said to match.</summary>
    public double Recall => TruePositives == 0 ? 0 : TruePositives / (double)(TruePositives + FalseNegatives);

    /// <summary>2 TP / (2 TP + FP + FN).</summary>
    public double F1 => TruePositives == 0 ? 0 : 2.0 * TruePositives / ((2.0 * TruePositives) + FalsePositives + FalseNegatives);

    /// <summary>Matthews' correlation, -1 to 1; 0 when all pairs were said to be of one kind.</summary>
    /// <remarks>Matthews 1975. Unlike F1 it does not grow with the share of matching pairs.</remarks>
    public double Mcc
    {
        get
        {
            double product = (TruePositives + (double)FalsePositives) * (TruePositives + (double)FalseNegatives)
                * (TrueNegatives + (double)FalsePositives) * (TrueNegatives + (double)FalseNegatives);
            return product == 0 ? 0 : (((double)TruePositives * TrueNegatives) - ((double)FalsePositives * FalseNegatives)) / Math.Sqrt(product);
        }
    }
}
