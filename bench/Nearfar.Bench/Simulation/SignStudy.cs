using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>How far one matrix of signs lies off the level of the joint test: the same equal models, judged with many seeds.</summary>
/// <remarks>
/// A matrix's level is the share of all releases that it would block. Its spread over matrices is what the counts of the seeds scatter beyond the
/// scatter that they would have if a matrix's luck with one release said nothing of its luck with the next.
/// </remarks>
internal static class SignStudy
{
    private const int Seeds = 48;
    private const double Level = 0.01;

    public static void Run(Study study)
    {
        study.Head($"### One matrix of signs: equal models, 10 % of questions change, {Seeds} seeds judge the same releases at {Level:P0}", "set", "flips", "releases", "level, mean over seeds %", "least and most of a seed %",
            "spread between seeds %", "by chance alone %", "**of the matrix itself, standard deviation %**");
        foreach (var (name, sizes, releases) in new[]
        {
            ("power law", PlantedSet.PowerLaw, 600),
            ("a tenth of it", [.. PlantedSet.PowerLaw.Select(n => Math.Max(2, n / 10))], 3000),
        })
        {
            var set = PlantedSet.Create(sizes, study.Seed);
            foreach (int flips in new[] { 1999, 9999 })
            {
                string cell = $"signs {name} {flips}";
                if (study.Wants(cell))
                {
                    Row(study, name, flips, study.Run(cell, releases * 1999 / flips, i => Judge(set, study.Seed, i, flips)));
                }
            }
        }
    }

    // By seed: whether it would block this release.
    private static bool[] Judge(PlantedSet set, ulong seed, int repetition, int flips)
    {
        var (before, after) = PlantedReports.Of(set, PlantedRelease.Draw(set, new PlantedTruth(), seed, repetition));
        var pairs = new CohortPairs(PairedReports.Of(before, after));
        FallTest[] tests = [.. from metric in (string[])["recall@5", "ndcg@10"]
                               let rate = ChangeRate.Of(pairs.Values(null, metric))
                               from cohort in pairs.Keys
                               let values = pairs.Values(cohort, metric)
                               where values.Rows.Count >= 3
                               select new FallTest(values, rate, 0.05)];
        return [.. Enumerable.Range(1, Seeds).Select(s => JointFallTest.Run(tests, flips, (ulong)s, threads: 1).Any(r => r.AdjustedP <= Level))];
    }

    private static void Row(Study study, string name, int flips, bool[][] seen)
    {
        double releases = seen.Length;
        double[] levels = [.. Enumerable.Range(0, Seeds).Select(s => seen.Count(r => r[s]) / releases)];
        double mean = levels.Average();
        double between = levels.Sum(l => (l - mean) * (l - mean)) / (Seeds - 1);
        double alone = seen.Select(r => r.Count(b => b) / (double)Seeds).Sum(p => p * (1 - p)) * Seeds / (Seeds - 1) / (releases * releases);
        double matrix = Math.Sign(between - alone) * Math.Sqrt(Math.Abs(between - alone));
        string Percent(double share) => (100 * share).ToString("0.000", CultureInfo.InvariantCulture);
        study.Row(name, flips, seen.Length, Percent(mean), $"{Percent(levels.Min())}, {Percent(levels.Max())}", Percent(Math.Sqrt(between)), Percent(Math.Sqrt(alone)), $"**{Percent(matrix)}**");
    }
}
