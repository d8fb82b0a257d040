using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>Equal models held against two references at once, or against the current release and three before it: is a healthy one still blocked at most one time in a hundred?</summary>
internal static class ReferenceStudy
{
    public static void Run(Study study)
    {
        study.Head("### Healthy releases against several reports", "held against", "set", "changes", "repetitions", "passed %", "inconclusive %", "**blocked %**", "by rule");
        foreach (var (name, set) in new[]
        {
            ("power law", PlantedSet.Create(PlantedSet.PowerLaw, study.Seed)),
            ("a tenth of it", PlantedSet.Create([.. PlantedSet.PowerLaw.Select(n => Math.Max(2, n / 10))], study.Seed)),
        })
        {
            foreach (bool earlier in new[] { false, true })
            {
                string against = earlier ? "current and three before it" : "BM25 and untrained";
                string cell = $"references {against} {name}";
                if (!study.Wants(cell))
                {
                    continue;
                }

                var seen = study.Run(cell, 2000, i => One(set, earlier, study.Seed, i));
                study.Row(against, name, "10 %", seen.Length, seen.Rate(s => s.Verdict == Verdict.Passed), seen.Rate(s => s.Verdict == Verdict.Inconclusive), $"**{seen.Rate(s => s.Verdict == Verdict.Blocked)}**",
                    string.Join(", ", seen.SelectMany(s => s.Rules).GroupBy(r => r, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}")));
            }
        }
    }

    internal static (Verdict Verdict, string[] Rules) One(PlantedSet set, bool earlier, ulong seed, int repetition)
    {
        var release = PlantedRelease.Draw(set, new PlantedTruth(), seed, repetition);
        var (before, after) = PlantedReports.Of(set, release);
        EvalReport Other(int number) => PlantedReports.Mixed(set, release, "reference " + number, seed, repetition, number);
        var policy = Study.Whole with { Floors = [] };
        var decision = new ReleaseGate(Study.WithOwnSigns(policy, seed, repetition)) { Hashed = _ => "planted" }.Decide(new GateInput
        {
            Candidate = after,
            References = earlier ? [new(ReferenceKind.Current, before)] : [new(ReferenceKind.Bm25, before), new(ReferenceKind.Untrained, Other(1))],
            Earlier = earlier ? [.. Enumerable.Range(1, 3).Select(n => new EarlierRelease("r" + n, Other(n)))] : [],
            Attempt = 1,
            SetHash = PlantedReports.Hash,
        });
        return (decision.Verdict, [.. decision.Reasons.Where(r => r.Outcome == TestOutcome.Bad).Select(r => r.Rule).Distinct(StringComparer.Ordinal)]);
    }
}
