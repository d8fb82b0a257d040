namespace Nearfar.Evaluation.Ranking;

/// <summary>How documents of equal score are ordered.</summary>
public enum TieBreak
{
    /// <summary>By id, descending in UTF-8 bytes: trec_eval.</summary>
    TrecDescending,

    /// <summary>As they stand in the run.</summary>
    Stable,

    /// <summary>Each measure's mean over all orders that the ties allow: McSherry and Najork 2008, "Computing information retrieval performance measures efficiently in the presence of tied scores".</summary>
    Expected,

    /// <summary>The order that is worst for every measure: relevant documents last.</summary>
    Pessimistic,
}
