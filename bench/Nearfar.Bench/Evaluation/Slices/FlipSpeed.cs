using System.Diagnostics;
using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Evaluation.Slices;

/// <summary>Wall time of the gate's joint test: 40 cohorts by a power law, 2 measures, 2 references, 5,356 questions.</summary>
internal static class FlipSpeed
{
    private const int Questions = 5356;

    public static void Write(TextWriter output)
    {
        output.WriteLine("| Joint test, 1,999 flips | 1 thread, ms | 2 threads, ms |\n|---|---|---|");
        foreach (var (name, share) in new[] { ("10 % of differences are not 0", 0.1), ("all differ", 1.0) })
        {
            var tests = Tests(share);
            var times = Enumerable.Range(1, 2).Select(threads => Timing.Median(41, () => JointFallTest.Run([.. tests.Select(t => new FallTest(t))], 1999, 1, threads)));
            output.WriteLine($"| {name} | {string.Join(" | ", times.Select(t => (1000 * t).ToString("0.00", CultureInfo.InvariantCulture)))} |");
        }
    }

    public static PairedValues[] Tests(double share)
    {
        var random = new SeededRandom(3);
        int[] sizes = [.. Enumerable.Range(1, 40).Select(c => (int)(2000 / Math.Pow(c, 1.35)))];
        var tests = new List<PairedValues>();
        int start = 0;
        foreach (int size in sizes)
        {
            int end = Math.Min(Questions, start + size);
            QueryScore[] rows = [.. Enumerable.Range(start, end - start).Select(Row)];
            for (int column = 0; column < 4; column++)
            {
                double[] before = [.. rows.Select(_ => random.Uniform())];
                double[] after = [.. before.Select(b => random.Uniform() < share ? random.Uniform() : b)];
                tests.Add(new PairedValues("ndcg@10", rows, before, after));
            }

            start = end;
        }

        return [.. tests];
    }

    private static QueryScore Row(int i) => new()
    {
        Id = $"q{i:00000}",
        Query = "",
        Cluster = $"page-{i:00000}",
        Cohorts = new Dictionary<string, string>(),
        Metrics = new Dictionary<string, double>(),
        Top = [],
    };
}

/// <summary>Wall times.</summary>
internal static class Timing
{
    /// <summary>Median seconds of a few warm runs.</summary>
    public static double Median(int runs, Action work)
    {
        for (int i = 0; i < 30; i++)
        {
            work();     // past the first tiers of the just-in-time compiler
        }

        double[] times = new double[runs];
        for (int i = 0; i < runs; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            work();
            times[i] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }

        Array.Sort(times);
        return times[runs / 2];
    }
}
