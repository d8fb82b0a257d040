using Nearfar.Bench.Data;
using Nearfar.Bench.Encoding;
using Nearfar.Bench.Evaluation;
using Nearfar.Bench.Evaluation.Slices;
using Nearfar.Bench.Mining;
using Nearfar.Bench.Pairs;
using Nearfar.Bench.Search;
using Nearfar.Bench.Simulation;
using Nearfar.Bench.Text;
using Nearfar.Bench.Training;

// The first argument names the measurement, the rest is its own.
Dictionary<string, Func<string[], TextWriter, Task<int>>> all = new(StringComparer.Ordinal)
{
    ["dedup"] = DedupBench.Run,
    ["embed"] = EmbeddingBench.Run,
    ["eval"] = EvaluationBench.Run,
    ["helpdesk"] = HelpdeskBench.Run,
    ["loss"] = LossBench.Run,
    ["loss-page"] = LossPage.Run,
    ["mine"] = MiningBench.Run,
    ["mining"] = MiningProofBench.Run,
    ["prepare"] = Preparation.Run,
    ["quality"] = QualityBench.Run,
    ["slices"] = SliceBench.Run,
    ["search"] = SearchBench.Run,
    ["recipes"] = RecipeBench.Run,
    ["simulate"] = SimulateBench.Run,
    ["step"] = StepPhasesBench.Run,
    ["text"] = TokenizerBench.Run,
    ["training"] = StaticTrainingBench.Run,
    ["trec"] = TrecBench.Run,
};

if (args.Length == 0 || !all.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"Name a measurement: {string.Join(", ", all.Keys.Order(StringComparer.Ordinal))}.");
    return 1;
}

return await run(args[1..], Console.Out);
