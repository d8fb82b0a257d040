namespace Nearfar.Training.Losses;

/// <summary>The student's distribution over each anchor's own documents ought to be the teacher's.</summary>
/// <remarks>
/// Hinton, Vinyals and Dean 2015, arXiv:1503.02531, section 2: KL(teacher, student) of softmax(t / T_t) and softmax(s / T_s), mean over the rows, times
/// T_s². Nats. 0 where both are equal up to a constant a row; a row whose only document is its positive gives 0, and so does an empty batch.
/// </remarks>
internal sealed class DistillKlLoss(IPairMeasure similarity, double temperature, double teacherTemperature) : RowScoreLoss(similarity)
{
    public override LossNeeds Needs => LossNeeds.TeacherScores;

    protected override int MinColumns => 3;

    protected override double Score(RowScores scores, Span<double> derivative)
    {
        var teacher = scores.TeacherScores();
        double sum = 0;
        for (int i = 0; i < scores.Pairs; i++)
        {
            int own = i * scores.Width;
            var present = scores.Present.AsSpan(own, scores.Width);
            double[] p = LogSoftmax(teacher.Slice(own, scores.Width), present, teacherTemperature);
            double[] q = LogSoftmax(scores.Values.AsSpan(own, scores.Width), present, temperature);
            for (int c = 0; c < scores.Width; c++)
            {
                if (present[c])
                {
                    sum += Math.Exp(p[c]) * (p[c] - q[c]);
                    derivative[own + c] = temperature * (Math.Exp(q[c]) - Math.Exp(p[c])) / scores.Pairs;
                }
            }
        }

        return sum * temperature * temperature / Math.Max(1, scores.Pairs);
    }

    private static double[] LogSoftmax(ReadOnlySpan<double> scores, ReadOnlySpan<bool> present, double temperature)
    {
        double[] z = new double[scores.Length];
        double max = double.NegativeInfinity, sum = 0;
        for (int c = 0; c < z.Length; c++)
        {
            z[c] = present[c] ? scores[c] / temperature : double.NegativeInfinity;
            max = Math.Max(max, z[c]);
        }

        foreach (double value in z)
        {
            sum += Math.Exp(value - max);
        }

        double total = max + Math.Log(sum);
        for (int c = 0; c < z.Length; c++)
        {
            z[c] -= total;
        }

        return z;
    }
}
