namespace Nearfar.Evaluation.Ranking;

/// <summary>What the sum of precisions is divided by in average precision.</summary>
public enum MapDenominator
{
    /// <summary>All relevant documents, R: trec_eval, BEIR.</summary>
    Relevant,

    /// <summary>min(R, k): sentence-transformers; a ranking of k relevant documents then scores 1.</summary>
    AtMostCutoff,
}
