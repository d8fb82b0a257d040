namespace Nearfar.Training.Losses;

/// <summary>The contrastive loss over the hard rows of a batch: right pairs farther than the nearest wrong one, wrong pairs nearer than the farthest right one.</summary>
/// <remarks>
/// Hadsell, Chopra and LeCun 2006, eq. 4 without the half, **summed** over the pairs that a batch-wise rule selects; with fewer than two wrong pairs the
/// right ones beyond their own mean count, and the other way round. A target of at least 0.5 is a right pair. 0 is legal and common: no hard row, or an empty batch.
/// </remarks>
internal sealed class OnlineContrastiveLoss(IPairMeasure distance, double margin) : RowScoreLoss(distance)
{
    public override LossNeeds Needs => LossNeeds.Targets;

    protected override double Score(RowScores scores, Span<double> derivative)
    {
        double[] targets = scores.Targets(0, 1);
        int[] places = [.. Enumerable.Range(0, targets.Length).Where(at => scores.Present[at])];
        int[] right = [.. places.Where(at => targets[at] >= .5)], wrong = [.. places.Where(at => targets[at] < .5)];
        double nearer = right.Length > 1 ? right.Max(at => scores.Values[at]) : MeanOf(wrong, scores.Values);
        double farther = wrong.Length > 1 ? wrong.Min(at => scores.Values[at]) : MeanOf(right, scores.Values);
        double sum = 0;
        foreach (int at in right.Where(at => scores.Values[at] > farther))
        {
            double d = scores.Values[at];
            sum += d * d;
            derivative[at] = 2 * d;
        }

        foreach (int at in wrong.Where(at => scores.Values[at] < nearer))
        {
            double missing = Math.Max(0, margin - scores.Values[at]);
            sum += missing * missing;
            derivative[at] = -2 * missing;
        }

        return sum;
    }

    private static double MeanOf(int[] places, double[] values) => places.Length == 0 ? 0 : places.Average(at => values[at]);
}
