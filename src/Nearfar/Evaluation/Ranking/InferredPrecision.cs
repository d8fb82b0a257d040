namespace Nearfar.Evaluation.Ranking;

/// <summary>Average precision where only a random sample of the pool was judged: trec_eval's <c>infAP</c>.</summary>
/// <remarks>
/// Yilmaz and Aslam 2006, "Estimating average precision with incomplete and imperfect judgments", CIKM. A document of the pool that was not judged
/// stands in the judgements with a negative grade; one that does not stand there was not in the pool.
/// </remarks>
internal static class InferredPrecision
{
    /// <summary>Keeps the share of relevant above a rank defined where nothing above it was judged.</summary>
    private const double Epsilon = 0.00001;

    /// <summary>Mean over all relevant documents of the precision that is expected at their rank; 0 when R is 0.</summary>
    public static double At(JudgedRanking ranking)
    {
        double sum = 0;
        int relevant = 0, wrong = 0, sampledOut = 0;
        for (int above = 0; above < ranking.Grades.Length; above++)
        {
            int grade = ranking.Grades[above];
            if (grade >= ranking.Judgements.Level)
            {
                sum += above == 0 ? 1 : Expected(above, relevant, wrong, sampledOut);
                relevant++;
            }
            else if (grade >= 0)
            {
                wrong++;
            }
            else if (grade == Judgements.PooledUnjudged)
            {
                sampledOut++;
            }
        }

        return ranking.Relevant == 0 ? 0 : sum / ranking.Relevant;
    }

    // The document itself, and those above it: their share that was pooled, times the share of relevant among the judged of them.
    private static double Expected(double above, int relevant, int wrong, int sampledOut) =>
        (1 / (above + 1)) + (above / (above + 1) * ((relevant + wrong + sampledOut) / above) * ((relevant + Epsilon) / (relevant + wrong + (2 * Epsilon))));
}
