namespace Nearfar.Training.Losses;

/// <summary>Pulls right pairs to distance 0 and pushes wrong pairs out to the margin.</summary>
/// <remarks>
/// Hadsell, Chopra and LeCun 2006, eq. 4: mean of (y d² + (1 - y) max(0, m - d)²) / 2. 0 where right pairs are equal and wrong ones at least m apart;
/// m²/2 for wrong pairs of equal rows under the cosine; 0 for an empty batch.
/// </remarks>
internal sealed class ContrastiveLoss(IPairMeasure distance, double margin) : RowScoreLoss(distance)
{
    public override LossNeeds Needs => LossNeeds.Targets;

    protected override double Score(RowScores scores, Span<double> derivative)
    {
        double[] targets = scores.Targets(0, 1);
        double sum = 0;
        int count = Math.Max(1, scores.Count);
        for (int at = 0; at < targets.Length; at++)
        {
            if (scores.Present[at])
            {
                double y = targets[at], d = scores.Values[at], missing = Math.Max(0, margin - d);
                sum += ((y * d * d) + ((1 - y) * missing * missing)) / 2;
                derivative[at] = ((y * d) - ((1 - y) * missing)) / count;
            }
        }

        return sum / count;
    }
}
