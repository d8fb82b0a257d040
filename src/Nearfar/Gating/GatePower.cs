using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>What a number of questions can decide at all, before anything is measured.</summary>
public static class GatePower
{
    /// <summary>Fewest independent questions of a 0/1 measure with which "no worse" can be proven even when not one of them changes.</summary>
    /// <param name="tolerance">Accepted fall, above 0 and below 1.</param>
    /// <param name="attempt">Opening of the gate set, 1 to 30; later ones need more. Default 1.</param>
    /// <remarks>The least width 1 - alpha^(1/n) and Tango's z² / (n + z²) must both be below the tolerance: 189 at .02, 73 at .05.</remarks>
    public static int LeastQuestions(double tolerance, int attempt = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tolerance is > 0 and < 1, true);
        double alpha = Alpha(attempt);
        double z = Normal.UpperQuantile(alpha);
        return 1 + (int)Math.Floor(Math.Max(Math.Log(alpha) / Math.Log(1 - tolerance), z * z * ((1 / tolerance) - 1)));
    }

    /// <summary>Fewest independent questions with which a share can be proven to stay below a limit even when none of them fails.</summary>
    /// <param name="limit">Above 0 and below 1: a violation limit, or 1 less a floor.</param>
    /// <param name="attempt">Opening of the gate set, 1 to 30. Default 1.</param>
    public static int LeastForLimit(double limit, int attempt = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(limit is > 0 and < 1, true);
        return 1 + (int)Math.Floor(Math.Log(Alpha(attempt)) / Math.Log(1 - limit));
    }

    /// <summary>The smallest tolerance that independent questions of a 0/1 measure can prove when not one of them changes: 77 prove no less than .048.</summary>
    internal static double LeastTolerance(double questions, int attempt = 1)
    {
        double alpha = Alpha(attempt);
        double z = Normal.UpperQuantile(alpha);
        return Math.Max(1 - Math.Pow(alpha, 1 / questions), z * z / (questions + (z * z)));
    }

    private static double Alpha(int attempt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(attempt, Integrity.MostAttempts);
        return new ThreeValuedTest(attempt).FineAlpha;
    }
}
