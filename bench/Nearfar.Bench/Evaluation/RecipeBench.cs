using System.Globalization;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Training;

namespace Nearfar.Bench.Evaluation;

/// <summary>Trains several recipes on one workspace and scores each by its task's own metrics, on dev or, for pages of results, on the gate set.</summary>
/// <remarks>
/// A recipe is a name and values that replace those of the workspace file: <c>"lexical idf=2 extra=384 rate=0.01 epochs=20"</c>. <c>epochs=0</c>
/// scores the start; <c>preset</c> tries the recipes of <c>preset: best</c> and takes what dev chooses, <c>preset:NAME</c> trains one of them, its values replaced by those that follow; <c>mined=1</c> trains again with one mined negative; <c>fuse=0.25</c> adds BM25, by English stems with <c>stem=1</c>, first words counted six times with <c>word_lead=20 word_lead_weight=6</c>; <c>lead_of=title</c> and <c>word_lead_of=title</c> weigh the title in the place of a lead; <c>loss=NAME</c> takes another loss, <c>loss.OPTION=VALUE</c> sets one of its options; <c>batches</c> and <c>labels</c> are those of the workspace file; <c>balance=0.5</c> draws small cohorts of <c>balance_by</c> (default intent) more often, at most <c>balance_cap</c> times;
/// <c>other_positives=negatives</c>, <c>train_tokens=300</c>, <c>min_batch=0</c> and <c>dense=1</c> train as the plain recipe of sentence-transformers.
/// </remarks>
internal static class RecipeBench
{
    /// <param name="args">The workspace file, recipes; <c>--seeds 1,2,3</c>; <c>--gate</c>: score the gate set; without a dev set the last step is kept.</param>
    /// <param name="output">Receives a line a recipe.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        if (args.Length < 2)
        {
            Console.Error.WriteLine("Name a workspace file and recipes. Example: recipes bench/workspaces/helm/nearfar.yaml \"start epochs=0\" \"plain\" \"lexical idf=2 extra=384\" --seeds 1,2,3");
            return 1;
        }

        int at = Array.IndexOf(args, "--seeds");
        ulong[] seeds = [.. (at >= 0 ? args[at + 1] : "1").Split(',').Select(s => ulong.Parse(s, CultureInfo.InvariantCulture))];
        var workspace = await Workspace.OpenAsync(args[0]);
        bool gate = args.Contains("--gate");
        var scores = TaskScores.Of(workspace, gate);
        foreach (string line in args.Skip(1).Where((a, i) => !a.StartsWith("--", StringComparison.Ordinal) && i + 1 != at + 1))
        {
            var recipe = Recipe.Parse(line);
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var results = new List<IReadOnlyDictionary<string, double>>();
            foreach (ulong seed in recipe.IsSeeded ? seeds : seeds[..1])
            {
                results.Add(await scores.ScoreAsync(recipe.IsLexical ? null : await TrainAsync(workspace, recipe, seed), recipe.Fusion, recipe.Words));
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workspace.Options.Name} {(gate ? "gate" : "dev")} | {line} | {string.Join(", ", results[0].Keys.Select(k => $"{k} {QualityBench.Cell([.. results.Select(r => (double?)r[k])])}"))} | {clock.Elapsed.TotalSeconds:0} s"));
            output.Flush();
        }

        return 0;
    }

    private static async Task<StaticEncoder> TrainAsync(Workspace workspace, Recipe recipe, ulong seed)
    {
        if (recipe.IsPreset)
        {
            return await ContestAsync(workspace, seed);
        }

        var own = recipe.OfPreset is { } name ? PresetRecipes(workspace, seed).Single(r => r.Name == name) : new TrainingRecipe(recipe.Name, workspace.StartOptions(seed), workspace.TrainingOptions(seed));
        var start = StartEncoder.Create(recipe.Apply(own.Start), workspace.Train);
        if (recipe.Epochs == 0)
        {
            return start;
        }

        var options = recipe.Apply(own.Training);
        var model = await TrainAsync(workspace, workspace.Train, start, options);
        if (recipe.Mined == 0)
        {
            return model;
        }

        HeldOutSeal[] seals = [workspace.Gate.Seal, .. workspace.Options.Data.Dev is null ? Array.Empty<HeldOutSeal>() : [workspace.Dev.Seal]];
        var miner = new HardNegativeMiner(workspace.Corpus, model, workspace.MiningOptions(seed) with { PerQuery = recipe.Mined }, seals, TimeProvider.System);
        var mined = await miner.MineAsync(workspace.Train, "recipe");
        return await TrainAsync(workspace, MinedPairs.Merge(workspace.Train, mined.Pairs), start, options with { HardNegatives = recipe.Mined });
    }

    private static async Task<StaticEncoder> ContestAsync(Workspace workspace, ulong seed)
    {
        (StaticEncoder Encoder, HeldOutScore Score, string Name)? kept = null;
        foreach (var recipe in PresetRecipes(workspace, seed))
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var (encoder, score) = await ScoredAsync(workspace, workspace.Train, StartEncoder.Create(recipe.Start, workspace.Train), recipe.Training);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workspace.Options.Name}, seed {seed}: {recipe.Name} dev nDCG@10 {score.Ndcg10:0.0000}, {clock.Elapsed.TotalSeconds:0} s"));
            if (kept is null || score.IsBetterThan(kept.Value.Score))
            {
                kept = (encoder, score, recipe.Name);
            }
        }

        Console.Error.WriteLine($"{workspace.Options.Name}, seed {seed}: dev chose {kept!.Value.Name}");
        return kept.Value.Encoder;
    }

    // Nothing of the workspace's own options but the model that it starts from, and where texts are cut.
    private static IReadOnlyList<TrainingRecipe> PresetRecipes(Workspace workspace, ulong seed)
    {
        var own = workspace.StartOptions(seed);
        return Presets.Recipes(Preset.Best, new StartOptions { From = own.From, MaxTokens = own.MaxTokens, Seed = seed }, new TrainingOptions { Seed = seed }, workspace.Train, new HashSet<string>());
    }

    private static async Task<StaticEncoder> TrainAsync(Workspace workspace, TrainingSet set, StaticEncoder start, TrainingOptions options) =>
        (await ScoredAsync(workspace, set, start, options)).Encoder;

    private static async Task<(StaticEncoder Encoder, HeldOutScore Score)> ScoredAsync(Workspace workspace, TrainingSet set, StaticEncoder start, TrainingOptions options)
    {
        IHeldOutScorer<StaticTrainableEncoder> scorer = workspace.Options.Data.Dev is null ? new QualityBench.KeepLast() : new DevScorer(workspace.Dev, start, options.Threads);
        string folder = Directory.CreateTempSubdirectory("recipe").FullName;
        try
        {
            var result = await new Trainer(options).TrainAsync(set, StaticStart.From(start), scorer, folder, resume: true);
            return (result.Encoder.ToEncoder(), result.Best);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
