using System.Globalization;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Training;

namespace Nearfar.Bench.Evaluation;

/// <summary>The sample's loop over many seeds, each in a fresh folder, and what its round of mining changed, beside two controls.</summary>
/// <remarks>
/// Every arm starts from the same start rows as attempt 1. mined: as the loop does, negatives for training questions and pairs of failed traffic.
/// random: the same pairs, each with as many negatives drawn at random. pairs alone: the pairs of failed traffic, no negatives.
/// The gate is scored for the table; no choice is made by it.
/// </remarks>
internal static class HelpdeskBench
{
    private static readonly string[] s_metrics = ["recall@5", "mrr@10", MetricNames.MarginMean, MetricNames.ZMarginMean];
    private static readonly string[] s_arms = ["attempt 1", "mined", "random", "pairs alone"];
    private static readonly (string Attribute, string Value)[] s_cohorts =
    [
        ("intent", "refund-policy"), ("language", "en"), ("language", "de"), ("language", "es"), ("language", "ja"), ("page", "known"), ("page", "new"),
    ];

    /// <param name="args">The workspace (default samples/helpdesk); the number of seeds (20); a scratch folder.</param>
    /// <param name="output">Receives Markdown tables.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        var workspace = await Workspace.OpenAsync(args.ElementAtOrDefault(0) ?? Path.Combine("samples", "helpdesk"));
        int seeds = int.Parse(args.ElementAtOrDefault(1) ?? "20", CultureInfo.InvariantCulture);
        string scratch = Path.Combine(args.ElementAtOrDefault(2) ?? Directory.CreateTempSubdirectory("nearfar-helpdesk-").FullName);
        var data = workspace.LoopData();
        var evaluator = new Evaluator();
        var verdicts = new List<string[]>();
        var scores = new Dictionary<(string Arm, string Set), List<EvalReport>>();
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            string folder = Path.Combine(scratch, "seed-" + seed.ToString(CultureInfo.InvariantCulture));
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            var options = workspace.LoopOptions(seed) with { Output = folder };
            var outcome = await new ReleaseLoop(data, options, TimeProvider.System).RunAsync();
            verdicts.Add([.. outcome.Attempts.Select(a => a.Decision.Verdict.ToString().ToLowerInvariant())]);
            Console.Error.WriteLine($"seed {seed}: {string.Join(", ", verdicts[^1])}; {outcome.End}");
            var arms = await ArmsAsync(data, options, outcome.Attempts[0].Model.Encoder, Path.Combine(folder, "arms"));
            for (int arm = 0; arm < arms.Length; arm++)
            {
                foreach (var (name, set) in new (string, JudgedSet)[] { ("dev", data.Dev), ("gate", data.Gate) })
                {
                    if (!scores.TryGetValue((s_arms[arm], name), out var list))
                    {
                        scores[(s_arms[arm], name)] = list = [];
                    }

                    list.Add(await evaluator.EvaluateAsync(arms[arm], set));
                }
            }
        }

        WriteVerdicts(output, verdicts);
        WriteScores(output, scores);
        WriteCohorts(output, scores);
        return 0;
    }

    private static async Task<IEncoder[]> ArmsAsync(LoopData data, LoopOptions options, IEncoder first, string folder)
    {
        HeldOutSeal[] seals = [data.Gate.Seal, data.Dev.Seal];
        var miner = new HardNegativeMiner(data.Train.Corpus, first, options.Mining, seals, TimeProvider.System);
        var failures = await miner.MineFailuresAsync(data.Traffic, options.FailsAt, "bench");
        var negatives = await miner.MineAsync(data.Train, "bench");
        Pair[] bare = [.. failures.Pairs.Select(p => p with { HardNegatives = [] })];
        var alone = MinedPairs.Merge(data.Train, bare);
        var draw = new HardNegativeMiner(data.Train.Corpus, first, options.Mining with { Sampling = MiningSampling.Uniform }, seals, TimeProvider.System);
        var random = await draw.MineAsync(alone, "bench");
        Console.Error.WriteLine($"  {failures.Pairs.Count} failed traffic pairs with {failures.Negatives} negatives, {negatives.Negatives} for training questions; at random {random.Negatives}");
        var start = StartEncoder.Create(options.Start, data.Train);
        return
        [
            first,
            await TrainAsync(data, options, start, MinedPairs.Merge(data.Train, [.. failures.Pairs, .. negatives.Pairs]), folder + "-mined"),
            await TrainAsync(data, options, start, MinedPairs.Merge(alone, random.Pairs), folder + "-random"),
            await TrainAsync(data, options, start, alone, folder + "-alone"),
        ];
    }

    private static async Task<IEncoder> TrainAsync(LoopData data, LoopOptions options, IEncoder start, TrainingSet set, string folder) =>
        (await new TrainingRun(options.Start, options.Training, TimeProvider.System).RunAsync(set, data.Dev, start, folder, mined: [])).Encoder;

    private static void WriteVerdicts(TextWriter output, List<string[]> verdicts)
    {
        output.WriteLine("| Verdicts of the attempts, in order | Seeds |\n|---|---|");
        foreach (var group in verdicts.Select((v, i) => (Key: string.Join(", ", v), Seed: i + 1)).GroupBy(v => v.Key, StringComparer.Ordinal).OrderByDescending(g => g.Count()))
        {
            output.WriteLine($"| {group.Key} | {group.Count()} ({string.Join(", ", group.Select(g => g.Seed))}) |");
        }
    }

    private static void WriteScores(TextWriter output, Dictionary<(string Arm, string Set), List<EvalReport>> scores)
    {
        output.WriteLine($"\n| Set, arm | {string.Join(" | ", s_metrics)} |\n|---|{string.Concat(Enumerable.Repeat("---|", s_metrics.Length))}");
        foreach (string set in new[] { "dev", "gate" })
        {
            foreach (string arm in s_arms)
            {
                output.WriteLine($"| {set}, {arm} | {string.Join(" | ", s_metrics.Select(m => QualityBench.Cell([.. scores[(arm, set)].Select(r => r.Metrics.GetValueOrDefault(m)?.Mean)])))} |");
            }
        }

        output.WriteLine($"\n| Gate, difference to attempt 1 of the same seed | {string.Join(" | ", s_metrics)} |\n|---|{string.Concat(Enumerable.Repeat("---|", s_metrics.Length))}");
        foreach (string arm in s_arms[1..])
        {
            output.WriteLine($"| {arm} | {string.Join(" | ", s_metrics.Select(m => Difference(scores, arm, r => r.Metrics[m].Mean)))} |");
        }
    }

    private static void WriteCohorts(TextWriter output, Dictionary<(string Arm, string Set), List<EvalReport>> scores)
    {
        output.WriteLine($"\n| Gate cohort, recall@5 | n | attempt 1 | {string.Join(" | ", s_arms[1..])} |\n|---|---|---|{string.Concat(Enumerable.Repeat("---|", s_arms.Length - 1))}");
        foreach (var (attribute, value) in s_cohorts)
        {
            var first = scores[(s_arms[0], "gate")];
            if (!first[0].Cohorts.TryGetValue(attribute, out var values) || !values.TryGetValue(value, out var cohort))
            {
                continue;
            }

            output.WriteLine($"| {attribute}={value} | {cohort.N} | {QualityBench.Cell([.. first.Select(r => (double?)r.Cohorts[attribute][value].Metrics["recall@5"].Mean)])} | "
                + $"{string.Join(" | ", s_arms[1..].Select(arm => Difference(scores, arm, r => r.Cohorts[attribute][value].Metrics["recall@5"].Mean)))} |");
        }
    }

    // Mean and deviation of the paired differences, and how many seeds rose.
    private static string Difference(Dictionary<(string Arm, string Set), List<EvalReport>> scores, string arm, Func<EvalReport, double> value)
    {
        double?[] differences = [.. scores[(arm, "gate")].Zip(scores[(s_arms[0], "gate")], (a, b) => (double?)(value(a) - value(b)))];
        return $"{QualityBench.Cell(differences)}; {differences.Count(d => d > 0)} of {differences.Length} rose";
    }
}
