namespace Nearfar.Mining.Rules;

/// <summary>Drops raw similarities above the lowest positive less a margin: absolute (p - m) or relative (p - |p| m), as sentence-transformers names them.</summary>
internal sealed class MarginRule(double margin, bool relative) : IMiningRule
{
    public string? Label => FormattableString.Invariant($"{(relative ? "relative_margin" : "absolute_margin")}={margin}");

    public string? Refusal(Candidate candidate, MiningQuestion question) =>
        question.Lowest is not { } lowest || candidate.Similarity <= lowest - (relative ? Math.Abs(lowest) * margin : margin) ? null
        : relative ? "within the relative margin" : "within the absolute margin";

    public double? Likelihood(Candidate candidate, MiningQuestion question) => Nearness.Of(candidate, question);
}
