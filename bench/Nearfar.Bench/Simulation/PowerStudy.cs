using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>One cohort falls: is it found, beside an oracle, and what does the watch list hold?</summary>
internal static class PowerStudy
{
    private const double Tolerance = 0.05;

    private static readonly (int Intent, int Size, double Fall, double Wanted)[] s_falls =
        [(3, 300, 0.10, 97), (6, 150, 0.10, 75), (11, 73, 0.10, 0), (11, 73, 0.20, 50), (11, 73, 0.35, 90), (29, 20, 0.35, 0)];

    private static readonly int[] s_fallen = [3, 6, 11, 16, 22, 29];

    private static int[] Sizes
    {
        get
        {
            int[] sizes = PlantedSet.PowerLaw;
            foreach (var (intent, size, _, _) in s_falls)
            {
                sizes[intent] = size;
            }

            return sizes;
        }
    }

    public static void Run(Study study)
    {
        int metrics = JointMetrics();
        study.Head($"### Other cohorts: power (joint test of {metrics} measure{(metrics == 1 ? "" : "s")}, 10 % of questions change)", "questions", "fall", "n", "true fall", "repetitions", "wanted %", "**gate finds %**", "oracle %",
            "its cut", "release blocked %", "on the watch list %", "false share of the watch list %");
        foreach (var (name, single, onTop) in new[] { ("independent", true, false), ("independent", true, true), ("2.1 a document", false, false) })
        {
            var set = PlantedSet.Create(Sizes, study.Seed, single);
            var healthy = new PlantedTruth { Discordant = 0.10, OnTop = onTop };
            var oracle = new Lazy<Oracle>(() => Oracle.Of(study, $"{name} {(onTop ? "on top" : "among")}", set, healthy, metrics));
            foreach (var (intent, size, fall, wanted) in s_falls.Where(f => f.Wanted > 0 || (single && !onTop)))
            {
                var cohort = PlantedSet.IntentKey(intent);
                var truth = healthy with { Falls = [(cohort, fall)] };
                Row(study, name, set, cohort, truth, oracle, $"{size}", wanted);
            }
        }

        Several(study);
    }

    private static void Row(Study study, string name, PlantedSet set, CohortKey cohort, PlantedTruth truth, Lazy<Oracle> null_, string size, double wanted)
    {
        string cell = $"{name} {(truth.OnTop ? "on top" : "among")} n {size} fall {truth.Falls[0].Fall}";
        if (!study.Wants("power " + cell))
        {
            return;
        }

        var oracle = null_.Value.For(study, cell, truth);
        var seen = study.Run("power " + cell, name == "independent" && !truth.OnTop ? 2000 : 500, i =>
        {
            var trial = Trial.Run(set, truth, Study.Joint, study.Seed, i);
            return (Found: trial.Found(cohort), Blocked: trial.Verdict == Verdict.Blocked, Watched: trial.Decision.Watch.Any(r => r.Cohort == cohort), False: FalseShare(set, trial));
        });
        // The same draws; quick enough not to be kept.
        bool[] told = Repetitions.Run(seen.Length, study.Threads, i => oracle.Finds(PlantedRelease.Draw(set, truth, study.Seed, i), cohort, Tolerance));
        study.Row(name, truth.OnTop ? "on top" : "among those that change", size, truth.Falls[0].Fall, seen.Length, wanted > 0 && name == "independent" && !truth.OnTop ? wanted : "",
            $"**{seen.Rate(s => s.Found)}**", told.Rate(t => t), $"{oracle.Cut:0.00}", seen.Rate(s => s.Blocked), seen.Rate(s => s.Watched), $"{100 * seen.Average(s => s.False):0.0}");
    }

    // Six intents fall at once: the list's own power and its share of false entries.
    private static void Several(Study study)
    {
        study.Head("Watch list when six intents of 300 to 20 questions fall by .15", "questions", "repetitions", "list not empty %", "fallen intents on it, mean %", "false share, mean %", "blocked %");
        foreach (bool single in new[] { true, false })
        {
            string cell = $"watch {(single ? "independent" : "clustered")}";
            if (!study.Wants(cell))
            {
                continue;
            }

            var set = PlantedSet.Create(Sizes, study.Seed, single);
            CohortKey[] fallen = [.. s_fallen.Select(PlantedSet.IntentKey)];
            var truth = new PlantedTruth { Falls = [.. fallen.Select(c => (c, 0.15))] };
            var seen = study.Run(cell, single ? 2000 : 500, i =>
            {
                var trial = Trial.Run(set, truth, Study.Joint, study.Seed, i);
                return (Any: trial.Decision.Watch.Count > 0, Power: fallen.Average(c => trial.Decision.Watch.Any(r => r.Cohort == c) ? 1.0 : 0), False: FalseShare(set, trial), Blocked: trial.Verdict == Verdict.Blocked);
            });
            study.Row(single ? "independent" : "2.1 a document", seen.Length, seen.Rate(s => s.Any), $"{100 * seen.Average(s => s.Power):0.0}", $"{100 * seen.Average(s => s.False):0.0}", seen.Rate(s => s.Blocked));
        }
    }

    // Cohorts of other families that share a fallen question have truly fallen too; no margin has.
    private static double FalseShare(PlantedSet set, Trial trial)
    {
        var watch = trial.Decision.Watch;
        return watch.Count == 0 ? 0 : watch.Average(r => MetricNames.CutoffOf(r.Metric) == 0 || (r.Cohort is { } c && set.MeanOf(c, trial.Release.Falls) < 1e-12) ? 1.0 : 0);
    }

    // What the gate tests together is the policy's choice; the oracle must answer for the same.
    private static int JointMetrics()
    {
        var set = PlantedSet.Create([60, 40], 1);
        var trial = Trial.Run(set, new PlantedTruth(), Study.Joint, 1, 0);
        return (int)Math.Round((double)trial.Decision.JointTests / set.Members.Count);
    }
}
