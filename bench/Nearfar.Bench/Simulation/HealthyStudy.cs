using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>Equal models through the whole gate: how often is one blocked, by any rule?</summary>
internal static class HealthyStudy
{
    private sealed record Seen(Verdict Verdict, string[] Rules, bool Listed, bool TinyShown, Rivals Rivals, bool Wide, MarginShape Shape);

    public static void Run(Study study)
    {
        study.Head("### Healthy releases, whole policy", "set", "changes", "n", "repetitions", "passed %", "inconclusive %", "**blocked %**", "by rule",
            "watch list not empty %", "naive mean blocks %", "naive bound %", "unless proven %");
        var all = new List<Seen>();
        foreach (var (name, set, repetitions) in new[]
        {
            ("power law", PlantedSet.Create(PlantedSet.PowerLaw, study.Seed), 2000),
            ("a tenth of it", PlantedSet.Create([.. PlantedSet.PowerLaw.Select(n => Math.Max(2, n / 10))], study.Seed), 2000),
            ("equal", PlantedSet.Create(PlantedSet.Equal, study.Seed), 1000),
        })
        {
            foreach (double discordant in new[] { 0.03, 0.10 })
            {
                string cell = $"healthy {name} {discordant}";
                if (!study.Wants(cell))
                {
                    continue;
                }

                // Spread and shape take turns, so that each cell holds all four alike.
                var seen = study.Run(cell, repetitions, i => One(set, new PlantedTruth
                {
                    Discordant = discordant,
                    Spread = (i & 1) == 0 ? 0.03 : 0.06,
                    MarginMean = (i & 1) == 0 ? 0.26 : 0.30,
                    Shape = (MarginShape)((i >> 1) & 1),
                }, Study.Whole, study.Seed, i));
                Write(study, name, $"{discordant:P0}", set, seen);
                all.AddRange(seen);
            }
        }

        study.Head("Pooled over sets and shares", "factor", "repetitions", "blocked %");
        foreach (var (name, group) in new (string, Func<Seen, bool>)[]
        {
            ("spread .03", s => !s.Wide), ("spread .06", s => s.Wide), ("mixture", s => s.Shape == MarginShape.Mixture), ("tail", s => s.Shape == MarginShape.Tail), ("all", _ => true),
        })
        {
            Seen[] part = [.. all.Where(group)];
            study.Row(name, part.Length, part.Rate(s => s.Verdict == Verdict.Blocked));
        }

        study.Output.WriteLine($"\nCohorts below 20 questions stand among the unproven (or listed, below 3) in {all.Rate(s => s.TinyShown)} % of the decisions.");
        Uneven(study);
    }

    // Equal recipes whose true recall differs a little in every intent: nobody's tolerance is reached.
    private static void Uneven(Study study)
    {
        study.Head("Intents that truly differ a little, mean 0 (10 % of questions change)", "standard deviation of true changes", "repetitions", "passed %", "inconclusive %", "blocked %",
            "of them: a cohort blocked that truly fell by less than its tolerance %");
        var set = PlantedSet.Create(PlantedSet.PowerLaw, study.Seed);
        foreach (double spread in new[] { 0.01, 0.02 })
        {
            string cell = $"uneven {spread}";
            if (!study.Wants(cell))
            {
                continue;
            }

            var trials = study.Run(cell, 500, i =>
            {
                var trial = Trial.Run(set, new PlantedTruth { ChangeSpread = spread }, Study.Joint, study.Seed, i);
                bool wrong = trial.Decision.Reasons.Any(r => r.Rule == "G3" && r.Outcome == TestOutcome.Bad && set.MeanOf(r.Cohort!.Value, trial.Release.Falls) < 0.05);
                return (trial.Verdict, Wrong: wrong);
            });
            study.Row(spread, trials.Length, trials.Rate(t => t.Verdict == Verdict.Passed), trials.Rate(t => t.Verdict == Verdict.Inconclusive), trials.Rate(t => t.Verdict == Verdict.Blocked), trials.Rate(t => t.Wrong));
        }
    }

    private static Seen One(PlantedSet set, PlantedTruth truth, GatePolicy policy, ulong seed, int repetition)
    {
        var trial = Trial.Run(set, truth, policy, seed, repetition);
        var decision = trial.Decision;
        var shown = decision.Unproven.Select(r => r.Cohort!.Value).Concat(decision.Listed).Concat(decision.Reasons.Where(r => r.Rule == "G2").Select(r => r.Cohort!.Value)).ToHashSet();
        bool tiny = set.Members.Where(m => m.Value.Length < 20).All(m => shown.Contains(m.Key));
        string[] rules = [.. decision.Reasons.Where(r => r.Outcome == TestOutcome.Bad).Select(r => r.Rule).Distinct(StringComparer.Ordinal)];
        return new(trial.Verdict, rules, decision.Watch.Count > 0, tiny, Rivals.Of(set, trial.Release, policy, decision), truth.Spread > 0.05, truth.Shape);
    }

    private static void Write(Study study, string name, string changes, PlantedSet set, Seen[] seen) => study.Row(
        name, changes, set.Count, seen.Length,
        seen.Rate(s => s.Verdict == Verdict.Passed), seen.Rate(s => s.Verdict == Verdict.Inconclusive), $"**{seen.Rate(s => s.Verdict == Verdict.Blocked)}**",
        string.Join(", ", seen.SelectMany(s => s.Rules).GroupBy(r => r, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}")),
        seen.Rate(s => s.Listed), seen.Rate(s => s.Rivals.NaiveMean), seen.Rate(s => s.Rivals.NaiveBound), seen.Rate(s => s.Rivals.UnlessProven));
}
