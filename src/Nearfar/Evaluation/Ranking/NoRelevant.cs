namespace Nearfar.Evaluation.Ranking;

/// <summary>What becomes of a query without any relevant document.</summary>
public enum NoRelevant
{
    /// <summary>It scores 0 and counts in the means: trec_eval.</summary>
    Zero,

    /// <summary>It is left out of the means and listed in <see cref="RankingTable.WithoutRelevant"/>.</summary>
    Exclude,
}
