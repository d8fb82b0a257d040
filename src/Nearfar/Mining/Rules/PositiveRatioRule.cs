namespace Nearfar.Mining.Rules;

/// <summary>Keeps what lies below a share of the lowest positive, both less the background: s - b below (p - b) - |p - b| (1 - ratio).</summary>
/// <remarks>De Souza et al. 2024, arXiv:2407.15831, PercPos. Differs: on corrected similarities, and right for a positive below the background.</remarks>
internal sealed class PositiveRatioRule(double ratio) : IMiningRule
{
    public string? Label => FormattableString.Invariant($"positive_ratio<{ratio}");

    public string? Refusal(Candidate candidate, MiningQuestion question)
    {
        if (question.Lowest is not { } lowest)
        {
            return null;
        }

        double corrected = lowest - question.Background;
        double limit = corrected - (Math.Abs(corrected) * (1 - ratio));
        return candidate.Similarity - question.Background < limit ? null : "not below the positive ratio";
    }

    public double? Likelihood(Candidate candidate, MiningQuestion question) => Nearness.Of(candidate, question);
}
