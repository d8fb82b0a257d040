using System.Globalization;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Training;

namespace Nearfar.Bench.Simulation;

/// <summary>Equal models of real data: one recipe, several seeds, every ordered pair through the gate.</summary>
/// <remarks>No pair is a release: nothing is promoted, no ledger is written, and no choice is made by these numbers.</remarks>
internal static class RealStudy
{
    private const int LeastProtected = 30;

    /// <param name="args">The workspace file; a folder that keeps the reports; the number of seeds (6); measures (<c>recall@5,ndcg@10</c>).</param>
    /// <param name="output">Receives a Markdown table.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        if (args.Length < 2)
        {
            Console.Error.WriteLine("Name a workspace file and a folder for reports. Example: simulate real bench/workspaces/medquad/nearfar.yaml /tmp/equal-models");
            return 1;
        }

        var workspace = await Workspace.OpenAsync(args[0]);
        int seeds = int.Parse(args.ElementAtOrDefault(2) ?? "6", CultureInfo.InvariantCulture);
        Directory.CreateDirectory(args[1]);
        var reports = new EvalReport[seeds];
        for (int s = 0; s < seeds; s++)
        {
            reports[s] = await ReportAsync(workspace, (ulong)s + 1, args[1]);
        }

        Write(output, workspace.Options.Name, reports, (args.ElementAtOrDefault(3) ?? "recall@5,ndcg@10").Split(','));
        return 0;
    }

    private static async Task<EvalReport> ReportAsync(Workspace workspace, ulong seed, string folder)
    {
        string file = Path.Combine(folder, $"{workspace.Options.Name}-{seed}.json");
        if (File.Exists(file))
        {
            return EvalReportJson.Load(file);
        }

        var start = StartEncoder.Create(workspace.StartOptions(1), workspace.Train);
        var options = workspace.TrainingOptions(seed);
        string run = Path.Combine(folder, $"{workspace.Options.Name}-{seed}-run");
        var trained = await new Trainer(options).TrainAsync(workspace.Train, StaticStart.From(start), new DevScorer(workspace.Dev, start, options.Threads), run);
        var report = await new Evaluator(new EvaluationOptions { Label = $"seed {seed}" }).EvaluateAsync(trained.Encoder.ToEncoder(), workspace.Gate);
        EvalReportJson.Save(file, report);
        Console.Error.WriteLine($"{workspace.Options.Name}, seed {seed}: ndcg@10 {report.Metrics["ndcg@10"].Mean:0.0000}");
        return report;
    }

    private static void Write(TextWriter output, string name, EvalReport[] reports, string[] metrics)
    {
        output.WriteLine($"\n{name}: {reports[0].Queries.Count} questions, {reports[0].Queries.Select(q => q.Cluster).Distinct(StringComparer.Ordinal).Count()} documents asked for, {reports.Length} seeds, set {reports[0].SetHash[..12]}\n");
        output.WriteLine("| measure | protected | n | ordered pairs | passed | inconclusive | **blocked** | unless proven | by |\n|---|---|---|---|---|---|---|---|---|");
        foreach (string metric in metrics)
        {
            var policy = new GatePolicy { Reference = ReferenceKind.Current, Metric = metric };
            Row(output, reports, policy, "none", reports[0].Queries.Count);
            foreach (var (attribute, values) in reports[0].Cohorts)
            {
                CohortKey[] large = [.. values.Where(v => v.Value.N >= LeastProtected).Select(v => new CohortKey(attribute, v.Key))];
                foreach (var cohort in large.Where(_ => large.Length <= 20))
                {
                    Row(output, reports, policy with { Protected = [cohort] }, cohort.ToString(), values[cohort.Value].N);
                }

                if (large.Length > 1)
                {
                    Row(output, reports, policy with { Protected = large }, $"all {large.Length} of {attribute} with n >= {LeastProtected}", reports[0].Queries.Count);
                }
            }
        }
    }

    private static void Row(TextWriter output, EvalReport[] reports, GatePolicy policy, string name, int n)
    {
        var gate = new ReleaseGate(policy);
        var decisions = reports.SelectMany(before => reports.Where(after => after != before).Select(after => gate.Decide(after, before))).ToArray();
        int Count(Verdict verdict) => decisions.Count(d => d.Verdict == verdict);
        int unproven = decisions.Count(d => d.Reasons.Any(r => r.Rule is "G1" or "G2" && r.Outcome != TestOutcome.Fine));
        string by = string.Join(", ", decisions.SelectMany(d => d.Reasons.Where(r => r.Outcome == TestOutcome.Bad).Select(r => $"{r.Rule} {r.Cohort} {r.Difference:+0.000;-0.000}")));
        output.WriteLine($"| {policy.Metric} | {name} | {n} | {decisions.Length} | {Count(Verdict.Passed)} | {Count(Verdict.Inconclusive)} | **{Count(Verdict.Blocked)}** | {unproven} | {by} |");
    }
}
