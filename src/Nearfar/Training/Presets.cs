using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training.Losses;

namespace Nearfar.Training;

/// <summary>The recipes that a preset tries, cheap ones first: where dev sees no difference, the earlier is kept.</summary>
/// <remarks>
/// None knows the task. What five public tasks asked for (<c>docs/experiments</c>): short questions of few intents want the model's own vectors and a
/// small rate, pairs of words and prompts; long answers a high one; rare words, names and versions want word weights, dimensions in which no two words are alike
/// and no reward for short pages; long bodies drown what their first sentence or their title says; languages and scripts that the vocabulary breaks want parts of words, and often no training at all. So all of these are tried.
/// </remarks>
public static class Presets
{
    private const double Slow = 0.03;
    private const double Steep = 0.1;
    private const double Warm = 0.1;
    private const double Cold = 0.02;
    private const int Buckets = 50_000;

    /// <summary>What a preset tries on this much data.</summary>
    /// <param name="preset">How much is tried.</param>
    /// <param name="start">Values of the workspace; those of <paramref name="named"/> stay.</param>
    /// <param name="training">Values of the workspace; those of <paramref name="named"/> stay.</param>
    /// <param name="set">Its size gives batch and epochs; titles are weighed where half of its documents have one, unless half of the questions were made of the documents.</param>
    /// <param name="named">
    /// What was chosen by hand and holds for every recipe: names of <see cref="StartOptions"/> and <see cref="TrainingOptions"/>, and
    /// of options of the loss: <c>temperature</c>, <c>directions</c>, <c>partition_mode</c>.
    /// </param>
    /// <returns>At least one; no two alike.</returns>
    public static IReadOnlyList<TrainingRecipe> Recipes(Preset preset, StartOptions start, TrainingOptions training, TrainingSet set, IReadOnlySet<string> named)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(named);
        int rows = Math.Max(1, set.Pairs.Sum(p => p.PositiveIds.Count));
        training = training with
        {
            Batch = named.Contains(nameof(TrainingOptions.Batch)) ? training.Batch : BatchFor(rows),
            Epochs = named.Contains(nameof(TrainingOptions.Epochs)) ? training.Epochs : EpochsFor(rows),
        };
        var recipes = new List<TrainingRecipe>();
        bool titled = AreTitlesWorthWeighing(set.Corpus.Documents, set.Pairs);
        foreach (var plan in Plans().Where(p => p.From <= preset && (p.Grams is null || !HasGrams(start)) && (p.Lead is not { Of: LeadField.Title } || titled)))
        {
            var recipe = new TrainingRecipe(plan.Name, plan.Start(start, named), plan.Training(training, named));
            if (!recipes.Exists(r => r.Start == recipe.Start && r.Training == recipe.Training))
            {
                recipes.Add(recipe);
            }
        }

        return recipes;
    }

    private static IEnumerable<Plan> Plans() =>
    [
        new("plain", Preset.Fast, Slow),
        new("steep", Preset.Balanced, Steep),
        new("words", Preset.Balanced, Slow, Idf: 1, Extra: 384),
        new("warm", Preset.Best, Slow, Temperature: Warm),
        new("words-steep", Preset.Best, Steep, Idf: 1, Extra: 384),
        new("words-pivot", Preset.Best, 0.01, Temperature: Cold, Idf: 1, Extra: 1280, Pivot: 1, Frequency: TermFrequency.Root),
        new("lead", Preset.Best, Steep, Lead: new LeadOptions { Tokens = 20, Weight = 6 }),
        new("words-lead", Preset.Best, 0.005, Temperature: Cold, Symmetric: true, Idf: 1, Extra: 1280, Pivot: 1, Frequency: TermFrequency.Root, Lead: new LeadOptions { Tokens = 24, Weight = 8 }),
        new("titles", Preset.Best, Steep, Lead: new LeadOptions { Of = LeadField.Title, Tokens = 64, Weight = 16 }),
        new("words-titles", Preset.Best, 0.01, Temperature: Cold, Idf: 1, Extra: 1280, Pivot: 1, Frequency: TermFrequency.Root, Lead: new LeadOptions { Of = LeadField.Title, Tokens = 64, Weight = 8 }),
        new("pairs", Preset.Best, 0.02, Temperature: 0.03, Prompts: true, Extra: 512, Share: 0.05, Frequency: TermFrequency.Once, Grams: new GramOptions { Buckets = Buckets, Characters = false, WordPairs = true }),
        new("parts", Preset.Best, 0.01, Temperature: 0.2, MinBatch: 0.008, Idf: 0.75, Extra: 1024, Share: 0.4, Frequency: TermFrequency.Once, Grams: new GramOptions { Buckets = Buckets, Max = 4, AllWords = true }),
        new("scripts", Preset.Best, Slow, Idf: 3, Extra: 896, Frequency: TermFrequency.Root, Grams: new GramOptions { Buckets = Buckets }),
    ];

    // A sixteenth of the rows: batches with some hundred negatives where the data have them, and still some ten steps an epoch where they are few.
    private static int BatchFor(int rows) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(rows / 16, 32, 1024));

    // 1,000 / sqrt(rows): 40 passes over some hundred rows, 10 over ten thousand.
    private static int EpochsFor(int rows) => (int)Math.Clamp(Math.Round(1000 / Math.Sqrt(rows)), 4, 40);

    /// <summary>Whether titles are worth weighing: half of the documents have one, and fewer than half of the questions were made of the documents.</summary>
    /// <remarks>Questions that are headings find their pages by titles whatever else is learnt, and say nothing of what people ask.</remarks>
    internal static bool AreTitlesWorthWeighing(IReadOnlyList<Document> documents, IReadOnlyList<Pair> questions) => 2 * documents.Count(d => d.Title is not null) >= documents.Count
        && 2 * questions.Count(p => p.Provenance?.Source == "synthetic") < questions.Count;

    // A model that was trained with prompts of its own keeps them.
    private static bool HasPrompts(StartOptions start) => start.From is { } folder && StaticModelFolder.ReadPrompts(folder) is not ("", "");

    private static bool HasGrams(StartOptions start) => start.From is { } folder && File.Exists(Path.Combine(folder, GramFile.Name));

    private sealed record Plan(string Name, Preset From, double Rate, double? Temperature = null, bool Symmetric = false, double? MinBatch = null, bool Prompts = false, double? Idf = null, int Extra = 0, double? Share = null, double Pivot = 0, TermFrequency? Frequency = null, LeadOptions? Lead = null, GramOptions? Grams = null)
    {
        // Random rows have no dimensions of their own to keep: theirs are as many as the model's and the extra ones together.
        public StartOptions Start(StartOptions start, IReadOnlySet<string> named)
        {
            bool Free(string name) => !named.Contains(name);
            bool prompts = Prompts && Free(nameof(StartOptions.QueryPrompt)) && Free(nameof(StartOptions.DocumentPrompt)) && !HasPrompts(start);
            return start with
            {
                QueryPrompt = prompts ? "query: " : start.QueryPrompt,
                DocumentPrompt = prompts ? "passage: " : start.DocumentPrompt,
                IdfPower = Free(nameof(StartOptions.IdfPower)) && Idf is not null ? Idf : start.IdfPower,
                ExtraDimensions = Free(nameof(StartOptions.ExtraDimensions)) && start.From is not null ? Extra : start.ExtraDimensions,
                Dimensions = Free(nameof(StartOptions.Dimensions)) && start.From is null ? Math.Max(start.Dimensions, 128 + Extra) : start.Dimensions,
                ExtraShare = Free(nameof(StartOptions.ExtraShare)) && Free(nameof(StartOptions.ExtraDimensions)) && start.From is not null ? Share : start.ExtraShare,
                Pivot = Free(nameof(StartOptions.Pivot)) && (start.From is null || (Free(nameof(StartOptions.ExtraDimensions)) ? Extra : start.ExtraDimensions) > 0) ? Pivot : start.Pivot,
                TermFrequency = Free(nameof(StartOptions.TermFrequency)) ? Frequency ?? start.TermFrequency : start.TermFrequency,
                Lead = Free(nameof(StartOptions.Lead)) ? Lead ?? start.Lead : start.Lead,
                Grams = Free(nameof(StartOptions.Grams)) ? Grams : start.Grams,
            };
        }

        public TrainingOptions Training(TrainingOptions training, IReadOnlySet<string> named) => training with
        {
            Rate = named.Contains(nameof(TrainingOptions.Rate)) ? training.Rate : Rate,
            MinBatchShare = named.Contains(nameof(TrainingOptions.MinBatchShare)) ? training.MinBatchShare : MinBatch ?? training.MinBatchShare,
            Loss = Loss(training.Loss, named),
        };

        // Two options that make one choice: where one is chosen by hand, neither is touched.
        private LossChoice Loss(LossChoice loss, IReadOnlySet<string> named)
        {
            bool Takes(string option) => !named.Contains(option) && LossRegistry.Of(loss.Name).Options.Any(o => o.Name == option);
            bool symmetric = Symmetric && Takes("directions") && Takes("partition_mode");
            loss = Temperature is { } temperature && Takes("temperature") ? loss.With("temperature", temperature) : loss;
            return symmetric ? loss.With("directions", "query_to_doc,doc_to_query").With("partition_mode", "per_direction") : loss;
        }
    }
}
