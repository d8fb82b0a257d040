using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>Means of the cohorts of one family drawn towards the mean of the others: for display and for ordering, never for a verdict.</summary>
/// <remarks>
/// Between-cohort variance by DerSimonian and Laird 1986; the prior mean of a cohort leaves it out. With many still cohorts shrinkage pulls a
/// true fall of a middle-sized cohort to half its size, so it must not decide.
/// </remarks>
internal static class Shrinkage
{
    public const int LeastCohorts = 4;
    private const double LeastVariance = 1e-6;

    /// <summary>Shrunken mean and posterior variance of each cohort; null for all when fewer than 4 have an interval or none varies.</summary>
    public static (double Mean, double Variance)?[] Of(IReadOnlyList<ClusteredMean> cohorts)
    {
        var shrunken = new (double, double)?[cohorts.Count];
        int[] usable = [.. Enumerable.Range(0, cohorts.Count).Where(c => cohorts[c].HasInterval && cohorts[c].Effective > 1)];
        double degrees = usable.Sum(c => cohorts[c].Effective - 1);
        double within = usable.Sum(c => (cohorts[c].Effective - 1) * cohorts[c].StandardError * cohorts[c].StandardError * cohorts[c].Effective) / degrees;
        if (usable.Length < LeastCohorts || !(within > 0))
        {
            return shrunken;
        }

        double between = Between(usable.Select(c => (cohorts[c].Mean, Weight: cohorts[c].Effective / within)).ToArray());
        double weights = usable.Sum(c => 1 / (between + (within / cohorts[c].Effective)));
        double weighted = usable.Sum(c => cohorts[c].Mean / (between + (within / cohorts[c].Effective)));
        foreach (int c in usable)
        {
            double own = 1 / (between + (within / cohorts[c].Effective));
            double prior = (weighted - (own * cohorts[c].Mean)) / (weights - own);
            double variance = 1 / ((1 / between) + (cohorts[c].Effective / within));
            shrunken[c] = (variance * ((prior / between) + (cohorts[c].Effective * cohorts[c].Mean / within)), variance);
        }

        return shrunken;
    }

    /// <summary>Posterior probability that the true mean is below a limit.</summary>
    public static double Below((double Mean, double Variance) shrunken, double limit) => Normal.UpperTail((shrunken.Mean - limit) / Math.Sqrt(shrunken.Variance));

    private static double Between((double Mean, double Weight)[] cohorts)
    {
        double weight = cohorts.Sum(c => c.Weight);
        double mean = cohorts.Sum(c => c.Weight * c.Mean) / weight;
        double scatter = cohorts.Sum(c => c.Weight * (c.Mean - mean) * (c.Mean - mean));
        return Math.Max(LeastVariance, (scatter - (cohorts.Length - 1)) / (weight - (cohorts.Sum(c => c.Weight * c.Weight) / weight)));
    }
}
