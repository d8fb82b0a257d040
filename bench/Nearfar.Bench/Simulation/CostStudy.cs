using System.Globalization;
using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>What one decision over 5,356 questions costs, and what its reports do. Processor time of all threads, so that a busy machine shows less.</summary>
internal static class CostStudy
{
    public static void Run(Study study)
    {
        var set = PlantedSet.Create(PlantedSet.PowerLaw, study.Seed);
        study.Head("### One decision over 5,356 questions, median milliseconds of processor time", "policy", "flips", "draw", "two reports", "decision", "its hashes", "decision, least");
        foreach (var (name, policy) in new (string, GatePolicy)[]
        {
            ("joint test", Study.Joint), ("whole", Study.Whole), ("joint test", Study.Joint with { Flips = 9999 }), ("whole", Study.Whole with { Flips = 9999 }),
        })
        {
            const int Warm = 8;
            double[][] times = [.. Enumerable.Range(0, study.Repetitions(40) + Warm).Select(i => Once(set, policy, study.Seed, i)).Skip(Warm)];
            double Median(int part) => times.Select(t => t[part]).Order().ElementAt(times.Length / 2);
            study.Row([name, policy.Flips, .. Enumerable.Range(0, 4).Select(p => Median(p).ToString("0.0", CultureInfo.InvariantCulture)), times.Min(t => t[2]).ToString("0.0", CultureInfo.InvariantCulture)]);
        }
    }

    private static double[] Once(PlantedSet set, GatePolicy policy, ulong seed, int repetition)
    {
        var start = Environment.CpuUsage.TotalTime;
        var release = PlantedRelease.Draw(set, new PlantedTruth(), seed, repetition);
        double draw = Lap(ref start);
        var (before, after) = PlantedReports.Of(set, release);
        double reports = Lap(ref start);
        new ReleaseGate(policy) { Hashed = _ => "planted" }.Decide(new GateInput
        {
            Candidate = after,
            References = [new GateReference(policy.Reference, before)],
            Attempt = 1,
            SetHash = PlantedReports.Hash,
        });
        double decision = Lap(ref start);
        before.ComputeHash();
        after.ComputeHash();
        return [draw, reports, decision, Lap(ref start)];
    }

    private static double Lap(ref TimeSpan start)
    {
        var now = Environment.CpuUsage.TotalTime;
        double milliseconds = (now - start).TotalMilliseconds;
        start = now;
        return milliseconds;
    }
}
