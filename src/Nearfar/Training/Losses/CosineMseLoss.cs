namespace Nearfar.Training.Losses;

/// <summary>Mean squared difference of cosine and target.</summary>
/// <remarks>Reimers and Gurevych 2019, arXiv:1908.10084, section 3, "regression objective". 0 where every cosine is its target; 0 for an empty batch.</remarks>
internal sealed class CosineMseLoss() : RowScoreLoss(new CosineMeasure(distance: false))
{
    public override LossNeeds Needs => LossNeeds.Targets;

    protected override double Score(RowScores scores, Span<double> derivative)
    {
        double[] targets = scores.Targets(-1, 1);
        double sum = 0;
        int count = Math.Max(1, scores.Count);
        for (int at = 0; at < targets.Length; at++)
        {
            double off = scores.Present[at] ? scores.Values[at] - targets[at] : 0;
            sum += off * off;
            derivative[at] = 2 * off / count;
        }

        return sum / count;
    }
}
