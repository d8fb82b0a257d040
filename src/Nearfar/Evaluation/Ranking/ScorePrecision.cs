namespace Nearfar.Evaluation.Ranking;

/// <summary>How exactly scores are held, which decides what ties.</summary>
public enum ScorePrecision
{
    /// <summary>float32: trec_eval 9, and with it pytrec_eval, BEIR and MTEB.</summary>
    Single,

    /// <summary>float64: trec_eval 10.</summary>
    Double,
}
