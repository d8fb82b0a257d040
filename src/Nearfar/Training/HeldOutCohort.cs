namespace Nearfar.Training;

/// <summary>Held-out quality of one cohort at one step.</summary>
/// <param name="Attribute">For example <c>language</c>.</param>
/// <param name="Value">For example <c>de</c>.</param>
/// <param name="Questions">Its questions.</param>
/// <param name="Ndcg10">nDCG@10, 0 to 1.</param>
/// <param name="Recall5">recall@5, 0 to 1.</param>
/// <param name="Margin">Mean margin; null when none of its questions has negatives.</param>
/// <param name="Protected">Whether the workspace names it as protected.</param>
public sealed record HeldOutCohort(string Attribute, string Value, int Questions, double Ndcg10, double Recall5, double? Margin, bool Protected = false)
{
    /// <summary><c>attribute=value</c>.</summary>
    public string Name => $"{Attribute}={Value}";
}
