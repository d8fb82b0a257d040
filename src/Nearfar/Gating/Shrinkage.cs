using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;

namespace Nearfar.Gating;

/// <summary>Means of the cohorts of one family drawn towards the mean of the others.</summary>
/// <remarks>
/// Between-cohort variance by DerSimonian and Laird 1986; the prior mean of a cohort leaves it out. Of differences it serves for display and for
/// ordering alone: with many still cohorts shrinkage pulls a true fall of a middle-sized cohort to half its size. Of levels the same prior, cut off
/// at the floor, decides about floors, against a null drawn from the same sizes and spread.
/// </remarks>
internal sealed class Shrinkage
{
    public const int LeastCohorts = 4;
    private const double LeastVariance = 1e-6;

    private readonly int _count;
    private readonly int[] _usable;
    private readonly double[] _means;
    private readonly double[] _effective;
    private readonly double[] _skewness;
    private readonly double _within;
    private readonly double _between;

    private Shrinkage(IReadOnlyList<ClusteredMean> cohorts, int[] usable, double within)
    {
        _count = cohorts.Count;
        _usable = usable;
        _means = [.. usable.Select(c => cohorts[c].Mean)];
        _effective = [.. usable.Select(c => cohorts[c].Effective)];
        _skewness = Skewness([.. usable.Select(c => cohorts[c])]);
        _within = within;
        _between = Between(_means);
    }

    /// <summary>Shrunken mean and posterior variance of each cohort; null for all when fewer than 4 have an interval or none varies.</summary>
    public static (double Mean, double Variance)?[] Of(IReadOnlyList<ClusteredMean> cohorts) => Fit(cohorts)?.Sizes() ?? new (double, double)?[cohorts.Count];

    /// <param name="cohorts">Of one family.</param>
    /// <param name="leastWithin">Variance of one value at least. Default 0: as pooled over the cohorts.</param>
    /// <returns>Null when fewer than 4 cohorts have an interval or none varies.</returns>
    public static Shrinkage? Fit(IReadOnlyList<ClusteredMean> cohorts, double leastWithin = 0)
    {
        int[] usable = [.. Enumerable.Range(0, cohorts.Count).Where(c => cohorts[c].HasInterval && cohorts[c].Effective > 1)];
        double degrees = usable.Sum(c => cohorts[c].Effective - 1);
        double within = usable.Sum(c => (cohorts[c].Effective - 1) * cohorts[c].StandardError * cohorts[c].StandardError * cohorts[c].Effective) / degrees;
        return usable.Length >= LeastCohorts && within > 0 ? new(cohorts, usable, Math.Max(within, leastWithin)) : null;
    }

    /// <summary>Posterior probability that the true mean is below a limit.</summary>
    public static double Below((double Mean, double Variance) shrunken, double limit) => Normal.UpperTail((shrunken.Mean - limit) / Math.Sqrt(shrunken.Variance));

    /// <summary>Shrunken mean and posterior variance of each cohort; null for those without an interval.</summary>
    public (double Mean, double Variance)?[] Sizes()
    {
        var sizes = new (double, double)?[_count];
        var shrunken = Shrink(_means, _between);
        for (int u = 0; u < _usable.Length; u++)
        {
            sizes[_usable[u]] = shrunken[u];
        }

        return sizes;
    }

    /// <summary>For each cohort the chance that, with every true mean at the limit or above, the likeliest of all to be below it looks as likely as this one.</summary>
    /// <remarks>
    /// Statistic: the log-likelihood ratio of "this mean is whatever below the limit fits best" and "it comes from the prior of the others where that
    /// reaches the limit". The null draws true means from the fitted prior where it reaches the limit (a prior centred below the limit: all at the
    /// limit, the hardest healthy case), observed ones with the sizes, spread and skewness at hand, and fits each draw anew.
    /// p = (1 + #{greatest* at least own}) / (1 + draws). Why: docs/decisions/floors-of-families.md.
    /// </remarks>
    /// <param name="limit">The floor.</param>
    /// <param name="draws">B.</param>
    /// <param name="seed">Of the draws.</param>
    public double[] BelowP(double limit, int draws, ulong seed)
    {
        double[] own = new double[_means.Length];
        Ratios(_means, limit, own);
        double[] greatest = new double[draws];
        double[] drawn = new double[_means.Length];
        double[] ratios = new double[_means.Length];
        double centre = Centre(_means);
        double spread = Math.Sqrt(_between);
        double[] error = [.. _effective.Select(e => Math.Sqrt(_within / e))];
        var random = SeededRandom.For(seed, 0, "floor family");
        for (int b = 0; b < draws; b++)
        {
            for (int u = 0; u < drawn.Length; u++)
            {
                double z = Bell(random);
                // Cornish and Fisher 1938, first term: means of few skewed values reach further on one side.
                drawn[u] = TrueMean(centre, spread, limit, random) + (error[u] * (z + (_skewness[u] / 6 * ((z * z) - 1))));
            }

            Ratios(drawn, limit, ratios);
            greatest[b] = ratios.Max();
        }

        Array.Sort(greatest);
        double[] p = new double[_count];
        Array.Fill(p, 1);
        for (int u = 0; u < own.Length; u++)
        {
            p[_usable[u]] = (1.0 + draws - FirstAtLeast(greatest, own[u])) / (1 + draws);
        }

        return p;
    }

    // Prior mean and spread of a cohort leave it out: one that is far off would make room for itself.
    private void Ratios(double[] means, double limit, double[] ratios)
    {
        double between = Between(means);
        var (weights, weighted) = (0.0, 0.0);
        var (precision, squares, centre) = (0.0, 0.0, 0.0);
        for (int u = 0; u < means.Length; u++)
        {
            double own = 1 / (between + (_within / _effective[u]));
            weights += own;
            weighted += own * means[u];
            double w = _effective[u] / _within;
            precision += w;
            squares += w * w;
            centre += w * means[u];
        }

        centre /= precision;
        double scatter = 0;
        for (int u = 0; u < means.Length; u++)
        {
            scatter += _effective[u] / _within * (means[u] - centre) * (means[u] - centre);
        }

        for (int u = 0; u < means.Length; u++)
        {
            double w = _effective[u] / _within;
            double off = means[u] - centre;
            double left = precision - w;
            double rest = scatter - (w * off * off) - (w * w * off * off / left);
            double spread = Math.Max(LeastVariance, (rest - (means.Length - 2)) / (left - ((squares - (w * w)) / left)));
            double own = 1 / (between + (1 / w));
            double prior = Math.Max(limit, (weighted - (own * means[u])) / (weights - own));
            ratios[u] = Ratio(means[u], limit, prior, spread + (1 / (weights - own)), 1 / w);
        }
    }

    // A normal prior cut off below the limit, seen through a normal error, has a density in closed form: Azzalini 1985, the extended skew-normal.
    private static double Ratio(double mean, double limit, double prior, double spread, double error)
    {
        double total = spread + error;
        double variance = spread * error / total;
        double shrunken = ((prior * error) + (mean * spread)) / total;
        double healthy = (-0.5 * (((mean - prior) * (mean - prior) / total) + Math.Log(total))) + Normal.LogCdf((shrunken - limit) / Math.Sqrt(variance)) - Normal.LogCdf((prior - limit) / Math.Sqrt(spread));
        double below = -0.5 * ((mean < limit ? 0 : (mean - limit) * (mean - limit) / error) + Math.Log(error));
        return below - healthy;
    }

    // Of a cohort's mean, from the values of all: a few say nothing about a third moment.
    private static double[] Skewness(ClusteredMean[] cohorts)
    {
        double clusters = cohorts.Sum(c => c.Clusters);
        double skewness = cohorts.Sum(c => c.Cubes) / clusters / Math.Pow(cohorts.Sum(c => c.Squares) / clusters, 1.5);
        return [.. cohorts.Select(c => skewness / Math.Sqrt(c.Clusters))];
    }

    private static double TrueMean(double centre, double spread, double limit, SeededRandom random)
    {
        if (centre <= limit)
        {
            return limit;
        }

        double mean;
        do
        {
            mean = centre + (spread * Bell(random));
        }
        while (mean < limit);
        return mean;
    }

    // Twenty-four uniforms: twelve have too light a tail for the greatest of forty.
    private static double Bell(SeededRandom random) => (random.Bell() + random.Bell()) * 0.70710678118654752;

    private static int FirstAtLeast(double[] ascending, double value)
    {
        int low = 0;
        for (int high = ascending.Length; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = ascending[middle] < value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private (double Mean, double Variance)[] Shrink(double[] means, double between)
    {
        double weights = 0;
        double weighted = 0;
        for (int u = 0; u < means.Length; u++)
        {
            double own = 1 / (between + (_within / _effective[u]));
            weights += own;
            weighted += own * means[u];
        }

        var shrunken = new (double, double)[means.Length];
        for (int u = 0; u < means.Length; u++)
        {
            double own = 1 / (between + (_within / _effective[u]));
            double prior = (weighted - (own * means[u])) / (weights - own);
            double variance = 1 / ((1 / between) + (_effective[u] / _within));
            shrunken[u] = (variance * ((prior / between) + (_effective[u] * means[u] / _within)), variance);
        }

        return shrunken;
    }

    private double Centre(double[] means)
    {
        double weights = _effective.Sum(e => 1 / (_between + (_within / e)));
        return means.Zip(_effective).Sum(c => c.First / (_between + (_within / c.Second))) / weights;
    }

    private double Between(double[] means)
    {
        double weight = 0;
        double weighted = 0;
        double squares = 0;
        for (int u = 0; u < means.Length; u++)
        {
            double w = _effective[u] / _within;
            weight += w;
            weighted += w * means[u];
            squares += w * w;
        }

        double mean = weighted / weight;
        double scatter = 0;
        for (int u = 0; u < means.Length; u++)
        {
            scatter += _effective[u] / _within * (means[u] - mean) * (means[u] - mean);
        }

        return Math.Max(LeastVariance, (scatter - (means.Length - 1)) / (weight - (squares / weight)));
    }
}
