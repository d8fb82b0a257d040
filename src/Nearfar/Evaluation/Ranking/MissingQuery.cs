namespace Nearfar.Evaluation.Ranking;

/// <summary>What becomes of a judged query that the run does not answer.</summary>
public enum MissingQuery
{
    /// <summary>An error that names it: gates, and trec_eval 10.0-rc3 without <c>-c</c>.</summary>
    Error,

    /// <summary>It scores 0 and counts in the means: trec_eval with <c>-c</c>.</summary>
    Zero,

    /// <summary>It is left out of the means, which flatters a run that answers only what it can: trec_eval 9 without <c>-c</c>.</summary>
    Skip,
}
