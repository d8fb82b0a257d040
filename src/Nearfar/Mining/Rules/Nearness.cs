namespace Nearfar.Mining.Rules;

/// <summary>How near a candidate is on a scale whose 0 is unrelated text and whose 1 is the lowest positive.</summary>
internal static class Nearness
{
    // exp keeps the order and stays positive where the positive itself lies at or below the background.
    public static double? Of(Candidate candidate, MiningQuestion question) =>
        question.Lowest is not { } lowest ? null
        : lowest - question.Background > 0.01 ? (candidate.Similarity - question.Background) / (lowest - question.Background)
        : Math.Exp(candidate.Similarity - lowest);
}
