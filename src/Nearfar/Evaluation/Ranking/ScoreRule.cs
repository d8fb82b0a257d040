namespace Nearfar.Evaluation.Ranking;

/// <summary>How a score is held.</summary>
internal static class ScoreRule
{
    /// <summary>False: not finite, or not as float32 where scores are held so. -0 becomes 0, which it equals.</summary>
    public static bool TryHold(double score, RankingOptions options, out double held)
    {
        held = (options.ScorePrecision == ScorePrecision.Single ? (float)score : score) + 0.0;
        return double.IsFinite(held);
    }
}
