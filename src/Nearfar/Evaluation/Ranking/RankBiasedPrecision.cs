namespace Nearfar.Evaluation.Ranking;

/// <summary>Gain of a reader who goes on to the next document with probability p: trec_eval's <c>rbp</c>, and what unjudged documents could add.</summary>
/// <remarks>Moffat and Zobel 2008, "Rank-biased precision for measurement of retrieval effectiveness", ACM TOIS 27(1).</remarks>
internal static class RankBiasedPrecision
{
    /// <summary>Persistence unless said otherwise: a reader who sees ten documents on average.</summary>
    public const double DefaultPersistence = 0.9;

    /// <summary>(1 - p) times the sum of gain times p^(rank - 1). Unjudged documents gain nothing.</summary>
    /// <param name="ranking">Of one query.</param>
    /// <param name="persistence">Above 0, below 1.</param>
    /// <param name="gains">By grade; a grade that is not named gains itself.</param>
    /// <remarks>
    /// When a gain of any grade from 0 to the highest of the judgements lies outside 0 to 1, all are moved to it by the lowest and highest of them; where these are equal, to the nearer end.
    /// Differs: trec_eval compares these with two numbers that it never set; here they begin with the first gain.
    /// </remarks>
    public static double Of(JudgedRanking ranking, double persistence, IReadOnlyDictionary<int, double> gains)
    {
        var ideal = ranking.Judgements.Descending;
        // Gains of grades that are not named rise with the grade, so that the ends of them are enough.
        int highest = ideal.Length == 0 ? 0 : ideal[0];
        double[] ends = [.. gains.Values, .. Unnamed(highest, gains)];
        double low = ends.Min(), high = ends.Max();
        bool moved = low < 0 || high > 1;
        double sum = 0, weight = 1;
        foreach (int grade in ranking.Grades)
        {
            if (grade >= 0)
            {
                double gain = gains.TryGetValue(grade, out double named) ? named : grade;
                sum += (!moved ? gain : high > low ? (gain - low) / (high - low) : Math.Clamp(gain, 0, 1)) * weight;
            }

            weight *= persistence;
        }

        return (1 - persistence) * sum;
    }

    /// <summary>How much higher <c>rbp</c> could be: unjudged documents, and all behind the ranking's end, at full gain. 0 when every ranked document is judged.</summary>
    /// <param name="ranking">Of one query.</param>
    /// <param name="persistence">Above 0, below 1.</param>
    public static double Residual(JudgedRanking ranking, double persistence)
    {
        double sum = 0, weight = 1;
        bool any = false;
        foreach (int grade in ranking.Grades)
        {
            sum += grade < 0 ? weight : 0;
            any |= grade < 0;
            weight *= persistence;
        }

        return any ? weight + ((1 - persistence) * sum) : 0;
    }

    // The lowest and the highest grade from 0 up to the highest that no parameter names, if any.
    private static IEnumerable<double> Unnamed(int highest, IReadOnlyDictionary<int, double> gains)
    {
        int low = 0;
        while (low <= highest && gains.ContainsKey(low))
        {
            low++;
        }

        int high = highest;
        while (high > low && gains.ContainsKey(high))
        {
            high--;
        }

        return low <= highest ? [low, high] : [];
    }
}
