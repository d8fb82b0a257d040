using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>A test that knows the truth: each cohort's mean change over its true standard error, cut where the largest of all reaches 1 % of equal releases.</summary>
/// <remarks>Standard errors and the cut come from draws of the same world, 6,000 and 2,000 whatever the scale; nobody can have them. It also wants the observed fall to reach the tolerance.</remarks>
internal sealed class Oracle
{
    private readonly PlantedSet _set;
    private readonly CohortKey[] _cohorts;
    private readonly int _metrics;
    private readonly double[] _errors;

    private Oracle(PlantedSet set, int metrics, double[] errors, double cut)
    {
        (_set, _metrics, _errors, Cut) = (set, metrics, errors, cut);
        _cohorts = [.. set.Members.Keys];
    }

    /// <summary>Standard errors that a fall must have.</summary>
    public double Cut { get; }

    /// <param name="study">Seed and threads.</param>
    /// <param name="name">Of the world.</param>
    /// <param name="set">The questions.</param>
    /// <param name="healthy">The world without a fall.</param>
    /// <param name="metrics">1: recall@5 alone; 2: nDCG@10 beside it, as the gate tests them.</param>
    public static Oracle Of(Study study, string name, PlantedSet set, PlantedTruth healthy, int metrics)
    {
        var (errors, cut) = study.Once("oracle of " + name, () => Learn(study, set, healthy, metrics));
        return new(set, metrics, errors, cut);
    }

    private static (double[] Errors, double Cut) Learn(Study study, PlantedSet set, PlantedTruth healthy, int metrics)
    {
        var draws = Repetitions.Run(6000, study.Threads, i => Changes(set, PlantedRelease.Draw(set, healthy, study.Seed + 1000, i), metrics));
        double[] errors = Errors(draws);
        double[] largest = [.. draws.Select(d => d.Select((mean, t) => errors[t] > 0 ? -mean / errors[t] : 0).Max()).Order()];
        return (errors, largest[(int)(0.99 * largest.Length)]);
    }

    /// <summary>The same cut with the standard errors of another truth.</summary>
    public Oracle For(Study study, string name, PlantedTruth truth) =>
        new(_set, _metrics, study.Once("oracle errors of " + name, () => Errors(Repetitions.Run(2000, study.Threads, i => Changes(_set, PlantedRelease.Draw(_set, truth, study.Seed + 2000, i), _metrics)))), Cut);

    public bool Finds(PlantedRelease release, CohortKey cohort, double tolerance)
    {
        double[] changes = Changes(_set, release, _metrics);
        int at = Array.IndexOf(_cohorts, cohort);
        return Enumerable.Range(0, _metrics).Select(m => (m * _cohorts.Length) + at).Any(t => -changes[t] / _errors[t] >= Cut && -changes[t] >= tolerance);
    }

    private static double[] Errors(double[][] draws) =>
        [.. Enumerable.Range(0, draws[0].Length).Select(t =>
        {
            double mean = draws.Average(d => d[t]);
            return Math.Sqrt(draws.Sum(d => (d[t] - mean) * (d[t] - mean)) / (draws.Length - 1));
        })];

    private static double[] Changes(PlantedSet set, PlantedRelease release, int metrics)
    {
        double[] means = new double[metrics * set.Members.Count];
        int at = 0;
        for (int m = 0; m < metrics; m++)
        {
            Func<int, double> value = m == 0 ? PlantedReports.Recall5 : PlantedReports.Ndcg10;
            foreach (int[] questions in set.Members.Values)
            {
                double sum = 0;
                foreach (int i in questions)
                {
                    sum += value(release.RankAfter[i]) - value(release.RankBefore[i]);
                }

                means[at++] = sum / questions.Length;
            }
        }

        return means;
    }
}
