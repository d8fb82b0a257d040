namespace Nearfar.Mining.Rules;

/// <summary>A right document of the question, over all its rows, is never its negative.</summary>
internal sealed class OwnPositiveRule : IMiningRule
{
    public bool IsFinal => true;

    public string? Refusal(Candidate candidate, MiningQuestion question) => question.Right.Contains(candidate.Document) ? "own positive" : null;
}
