using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>G3: every cohort that is not protected, against every reference, under one budget.</summary>
internal sealed class OtherCohorts
{
    private const int LeastTested = 3;
    private readonly List<(GateReason Reason, JointFallTest.Result Joint)> _tests = [];

    public OtherCohorts(GatePolicy policy, ThreeValuedTest test, IReadOnlyList<GateReference> references, IReadOnlyList<PairedReports> pairs)
    {
        var keys = Keys(policy, pairs[0]);
        Listed = [.. keys.Where(k => k.Count < LeastTested).Select(k => k.Cohort)];
        var values = new List<PairedValues>();
        var reasons = new List<GateReason>();
        foreach (var (cohort, _) in keys.Where(k => k.Count >= LeastTested))
        {
            for (int r = 0; r < references.Count; r++)
            {
                values.Add(pairs[r].Values(policy.Metric, ReleaseGate.Member(cohort)));
                reasons.Add(test.Difference("G3", cohort, references[r].Kind, values[^1], policy.ToleranceOf(cohort)));
            }
        }

        var joint = JointFallTest.Run(values, policy.Flips, policy.Seed);
        for (int i = 0; i < joint.Length; i++)
        {
            _tests.Add((reasons[i] with { P = ThreeValuedTest.Round(joint[i].P), AdjustedP = ThreeValuedTest.Round(joint[i].AdjustedP) }, joint[i]));
        }
    }

    /// <summary>Too few questions to test.</summary>
    public IReadOnlyList<CohortKey> Listed { get; }

    /// <summary>Cohorts that have provably fallen, and by their tolerance at least: these block.</summary>
    public IEnumerable<GateReason> Failed(double familyAlpha) => _tests
        .Where(t => t.Joint.AdjustedP <= familyAlpha && t.Reason.Difference <= t.Reason.Threshold)
        .Select(t => t.Reason with { Outcome = TestOutcome.Bad, QueriesNeeded = null });

    /// <summary>Cohorts that may have fallen, nearest to proof first.</summary>
    public IReadOnlyList<GateReason> Watch(double rate)
    {
        bool[] listed = JointFallTest.FalseDiscovery([.. _tests.Select(t => t.Joint.P)], rate);
        return [.. _tests.Where((_, i) => listed[i]).Select(t => t.Reason).OrderBy(r => r.P).ThenBy(r => r.Difference)];
    }

    /// <summary>Cohorts where "no worse" is not proven.</summary>
    public IReadOnlyList<GateReason> Unproven() => [.. _tests.Select(t => t.Reason).Where(r => r.Outcome != TestOutcome.Fine)];

    // A cohort of all questions is G1's.
    private static List<(CohortKey Cohort, int Count)> Keys(GatePolicy policy, PairedReports pairs) =>
        [.. pairs.Rows.SelectMany(r => r.After.Cohorts.Keys).Distinct(StringComparer.Ordinal)
            .SelectMany(a => pairs.Rows.GroupBy(r => PairedReports.CohortOf(r.After, a), StringComparer.Ordinal).Select(g => (Cohort: new CohortKey(a, g.Key), Count: g.Count())))
            .Where(k => k.Count < pairs.Rows.Length && !policy.Protected.Contains(k.Cohort))
            .OrderBy(k => k.Cohort.Attribute, StringComparer.Ordinal).ThenBy(k => k.Cohort.Value, StringComparer.Ordinal)];
}
