using System.Globalization;
using System.Text.Json;
using Nearfar.Bench.Evaluation;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Training;

namespace Nearfar.Bench.Mining;

/// <summary>What each way of mining does to held-out margin and recall, rule by rule, beside no mining and random negatives; how many of its negatives are false by label, and how near they are.</summary>
/// <remarks>
/// One model a seed is trained without negatives; every arm mines with it and trains again from the same start, or mines inside its run. Rules and counts are fixed
/// beforehand: the table chooses nothing. Scored on dev, which also chose each run's step; with <c>--gate</c> on the gate set too.
/// </remarks>
internal static class MiningProofBench
{
    private const int LeastCohort = 20;
    private static readonly string[] s_metrics = ["hit@1", "recall@10", "mrr@10", MetricNames.MarginMean, MetricNames.MarginHard];
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    /// <summary>How an arm comes by its negatives.</summary>
    private enum Way { None, Rules, Iterated, MinedThenIterated, Failures, FailuresAlone, FailuresAndRules }

    private sealed record Arm(string Name, Way Way, Func<MiningOptions, MiningOptions> Rules);

    private sealed record Outcome(EvalReport Dev, EvalReport? Gate, int Negatives, double? False, double? Nearness, double Absent, string Refused);

    private static Arm[] Arms(string? teacher, bool traffic)
    {
        // One rule at a time, on what the encoder itself puts forward.
        MiningOptions Bare(MiningOptions o) => o with { PositiveRatio = null, UseBm25 = false };
        return
        [
            new("no mining", Way.None, o => o),
            new("random", Way.Rules, o => o with { Sampling = MiningSampling.Uniform, PositiveRatio = null }),
            new("no rule: the nearest", Way.Rules, Bare),
            new("positive_ratio .95", Way.Rules, o => Bare(o) with { PositiveRatio = 0.95 }),
            new("relative_margin .05", Way.Rules, o => Bare(o) with { RelativeMargin = 0.05 }),
            new("absolute_margin .1", Way.Rules, o => Bare(o) with { AbsoluteMargin = 0.1 }),
            new("rank window 11 to 100", Way.Rules, o => Bare(o) with { SkipRanks = 10, RangeMax = 100 }),
            new("bm25 alone, no rule", Way.Rules, o => o with { PositiveRatio = null, UseEncoder = false }),
            new("union, positive_ratio .95: the default", Way.Rules, o => o with { PositiveRatio = 0.95 }),
            .. teacher is null ? Array.Empty<Arm>() : [new("teacher_ratio .95", Way.Rules, o => Bare(o) with { TeacherModel = teacher })],
            new("all rules, union", Way.Rules, o => o with { PositiveRatio = 0.95, RelativeMargin = 0.05, AbsoluteMargin = 0.1, TeacherModel = teacher }),
            new("iterated, the default's rules", Way.Iterated, o => o with { PositiveRatio = 0.95 }),
            new("default, then iterated", Way.MinedThenIterated, o => o with { PositiveRatio = 0.95 }),
            .. !traffic ? Array.Empty<Arm>() :
            [
                new("failed questions, no negatives", Way.FailuresAlone, o => o),
                new("failures", Way.Failures, o => o),
                new("failures and the default: the loop's", Way.FailuresAndRules, o => o),
            ],
        ];
    }

    /// <param name="args">The workspace; <c>--seeds 1,2,3</c>; <c>--label ATTRIBUTE</c> of documents, equal for documents that answer alike; <c>--teacher FOLDER</c>; <c>--gate</c>; <c>--only TEXT</c> in an arm's name.</param>
    /// <param name="output">Receives Markdown tables.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        if (args.Length == 0)
        {
            Console.Error.WriteLine("Name a workspace. Example: mining bench/workspaces/banking77/plain.yaml --label intent --teacher $NEARFAR_DATA/models/potion-base-4M-int8 --gate");
            return 1;
        }

        string? Value(string name) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : null;
        ulong[] seeds = [.. (Value("--seeds") ?? "1,2,3").Split(',').Select(s => ulong.Parse(s, s_plain))];
        var workspace = await Workspace.OpenAsync(args[0]);
        var arms = Arms(Value("--teacher"), workspace.Options.Data.Traffic is not null).Where(a => a.Way == Way.None || Value("--only") is not { } only || a.Name.Contains(only, StringComparison.Ordinal)).ToArray();
        var proof = new Proof(workspace, Value("--label"), args.Contains("--gate"));
        var runs = arms.ToDictionary(a => a.Name, _ => new List<Outcome>(), StringComparer.Ordinal);
        foreach (ulong seed in seeds)
        {
            await proof.BeginAsync(seed);
            foreach (var arm in arms)
            {
                runs[arm.Name].Add(await proof.RunAsync(arm));
            }
        }

        var options = workspace.TrainingOptions(1);
        output.WriteLine(string.Create(s_plain, $"**{workspace.Options.Name}**: {workspace.Train.Pairs.Count} pairs, {workspace.Corpus.Count} documents, batch {options.Batch}, {options.Epochs} epochs, {workspace.MiningOptions(1).PerQuery} mined negative{(workspace.MiningOptions(1).PerQuery == 1 ? "" : "s")} a question; seeds {string.Join(", ", seeds)}. {Machine.Name()}.\n"));
        WriteNegatives(output, arms, runs);
        Write(output, $"dev, {workspace.Dev.Queries.Count} questions", arms, runs, r => r.Dev);
        if (args.Contains("--gate"))
        {
            Write(output, $"gate, {workspace.Gate.Queries.Count} questions", arms, runs, r => r.Gate!);
        }

        return 0;
    }

    private static void WriteNegatives(TextWriter output, Arm[] arms, Dictionary<string, List<Outcome>> runs)
    {
        output.WriteLine("| negatives | kept | false by label | nearness | stood in the batch already | most refused by |\n|---|---|---|---|---|---|");
        foreach (var arm in arms.Where(a => a.Way is not (Way.None or Way.FailuresAlone)))
        {
            var list = runs[arm.Name];
            output.WriteLine($"| {arm.Name} | {list.Average(r => r.Negatives).ToString("0", s_plain)} | {Mean(list, r => r.False)} | {Mean(list, r => r.Nearness)} | {Mean(list, r => r.Absent)} | {list[0].Refused} |");
        }

        output.WriteLine();
    }

    private static string Mean(List<Outcome> list, Func<Outcome, double?> value) => list.Any(r => value(r) is null) ? "-" : list.Average(r => value(r)!.Value).ToString("0.000", s_plain);

    private static void Write(TextWriter output, string title, Arm[] arms, Dictionary<string, List<Outcome>> runs, Func<Outcome, EvalReport> report)
    {
        output.WriteLine($"| {title} | {string.Join(" | ", s_metrics)} | to no mining, mrr@10 | margin_mean | worst cohort, mrr@10 |\n|---|{string.Concat(Enumerable.Repeat("---|", s_metrics.Length + 3))}");
        EvalReport[] first = [.. runs[arms[0].Name].Select(report)];
        foreach (var arm in arms)
        {
            EvalReport[] reports = [.. runs[arm.Name].Select(report)];
            var worst = Worst(reports);
            output.WriteLine($"| {arm.Name} | {string.Join(" | ", s_metrics.Select(m => QualityBench.Cell([.. reports.Select(r => r.Metrics.GetValueOrDefault(m)?.Mean)])))} | "
                + $"{Difference(reports, first, "mrr@10")} | {Difference(reports, first, MetricNames.MarginMean)} | {worst.Name} {worst.Value.ToString("0.000", s_plain)} |");
        }

        output.WriteLine();
    }

    // Mean of the paired differences, and how many seeds rose.
    private static string Difference(EvalReport[] reports, EvalReport[] first, string metric)
    {
        if (ReferenceEquals(reports[0], first[0]) || reports.Concat(first).Any(r => !r.Metrics.ContainsKey(metric)))
        {
            return "";
        }

        double[] differences = [.. reports.Zip(first, (a, b) => a.Metrics[metric].Mean - b.Metrics[metric].Mean)];
        return string.Create(s_plain, $"{differences.Average():+0.000;-0.000;0.000}; {differences.Count(d => d > 0)} of {differences.Length}");
    }

    private static (string Name, double Value) Worst(EvalReport[] reports) => reports[0].Cohorts
        .SelectMany(a => a.Value.Where(v => v.Value.N >= LeastCohort).Select(v => (Name: $"{a.Key}={v.Key}", Value: reports.Average(r => r.Cohorts[a.Key][v.Key].Metrics["mrr@10"].Mean))))
        .OrderBy(c => c.Value).ThenBy(c => c.Name, StringComparer.Ordinal).First();

    /// <summary>Runs the arms of one workspace, seed after seed.</summary>
    private sealed class Proof(Workspace workspace, string? label, bool gate)
    {
        private readonly HeldOutSeal[] _seals = [workspace.Gate.Seal, workspace.Dev.Seal];
        private ulong _seed;
        private StaticEncoder? _start, _first;
        private string _firstFolder = "";
        private int _every;

        /// <summary>The start of a seed, and the model that no negative has met.</summary>
        public async Task BeginAsync(ulong seed)
        {
            _seed = seed;
            _start = StartEncoder.Create(workspace.StartOptions(seed), workspace.Train);
            (_first, _firstFolder, long steps) = await TrainAsync(workspace.Train, null, null);
            _every = (int)Math.Max(1, steps / workspace.TrainingOptions(seed).Epochs);          // once an epoch
        }

        public async Task<Outcome> RunAsync(Arm arm)
        {
            var rules = arm.Rules(workspace.MiningOptions(_seed));
            var (set, mined) = await SetAsync(arm, rules);
            var (model, folder) = (_first!, _firstFolder);
            bool iterated = arm.Way is Way.Iterated or Way.MinedThenIterated;
            if (arm.Way != Way.None)
            {
                (model, folder, _) = await TrainAsync(set, iterated ? new MiningSchedule { Every = _every } : null, iterated ? new IteratedMining(rules, _seals, workspace.Dev) : null);
            }

            if (iterated)
            {
                mined = Last(folder);
            }

            var evaluator = new Evaluator();
            var negatives = mined.Pairs.SelectMany(p => p.HardNegatives.Select(n => (Pair: p, Negative: n))).ToArray();
            var run = new Outcome(await evaluator.EvaluateAsync(model, workspace.Dev), gate ? await evaluator.EvaluateAsync(model, workspace.Gate) : null, negatives.Length,
                label is null || negatives.Length == 0 ? null : negatives.Average(n => LabelOf(n.Negative.DocumentId) == LabelOf(n.Pair.PositiveIds[0]) ? 1.0 : 0),
                Nearness([.. negatives.Select(n => n.Negative)]), Absent(folder),
                string.Join(", ", mined.Refused.Where(r => r.Key != "per-query cap").OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal).Take(2).Select(r => $"{r.Key} {r.Value.ToString(s_plain)}")));
            Console.Error.WriteLine(string.Create(s_plain, $"{workspace.Options.Name}, seed {_seed}, {arm.Name}: {run.Negatives} negatives, dev mrr@10 {run.Dev.Metrics["mrr@10"].Mean:0.0000}"));
            return run;
        }

        private string? LabelOf(string document) => workspace.Corpus[document].Attributes.GetValueOrDefault(label!);

        private async Task<(TrainingSet Set, MiningResult Mined)> SetAsync(Arm arm, MiningOptions rules)
        {
            var train = workspace.Train;
            var none = new MiningResult([], new Dictionary<string, int>(StringComparer.Ordinal));
            if (arm.Way is Way.None or Way.Iterated)
            {
                return (train, none);
            }

            var miner = await HardNegativeMiner.OpenAsync(workspace.Corpus, _first!, rules, workspace.Dev, _seals, TimeProvider.System);
            var mined = arm.Way is Way.Failures or Way.FailuresAlone ? none : await miner.MineAsync(train, "bench");
            var failures = arm.Way is Way.Failures or Way.FailuresAlone or Way.FailuresAndRules ? await miner.MineFailuresAsync(workspace.Traffic, workspace.FailsAt(), "bench") : none;
            if (arm.Way == Way.FailuresAlone)
            {
                failures = new MiningResult([.. failures.Pairs.Select(p => p with { HardNegatives = [] })], failures.Refused);
            }

            var all = new MiningResult([.. failures.Pairs, .. mined.Pairs], failures.Pairs.Count > 0 ? failures.Refused : mined.Refused);
            return (MinedPairs.Merge(train, all.Pairs), all);
        }

        private async Task<(StaticEncoder Model, string Folder, long Steps)> TrainAsync(TrainingSet set, MiningSchedule? schedule, INegativeSource? source)
        {
            var options = workspace.TrainingOptions(_seed) with { Mining = schedule, CheckpointInterval = TimeSpan.FromHours(1) };
            string folder = Directory.CreateTempSubdirectory("nearfar-mining-").FullName;
            var result = await new Trainer(options) { Negatives = source }.TrainAsync(set, StaticStart.From(_start!), new DevScorer(workspace.Dev, _start!, options.Threads), folder);
            File.Delete(Path.Combine(folder, "checkpoint.bin"));
            return (result.Encoder.ToEncoder(), folder, result.Steps);
        }

        // What the last mining of a run put into force.
        private static MiningResult Last(string folder)
        {
            using var line = JsonDocument.Parse(File.ReadLines(Path.Combine(folder, "history.jsonl")).Last(l => l.StartsWith("{\"kind\":\"mined\"", StringComparison.Ordinal)));
            return new MiningResult(PairFile.Read(Path.Combine(folder, line.RootElement.GetProperty("file").GetString()!)).Rows,
                line.RootElement.GetProperty("refused").EnumerateObject().ToDictionary(r => r.Name, r => r.Value.GetInt32(), StringComparer.Ordinal));
        }

        // Background-corrected similarity of the negative by that of the lowest positive, as the mining model saw them; 1: as near as the answer.
        private static double? Nearness(HardNegative[] negatives)
        {
            double[] shares = [.. negatives.Select(n => n.Provenance!.Scores).Where(s => s.ContainsKey("positive") && s["positive"] - s["background"] > 0.01).Select(s => (s["negative"] - s["background"]) / (s["positive"] - s["background"]))];
            return shares.Length == 0 ? null : shares.Order().ElementAt(shares.Length / 2);
        }

        // Share of hard-negative places that stand empty, most of all since the document is in the batch already: mean over the steps that had such places.
        private static double Absent(string folder)
        {
            double[] shares = [.. File.ReadLines(Path.Combine(folder, "history.jsonl")).Where(l => l.StartsWith("{\"kind\":\"step\"", StringComparison.Ordinal))
                .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("absent").GetDouble())];
            return shares.Average();
        }
    }
}
