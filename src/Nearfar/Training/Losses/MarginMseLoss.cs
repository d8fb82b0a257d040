namespace Nearfar.Training.Losses;

/// <summary>The student's margins, similarity to the positive minus similarity to a hard negative, ought to equal the teacher's.</summary>
/// <remarks>
/// Hofstätter et al. 2020, arXiv:2010.02666, eq. 3: mean of ((s_p - s_n) - (t_p - t_n))² over all hard negatives. 0 where all margins are the teacher's; 0 for
/// an empty batch or one without hard negatives.
/// </remarks>
/// <param name="similarity">Usually the dot product of raw rows: a teacher's margin may be above 2.</param>
internal sealed class MarginMseLoss(IPairMeasure similarity) : RowScoreLoss(similarity)
{
    public override LossNeeds Needs => LossNeeds.TeacherScores;

    protected override int MinColumns => 3;

    protected override double Score(RowScores scores, Span<double> derivative)
    {
        var teacher = scores.TeacherScores();
        int count = Math.Max(1, scores.Count - scores.Pairs);
        double sum = 0;
        for (int i = 0; i < scores.Pairs; i++)
        {
            int own = i * scores.Width;
            for (int at = own + 1; at < own + scores.Width; at++)
            {
                double off = scores.Present[at] ? scores.Values[own] - scores.Values[at] - (teacher[own] - teacher[at]) : 0;
                sum += off * off;
                derivative[own] += 2 * off / count;
                derivative[at] = -2 * off / count;
            }
        }

        return sum / count;
    }
}
