using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Bench.Simulation;

/// <summary>How often a printed two-sided 95 % interval holds the truth: levels from a report, differences from a comparison.</summary>
/// <remarks>The truth of a level is the mean of its estimates over all repetitions: they are unbiased, and it is 50 times surer than one of them.</remarks>
internal static class CoverageStudy
{
    private static readonly int[] s_sizes = [30, 50, 100, 300, 1000];

    private sealed record Printed(string Metric, int N, double Value, double? Low, double? High, bool Few = false);

    public static void Run(Study study)
    {
        study.Head("### Coverage of printed 95 % intervals, percent (2,000 repetitions: +-1; of the unmarked ones, or ≈ of the marked where most are; unmarked outside 93.5 to 97 in bold; in brackets: missed below, above; n counts questions, every fifth has a violation@5, cells below 30 are left out)",
            ["interval", "questions", "truth", .. s_sizes.Select(n => $"n {n}")]);
        foreach (bool single in new[] { true, false })
        {
            foreach (var (name, truth) in new (string, PlantedTruth)[]
            {
                ("recall .5, 30 % change", new() { Spread = 0, Recall = 0.5, Discordant = 0.30 }),
                ("recall .8, 10 % change", new() { Spread = 0, Recall = 0.8, Discordant = 0.10, Violations = 0.05 }),
                ("recall .8, fall .05", new() { Spread = 0, Recall = 0.8, Discordant = 0.10, Fall = 0.05, Violations = 0.20 }),
                ("recall .95, 3 % change, tail", new() { Spread = 0, Recall = 0.95, Discordant = 0.03, Shape = MarginShape.Tail }),
            })
            {
                Rows(study, single ? "independent" : "2.1 a document", name, truth, single);
            }
        }
    }

    private static void Rows(Study study, string questions, string name, PlantedTruth truth, bool single)
    {
        var cells = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        for (int s = 0; s < s_sizes.Length; s++)
        {
            var set = PlantedSet.Create([s_sizes[s]], study.Seed + (ulong)s, single);
            var shown = study.Once($"coverage {questions} {name} n {s_sizes[s]}", () => study.Run(2000, i => Print(set, truth, study.Seed, i)).SelectMany(p => p)
                .GroupBy(p => p.Metric, StringComparer.Ordinal).Select(m => (Metric: m.Key, Cell: m.First().N < 30 ? "" : Cell([.. m], m.Average(p => p.Value)))).ToArray());
            foreach (var (metric, cell) in shown)
            {
                if (!cells.TryGetValue(metric, out var row))
                {
                    cells[metric] = row = new string[s_sizes.Length];
                    Array.Fill(row, "");
                }

                row[s] = cell;
            }
        }

        foreach (var (metric, row) in cells)
        {
            study.Row([metric, questions, name, .. row]);
        }
    }

    private static List<Printed> Print(PlantedSet set, PlantedTruth truth, ulong seed, int repetition)
    {
        var (before, after) = PlantedReports.Of(set, PlantedRelease.Draw(set, truth, seed, repetition));
        var printed = new List<Printed>();
        foreach (var (metric, value) in after.Metrics)
        {
            printed.Add(new("level " + metric, value.N, value.Mean, value.Low, value.High, value.FewEvents));
        }

        var pairs = PairedReports.Of(before, after);
        foreach (var (metric, change) in new ReportComparison(before, after).Overall)
        {
            printed.Add(new("difference " + metric, change.N, change.Difference, change.Low, change.High, change.FewChanges));
            printed.Add(Widened(metric, pairs.Values(metric, _ => true), change));
        }

        return printed;
    }

    // What a verdict would use: the widest of t, Tango and the least width that so many clusters can prove.
    private static Printed Widened(string metric, PairedValues values, MetricChange change)
    {
        var bounds = MeanBounds.Paired(metric, values.Before, values.After, ClusteredMean.Of(values.Differences, values.Clusters), Aggregation.Alpha, Aggregation.Alpha);
        return new("difference, as wide as a verdict's, " + metric, change.N, change.Difference, bounds?.Low, bounds?.High);
    }

    private static string Cell(Printed[] printed, double truth)
    {
        Printed[] having = [.. printed.Where(p => p.Low is not null)];
        bool few = having.Count(p => p.Few) > having.Length / 2;
        having = [.. having.Where(p => p.Few == few)];
        int below = having.Count(p => truth < p.Low);
        int above = having.Count(p => truth > p.High);
        double coverage = 100 * (1 - ((double)(below + above) / having.Length));
        string text = string.Create(CultureInfo.InvariantCulture, $"{coverage:0.0} ({100.0 * below / having.Length:0.0}, {100.0 * above / having.Length:0.0})");
        return few ? "≈ " + text : coverage is < 93.5 or > 97 ? $"**{text}**" : text;
    }
}
