using System.Globalization;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training;

namespace Nearfar.Bench.Evaluation;

/// <summary>A workspace's quality over several seeds, on its gate set: BM25, untrained, trained, and trained again with mined hard negatives.</summary>
/// <remarks>For pages of results alone: no choice is made by these numbers, and no ledger is written. Without a dev set the last step is kept.</remarks>
internal static class QualityBench
{
    private const int LeastCohort = 20;

    private static readonly string[] s_metrics =
        ["hit@1", "mrr@10", "ndcg@10", MetricNames.MarginMean, MetricNames.MarginHard, MetricNames.ZMarginHard, MetricNames.MarginBelowZero];

    /// <param name="args">The workspace file; <c>--seeds 1,2,3</c>; <c>--mined</c>.</param>
    /// <param name="output">Receives Markdown tables.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        if (args.Length == 0)
        {
            Console.Error.WriteLine("Name a workspace file. Example: quality bench/workspaces/banking77/plain.yaml --seeds 1,2,3,4,5 --mined");
            return 1;
        }

        int at = Array.IndexOf(args, "--seeds");
        ulong[] seeds = [.. (at >= 0 ? args[at + 1] : "1,2,3,4,5").Split(',').Select(s => ulong.Parse(s, CultureInfo.InvariantCulture))];
        var workspace = await Workspace.OpenAsync(args[0]);
        var evaluator = new Evaluator();
        var rows = new List<(string Name, IReadOnlyList<EvalReport> Reports)>
        {
            ("BM25", [await evaluator.EvaluateAsync(new Bm25Index(workspace.Corpus), workspace.Gate)]),
            ("untrained", [await evaluator.EvaluateAsync(StartEncoder.Create(workspace.StartOptions(1), workspace.Train), workspace.Gate)]),
        };
        var plain = new List<EvalReport>();
        var mined = new List<EvalReport>();
        foreach (ulong seed in seeds)
        {
            var model = await TrainAsync(workspace, workspace.Train, seed, "plain");
            plain.Add(await evaluator.EvaluateAsync(model, workspace.Gate));
            if (args.Contains("--mined"))
            {
                model = await TrainAsync(workspace, await MineAsync(workspace, model, seed), seed, "mined");
                mined.Add(await evaluator.EvaluateAsync(model, workspace.Gate));
            }
        }

        rows.Add(("trained", plain));
        if (mined.Count > 0)
        {
            rows.Add(("and mined", mined));
        }

        Write(output, workspace, seeds, rows);
        return 0;
    }

    private static async Task<StaticEncoder> TrainAsync(Workspace workspace, TrainingSet set, ulong seed, string name)
    {
        var options = workspace.TrainingOptions(seed);
        var start = StartEncoder.Create(workspace.StartOptions(seed), workspace.Train);
        IHeldOutScorer<StaticTrainableEncoder> scorer = workspace.Options.Data.Dev is null ? new KeepLast() : new DevScorer(workspace.Dev, start, options.Threads);
        string folder = Path.Combine(workspace.Output, "quality", $"{name}-{seed}");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        var result = await new Trainer(options).TrainAsync(set, StaticStart.From(start), scorer, folder);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, seed {seed}: {result.Rows} rows, step {result.BestStep} of {result.Steps}, dev nDCG@10 {result.Best.Ndcg10:0.0000}"));
        return result.Encoder.ToEncoder();
    }

    private static async Task<TrainingSet> MineAsync(Workspace workspace, StaticEncoder model, ulong seed)
    {
        HeldOutSeal[] seals = [workspace.Gate.Seal, .. workspace.Options.Data.Dev is null ? Array.Empty<HeldOutSeal>() : [workspace.Dev.Seal]];
        var miner = new HardNegativeMiner(workspace.Corpus, model, workspace.MiningOptions(seed), seals, TimeProvider.System);
        var result = await miner.MineAsync(workspace.Train, "quality");
        Console.Error.WriteLine($"mined, seed {seed}: {result.Negatives} negatives for {result.Pairs.Count} of {workspace.Train.Pairs.Count} pairs; left: {string.Join(", ", result.Refused.Select(r => $"{r.Key} {r.Value}"))}");
        return MinedPairs.Merge(workspace.Train, result.Pairs);
    }

    private static void Write(TextWriter output, Workspace workspace, ulong[] seeds, List<(string Name, IReadOnlyList<EvalReport> Reports)> rows)
    {
        output.WriteLine($"{workspace.Options.Name}: {workspace.Gate.Queries.Count} questions, {workspace.Corpus.Count} documents, {workspace.Train.Pairs.Count} training pairs; set {workspace.Gate.Hash[..12]}; mean +- standard deviation over seeds {string.Join(", ", seeds)}\n");
        output.WriteLine($"| | {string.Join(" | ", s_metrics)} |\n|---|{string.Concat(Enumerable.Repeat("---|", s_metrics.Length))}");
        foreach (var (name, reports) in rows)
        {
            output.WriteLine($"| {name} | {string.Join(" | ", s_metrics.Select(m => Cell([.. reports.Select(r => r.Metrics.GetValueOrDefault(m)?.Mean)])))} |");
        }

        output.WriteLine($"\n| cohort (n at least {LeastCohort}), mrr@10 | n | {string.Join(" | ", rows.Select(r => r.Name))} |\n|---|---|{string.Concat(Enumerable.Repeat("---|", rows.Count))}");
        foreach (var (attribute, values) in rows[^1].Reports[0].Cohorts)
        {
            foreach (var (value, score) in values.Where(v => v.Value.N >= LeastCohort).OrderBy(v => MeanOf(rows[^1].Reports, attribute, v.Key)))
            {
                output.WriteLine($"| {attribute}={value} | {score.N} | {string.Join(" | ", rows.Select(r => Cell([.. r.Reports.Select(x => (double?)x.Cohorts[attribute][value].Metrics["mrr@10"].Mean)])))} |");
            }
        }
    }

    private static double MeanOf(IReadOnlyList<EvalReport> reports, string attribute, string value) => reports.Average(r => r.Cohorts[attribute][value].Metrics["mrr@10"].Mean);

    internal static string Cell(double?[] values)
    {
        if (values.Any(v => v is null))
        {
            return "-";
        }

        double mean = values.Average(v => v!.Value);
        double deviation = values.Length < 2 ? 0 : Math.Sqrt(values.Sum(v => (v!.Value - mean) * (v.Value - mean)) / (values.Length - 1));
        return values.Length < 2 ? mean.ToString("0.000", CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{mean:0.000} +- {deviation:0.000}");
    }

    // Each evaluation counts as better than the one before: the last step is kept, as a recipe without a dev set keeps it.
    internal sealed class KeepLast : IHeldOutScorer<StaticTrainableEncoder>
    {
        private int _calls;

        public string Hash => "last step";

        public ValueTask<HeldOutScore> ScoreAsync(StaticTrainableEncoder encoder, CancellationToken cancellationToken) => ValueTask.FromResult(new HeldOutScore(++_calls, null));
    }
}
