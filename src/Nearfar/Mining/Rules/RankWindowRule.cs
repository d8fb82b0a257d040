namespace Nearfar.Mining.Rules;

/// <summary>Takes raw ranks skip + 1 to last alone.</summary>
internal sealed class RankWindowRule(int skip, int? last) : IMiningRule
{
    public string? Refusal(Candidate candidate, MiningQuestion question) =>
        candidate.Rank <= skip ? "skipped rank" : candidate.Rank > last ? "rank beyond range_max" : null;
}
