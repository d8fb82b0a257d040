namespace Nearfar.Mining.Rules;

/// <summary>Raw similarities between two bounds, both allowed.</summary>
internal sealed class ScoreBoundsRule(double? least, double? most) : IMiningRule
{
    public string? Label => string.Join("; ", new[]
    {
        most is null ? null : FormattableString.Invariant($"max_score<={most}"),
        least is null ? null : FormattableString.Invariant($"min_score>={least}"),
    }.OfType<string>());

    public string? Refusal(Candidate candidate, MiningQuestion question) =>
        candidate.Similarity > most ? "above max_score" : candidate.Similarity < least ? "below min_score" : null;
}
