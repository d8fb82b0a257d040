namespace Nearfar.Evaluation.Statistics;

/// <summary>95 % interval of the share of n independent questions that changed from 0 to 1, or from 1 to 0, where none changed the other way.</summary>
/// <remarks>
/// <para>
/// Tango's interval but for two ends. Then the changes are one count, and sets with fewer than <see cref="MeanBounds.EnoughChanges"/> are printed with a mark. Those
/// are the sets that lie too low, so of the unmarked ones alone hardly any does, and Tango's hold the truth up to 97.8 times in 100. Their near end is therefore moved
/// away from 0 until <see cref="Missed"/> of the unmarked sets miss it or it is Tango's. That all sets together, marked or not, do not miss too much by it, the far
/// end of the marked ones, which claim nothing, lies at <see cref="AlphaMarked"/>. Both numbers were chosen on exact coverages: docs/decisions/intervals-with-few-changes.md.
/// </para>
/// </remarks>
internal static class OneWayInterval
{
    private const double Alpha = ShareInterval.Alpha;
    private const double AlphaMarked = 0.015;
    private const double RarelyMarked = 0.001;
    private const double Missed = 0.0301;       // 3 %, the least that is wanted, and a little for what lies between two sets

    /// <summary>Both ends, as shares: the one nearer to 0 and the one farther from it.</summary>
    /// <param name="changed">1 to <paramref name="n"/>.</param>
    /// <param name="n">Questions, at least <see cref="ShareInterval.Least"/>.</param>
    public static (double Near, double Far) Of(int changed, int n)
    {
        double near = Proportions.TangoLower(changed, 0, n, Alpha);
        return changed < MeanBounds.EnoughChanges ? (near, Proportions.TangoUpper(changed, 0, n, AlphaMarked)) : (Moved(near, changed, n), Proportions.TangoUpper(changed, 0, n, Alpha));
    }

    private static double Moved(double near, int changed, int n)
    {
        double Lacking(double share) => Missed - MissedAt(share, changed, n);
        return AtLeast(MeanBounds.EnoughChanges, n, near) > 1 - RarelyMarked || Lacking(near) <= 0 ? near : Roots.Bracketed(Lacking, near, (double)changed / n);
    }

    // Of the unmarked sets: those with more changes than this one, and those whose far end stays below the share.
    private static double MissedAt(double share, int changed, int n)
    {
        double unmarked = AtLeast(MeanBounds.EnoughChanges, n, share);
        int low = MeanBounds.EnoughChanges, high = changed;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = Proportions.TangoUpper(middle, 0, n, Alpha) < share ? (middle + 1, high) : (low, middle);
        }

        return (AtLeast(changed + 1, n, share) + unmarked - AtLeast(low, n, share)) / unmarked;
    }

    private static double AtLeast(int changes, int n, double share) => changes > n ? 0 : Binomial.UpperTail(changes, n, share);
}
