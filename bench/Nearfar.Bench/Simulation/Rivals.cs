using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>What simpler rules would have said of the same reports.</summary>
/// <param name="NaiveMean">Some cohort's mean recall has fallen by its tolerance, or its mean margin is below the floor.</param>
/// <param name="NaiveBound">Some cohort's 95 % lower bound is below -tolerance, or below the floor.</param>
/// <param name="UnlessProven">Overall or a protected cohort is not proven fine: two values in place of three.</param>
internal readonly record struct Rivals(bool NaiveMean, bool NaiveBound, bool UnlessProven)
{
    private const double Alpha = 0.05;

    public static Rivals Of(PlantedSet set, PlantedRelease release, GatePolicy policy, GateDecision decision)
    {
        bool mean = false;
        bool bound = false;
        foreach (var (cohort, questions) in set.Members.Where(c => c.Value.Length >= 3))
        {
            double[] values = [.. questions.Select(i => PlantedReports.Recall5(release.RankAfter[i]) - PlantedReports.Recall5(release.RankBefore[i]))];
            var (low, centre) = Lower(values);
            mean |= centre < -policy.ToleranceOf(cohort);
            bound |= low < -policy.ToleranceOf(cohort);
        }

        foreach (var (floor, questions) in policy.Floors.Where(f => f.IsFamily && f.Metric == MetricNames.MarginMean)
            .SelectMany(f => set.Members.Where(c => c.Key.Attribute == f.Cohort!.Value.Attribute), (f, c) => (f, c.Value)))
        {
            double[] values = [.. questions.Select(i => release.MarginAfter[i])];
            var (low, centre) = Lower(values);
            mean |= centre < floor.Value;
            bound |= low < floor.Value;
        }

        bool proven = decision.Reasons.Where(r => r.Rule is "G1" or "G2").All(r => r.Outcome == TestOutcome.Fine);
        return new(mean, bound, !proven);
    }

    private static (double Low, double Mean) Lower(double[] values)
    {
        double mean = values.Average();
        double variance = values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
        return (mean - (StudentT.UpperQuantile(Alpha, values.Length - 1) * Math.Sqrt(variance / values.Length)), mean);
    }
}
