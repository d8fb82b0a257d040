using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training;

namespace Nearfar.Releases;

/// <summary>Trains each recipe in <c>candidates/NAME</c> of a run's folder and keeps the one that dev prefers. The gate is not known here.</summary>
/// <remarks>Every candidate is a run that resumes; once the record names the winner, the candidates' folders go: models of many dimensions are large.</remarks>
internal sealed class RecipeContest(IReadOnlyList<TrainingRecipe> recipes)
{
    public const string FolderName = "candidates";

    /// <summary>The winner, in its candidate's folder, and all candidates in the order they were tried.</summary>
    public async Task<(TrainedModel Winner, IReadOnlyList<RunCandidate> Candidates)> RunAsync(Func<TrainingRecipe, TrainingRun> runOf, TrainingSet set, DevSet dev,
        StaticEncoder plain, StartOptions plainOptions, string folder, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        TrainedModel? winner = null;
        HeldOutScore best = default;
        var candidates = new List<RunCandidate>();
        for (int i = 0; i < recipes.Count; i++)
        {
            var recipe = recipes[i];
            var start = recipe.Start == plainOptions ? plain : StartEncoder.Create(recipe.Start, set);
            var told = progress is null ? null : new Named(progress, $"{recipe.Name}, {i + 1} of {recipes.Count}");
            var model = await runOf(recipe).RunAsync(set, dev, start, Path.Combine(folder, FolderName, recipe.Name), [], told, cancellationToken).ConfigureAwait(false);
            var score = new HeldOutScore(model.Record.Metrics["dev.ndcg@10"], model.Record.Metrics.TryGetValue("dev.margin_mean", out double margin) ? margin : null);
            candidates.Add(new RunCandidate(recipe.Name, model.Record.Options, model.Record.Step, model.Record.Steps, model.Record.Metrics));
            if (winner is null || score.IsBetterThan(best))
            {
                (winner, best) = (model, score);
            }
        }

        return (winner!, candidates);
    }

    /// <summary>The negatives that the winner mined inside its run belong to its history.</summary>
    public static void KeepNegatives(string folder, string recipe)
    {
        string mined = Path.Combine(folder, FolderName, recipe, "negatives");
        foreach (string file in Directory.Exists(mined) ? Directory.EnumerateFiles(mined) : [])
        {
            AtomicFile.Write(Path.Combine(folder, "negatives", Path.GetFileName(file)), File.ReadAllBytes(file));
        }
    }

    /// <summary>What is of no use to a finished run.</summary>
    public static void Clear(string folder)
    {
        string candidates = Path.Combine(folder, FolderName);
        if (Directory.Exists(candidates))
        {
            Directory.Delete(candidates, recursive: true);
        }
    }

    private sealed class Named(IProgress<TrainingProgress> inner, string recipe) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => inner.Report(value with { Recipe = recipe });
    }
}
