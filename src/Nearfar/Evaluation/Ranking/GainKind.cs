namespace Nearfar.Evaluation.Ranking;

/// <summary>What a grade is worth in nDCG.</summary>
public enum GainKind
{
    /// <summary>The grade itself, 0 below 0: trec_eval; Järvelin and Kekäläinen 2002.</summary>
    Linear,

    /// <summary>2^grade - 1, 0 below 0: Burges et al. 2005; no measure of trec_eval.</summary>
    Exponential,
}
