namespace Nearfar.Training.Losses;

/// <summary>The positive ought to be nearer than each hard negative of its row, by the margin.</summary>
/// <remarks>
/// Schroff, Kalenichenko and Philbin 2015, arXiv:1503.03832, eq. 2, on distances, not their squares: mean of max(0, d(a,p) - d(a,n) + m) over all hard
/// negatives. m for a collapsed encoder; 0 for an empty batch or one without hard negatives.
/// </remarks>
internal sealed class TripletLoss(IPairMeasure distance, double margin) : RowScoreLoss(distance)
{
    public override LossNeeds Needs => LossNeeds.None;

    protected override int MinColumns => 3;

    protected override double Score(RowScores scores, Span<double> derivative)
    {
        int count = Math.Max(1, scores.Count - scores.Pairs);
        double sum = 0;
        for (int i = 0; i < scores.Pairs; i++)
        {
            int own = i * scores.Width;
            for (int at = own + 1; at < own + scores.Width; at++)
            {
                double missing = scores.Present[at] ? scores.Values[own] - scores.Values[at] + margin : 0;
                if (missing > 0)
                {
                    sum += missing;
                    derivative[own] += 1.0 / count;
                    derivative[at] = -1.0 / count;
                }
            }
        }

        return sum / count;
    }
}
