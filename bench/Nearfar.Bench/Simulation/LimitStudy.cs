using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>A release that is exactly as bad as the policy allows: how often is it proven fine, in one attempt and in three?</summary>
internal static class LimitStudy
{
    private static readonly double[] s_shares = [0.03, 0.10];

    public static void Run(Study study)
    {
        study.Head("### Exactly at a limit", "where", "n", "clusters", "changes", "repetitions", "the test is fine, attempt 1 %", "release passed, attempt 1 %", "**passed within 3 attempts %**", "blocked, attempt 1 %");
        foreach (bool single in new[] { true, false })
        {
            foreach (double discordant in s_shares)
            {
                foreach (int n in new[] { 400, 1300 })
                {
                    var set = PlantedSet.Create([n], study.Seed, single, families: false);
                    Row(study, "overall -.02", set, set.Count, set.Documents, new PlantedTruth { Discordant = discordant, Fall = 0.02 }, Study.Joint, "G1");
                }

                foreach (int n in new[] { 75, 200 })
                {
                    var set = PlantedSet.Create([200, n], study.Seed, single, families: false);
                    var cohort = PlantedSet.IntentKey(1);
                    int[] members = set.Members[cohort];
                    // A wide overall tolerance, so that the protected cohort alone decides.
                    Row(study, "protected -.05", set, members.Length, members.Select(i => set.Document[i]).Distinct().Count(),
                        new PlantedTruth { Discordant = discordant, Falls = [(cohort, 0.05)] }, Study.Joint with { Protected = [cohort], Tolerance = 0.2, OtherTolerance = 0.5 }, "G2");
                }
            }
        }
    }

    private static void Row(Study study, string where, PlantedSet set, int n, int clusters, PlantedTruth truth, GatePolicy policy, string rule)
    {
        string cell = $"limit {where} n {n} clusters {clusters} {truth.Discordant}";
        if (!study.Wants(cell))
        {
            return;
        }

        var seen = study.Run(cell, 2000, i =>
        {
            var first = Trial.Run(set, truth, policy, study.Seed, 3 * i, attempt: 1);
            bool fine = first.Decision.Reasons.Any(r => r.Rule == rule && r.Outcome == TestOutcome.Fine);
            bool ever = first.Verdict == Verdict.Passed;
            for (int attempt = 2; attempt <= 3 && !ever; attempt++)
            {
                ever = Trial.Run(set, truth, policy, study.Seed, (3 * i) + attempt - 1, attempt).Verdict == Verdict.Passed;
            }

            return (Fine: fine, first.Verdict, Ever: ever);
        });
        study.Row(where, n, clusters, $"{truth.Discordant:P0}", seen.Length, seen.Rate(s => s.Fine), seen.Rate(s => s.Verdict == Verdict.Passed), $"**{seen.Rate(s => s.Ever)}**",
            seen.Rate(s => s.Verdict == Verdict.Blocked));
    }
}
