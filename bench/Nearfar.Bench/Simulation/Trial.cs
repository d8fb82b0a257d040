using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>One release through the whole gate.</summary>
internal sealed record Trial(GateDecision Decision, PlantedRelease Release)
{
    public Verdict Verdict => Decision.Verdict;

    /// <summary>Some test of this rule blocked.</summary>
    public bool BlockedBy(string rule) => Decision.Reasons.Any(r => r.Rule == rule && r.Outcome == TestOutcome.Bad);

    /// <summary>This cohort blocked, by whatever rule.</summary>
    public bool Found(CohortKey cohort) => Decision.Reasons.Any(r => r.Cohort == cohort && r.Outcome == TestOutcome.Bad);

    public static Trial Run(PlantedSet set, PlantedTruth truth, GatePolicy policy, ulong seed, int repetition, int attempt = 1)
    {
        var release = PlantedRelease.Draw(set, truth, seed, repetition);
        var (before, after) = PlantedReports.Of(set, release);
        return new(new ReleaseGate(Study.WithOwnSigns(policy, seed, repetition)) { Hashed = _ => "planted" }.Decide(new GateInput
        {
            Candidate = after,
            References = [new GateReference(policy.Reference, before)],
            Attempt = attempt,
            SetHash = PlantedReports.Hash,
        }), release);
    }
}
