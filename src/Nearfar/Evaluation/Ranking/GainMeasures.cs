namespace Nearfar.Evaluation.Ranking;

/// <summary>trec_eval's measures of graded gain that its author calls experimental (2008); written from what they compute, in its order of summation.</summary>
internal static class GainMeasures
{
    /// <summary>Mean over the relevant of 1 / log2(2 + wrong documents above): <c>binG</c>; 0 when none was ranked.</summary>
    public static double BinaryG(JudgedRanking ranking)
    {
        double sum = 0;
        int found = 0, rank = 0;
        foreach (int grade in ranking.Grades)
        {
            rank++;
            if (grade >= ranking.Judgements.Level)
            {
                found++;
                sum += 1.0 / Math.Log2(2 + rank - found);
            }
        }

        return found == 0 ? 0 : sum / ranking.Relevant;
    }

    /// <summary>Sum of gain / log2(2 + gain lost so far), divided by all gain there is: <c>G</c>. A rank costs its ideal gain, at least 1.</summary>
    public static double G(JudgedRanking ranking)
    {
        var ideal = ranking.Judgements.Descending;
        double sum = 0, gained = 0, cost = 0, all = 0;
        for (int i = 0; i < ranking.Grades.Length; i++)
        {
            int gain = Math.Max(ranking.Grades[i], 0);
            gained += gain;
            cost += Math.Max(i < ideal.Length ? ideal[i] : 0, 1);
            sum += gain == 0 ? 0 : gain / Math.Log2(2 + cost - gained);
        }

        foreach (int gain in ideal)
        {
            all += gain;
        }

        return all > 0 ? sum / all : 0;
    }

    /// <summary>nDCG at the rank of each document with gain, their mean: <c>ndcg_rel</c>. One that was not ranked counts with nDCG at the end.</summary>
    public static double NdcgAtRelevant(JudgedRanking ranking)
    {
        var ideal = ranking.Judgements.Descending;
        double sum = 0, dcg = 0, best = 0;
        int wanted = 0, found = 0;
        for (int i = 0; i < Math.Max(ranking.Grades.Length, ideal.Length); i++)
        {
            int gain = i < ranking.Grades.Length ? Math.Max(ranking.Grades[i], 0) : 0;
            dcg += gain == 0 ? 0 : gain / Math.Log2(i + 2);
            if (i < ideal.Length && ideal[i] > 0)
            {
                wanted++;
                best += ideal[i] / Math.Log2(i + 2);
            }

            if (gain > 0)
            {
                sum += dcg / best;
                found++;
            }
        }

        return wanted == 0 ? 0 : (sum + ((double)(wanted - found) * dcg / best)) / wanted;
    }

    /// <summary>nDCG at each rank where the ideal order comes to a lower gain, and at the end of the ranking, their mean: <c>Rndcg</c>; 0 when R is 0.</summary>
    public static double NdcgAtLevels(JudgedRanking ranking)
    {
        if (ranking.Relevant == 0)
        {
            return 0;
        }

        var ideal = ranking.Judgements.Descending;
        var grades = ranking.Grades;
        double sum = 0, dcg = 0, best = 0;
        int levels = 0, wanted = ideal.Length;
        while (wanted > 0 && ideal[wanted - 1] == 0)
        {
            wanted--;
        }

        for (int i = 0; i < Math.Max(grades.Length, wanted + 1); i++)
        {
            if (i > 0 && i <= wanted && (i == wanted ? 0 : ideal[i]) != ideal[i - 1])
            {
                sum += dcg / best;
                levels++;
            }

            dcg += i < grades.Length && grades[i] > 0 ? grades[i] / Math.Log2(i + 2) : 0;
            best += i < wanted ? ideal[i] / Math.Log2(i + 2) : 0;
        }

        // The end of the ranking is a point of its own when it lies behind the first rank without ideal gain.
        return grades.Length > wanted + 1 ? (sum + (dcg / best)) / (levels + 1) : sum / levels;
    }

    /// <summary>log((1 + sum of precisions) / (1 + R - sum of precisions)) over the relevant ranked: <c>yaap</c>. Robertson 2012, ECIR.</summary>
    public static double SmoothedAveragePrecision(JudgedRanking ranking)
    {
        double sum = 0;
        int found = 0;
        for (int i = 0; i < ranking.Grades.Length; i++)
        {
            if (ranking.Grades[i] >= ranking.Judgements.Level)
            {
                found++;
                sum += (double)found / (i + 1);
            }
        }

        return Math.Log((1.0 + sum) / (1.0 + ranking.Relevant - sum));
    }
}
