using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>A margin floor of .18 on each of 40 intents: healthy worlds, six planted failures, and two where one intent stands exactly at its floor.</summary>
internal static class FloorStudy
{
    public static void Run(Study study)
    {
        var set = PlantedSet.Create(PlantedSet.PowerLaw, study.Seed, single: true, families: false);
        var policy = Study.Joint with { Floors = [Study.Floor] };
        study.Head("### Floors: margin .18 on 40 intents", "scenario", "shape", "repetitions", "passed %", "inconclusive %", "**blocked %**", "planted intents found, mean %", "a healthy intent blocked %", "naive mean blocks %", "naive bound blocks %");
        foreach (var shape in Enum.GetValues<MarginShape>())
        {
            foreach (var (name, mean, spread, bad) in new (string, double, double, (int Intent, double Margin)[])[]
            {
                ("A healthy N(.26, .03)", 0.26, 0.03, []),
                ("A2 healthy, close N(.21, .01)", 0.21, 0.01, []),
                ("A3 healthy, spread N(.30, .06)", 0.30, 0.06, []),
                ("B one n 19 at .08", 0.26, 0.03, [(30, 0.08)]),
                ("C one n 70 at .14", 0.26, 0.03, [(11, 0.14)]),
                ("D one n 308 at .165", 0.26, 0.03, [(3, 0.165)]),
                ("E five n 14 to 35 at .12", 0.26, 0.03, [(39, 0.12), (34, 0.12), (30, 0.12), (25, 0.12), (19, 0.12)]),
                ("F one n 14 at .14", 0.26, 0.03, [(39, 0.14)]),
                ("G healthy N(.26, .01), one n 308 at .18", 0.26, 0.01, [(3, 0.18)]),
                ("H healthy N(.26, .01), one n 70 at .18", 0.26, 0.01, [(11, 0.18)]),
            })
            {
                if (shape == MarginShape.Tail && bad.Length > 0)
                {
                    continue;      // the second shape is there for the false alarms
                }

                var truth = new PlantedTruth
                {
                    Discordant = 0.03,
                    Spread = spread,
                    MarginMean = mean,
                    Shape = shape,
                    DocumentSpread = 0,
                    LeastMargin = 0.18,
                    Margins = bad.ToDictionary(b => b.Intent, b => b.Margin),
                };
                Row(study, name, set, truth, policy);
            }
        }
    }

    private static void Row(Study study, string name, PlantedSet set, PlantedTruth truth, GatePolicy policy)
    {
        CohortKey[] planted = [.. truth.Margins.Keys.Select(PlantedSet.IntentKey)];
        var seen = study.Run($"floor {name} {truth.Shape}", planted.Length == 0 ? 1000 : 500, i =>
        {
            var trial = Trial.Run(set, truth, policy, study.Seed, i);
            return (trial.Verdict, Found: planted.Length == 0 ? 0 : planted.Average(c => trial.Found(c) ? 1.0 : 0),
                Wrong: trial.Decision.Reasons.Any(r => r.Outcome == TestOutcome.Bad && r.Cohort is { } c && !planted.Contains(c)),
                Rivals: Rivals.Of(set, trial.Release, policy, trial.Decision));
        });
        study.Row(name, truth.Shape, seen.Length, seen.Rate(s => s.Verdict == Verdict.Passed), seen.Rate(s => s.Verdict == Verdict.Inconclusive), $"**{seen.Rate(s => s.Verdict == Verdict.Blocked)}**",
            planted.Length == 0 ? "" : $"{100 * seen.Average(s => s.Found):0.0}", seen.Rate(s => s.Wrong), seen.Rate(s => s.Rivals.NaiveMean), seen.Rate(s => s.Rivals.NaiveBound));
    }
}
