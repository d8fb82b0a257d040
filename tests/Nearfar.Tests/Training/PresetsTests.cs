using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Tests.Pairs;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Training;

public class PresetsTests
{
    private static readonly HashSet<string> s_nothing = [];

    private static TrainingSet SetOf(int rows)
    {
        var corpus = new Corpus([new Document { Id = "a", Text = "one" }, new Document { Id = "b", Text = "two" }]);
        return new TrainingSet(corpus, [.. Enumerable.Range(0, rows).Select(i => new Pair { Id = $"p{i}", Query = $"q{i}", PositiveIds = [i % 2 == 0 ? "a" : "b"] })]);
    }

    private static IReadOnlyList<TrainingRecipe> Of(Preset preset, StartOptions? start = null, TrainingOptions? training = null, int rows = 1000, IReadOnlySet<string>? named = null) =>
        Presets.Recipes(preset, start ?? new StartOptions { From = "model" }, training ?? new TrainingOptions(), SetOf(rows), named ?? s_nothing);

    [Fact]
    public void Recipes_EachPreset_HoldsThoseOfTheCheaperOneFirst()
    {
        var (fast, balanced, best) = (Of(Preset.Fast), Of(Preset.Balanced), Of(Preset.Best));
        Assert.Single(fast);
        Assert.Equal(fast, balanced.Take(1));
        Assert.True(balanced.Count < best.Count);
        Assert.Equal(balanced, best.Take(balanced.Count));
        Assert.All(balanced, r => Assert.True(r.Start is { Grams: null, Lead: null, TermFrequency: null }));      // what balanced keeps, other libraries can read
        Assert.Contains(best, r => r.Start.Grams is { Characters: true });
        Assert.Contains(best, r => r.Start.Lead is not null);
    }

    [Theory]
    [InlineData(Preset.Best, true)]
    [InlineData(Preset.Best, false)]
    public void Recipes_OfAnyStart_AreSoundAndDifferInNameAndContent(Preset preset, bool pretrained)
    {
        var recipes = Of(preset, new StartOptions { From = pretrained ? "model" : null });
        Assert.All(recipes, r => Assert.Empty(r.Start.Problems().Concat(r.Training.Problems())));
        Assert.Equal(recipes.Count, recipes.Select(r => r.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(recipes.Count, recipes.Select(r => (r.Start, r.Training)).Distinct().Count());
    }

    [Theory]
    [InlineData(1, 32, 40)]
    [InlineData(325, 32, 40)]
    [InlineData(761, 64, 36)]
    [InlineData(13_270, 1024, 9)]
    [InlineData(1_000_000, 1024, 4)]
    public void Recipes_BatchAndEpochs_FollowTheRows(int rows, int batch, int epochs)
    {
        var recipe = Of(Preset.Fast, rows: rows)[0];
        Assert.Equal((batch, epochs), (recipe.Training.Batch, recipe.Training.Epochs));
    }

    [Fact]
    public void Recipes_NamedOptions_HoldForAllAndLeaveNoTwins()
    {
        var training = new TrainingOptions { Rate = 0.2, Batch = 48, Epochs = 3 };
        var named = new HashSet<string> { nameof(TrainingOptions.Rate), nameof(TrainingOptions.Batch), nameof(TrainingOptions.Epochs) };
        var recipes = Of(Preset.Best, training: training, named: named);
        Assert.All(recipes, r => Assert.Equal((0.2, 48, 3), (r.Training.Rate, r.Training.Batch, r.Training.Epochs)));
        Assert.DoesNotContain(recipes, r => r.Name == "steep");     // differs from plain in its rate alone
        named.UnionWith([nameof(StartOptions.IdfPower), nameof(StartOptions.ExtraDimensions), nameof(StartOptions.Grams), nameof(StartOptions.TermFrequency), nameof(StartOptions.Lead), nameof(StartOptions.QueryPrompt), nameof(TrainingOptions.MinBatchShare), "temperature", "directions"]);
        Assert.Single(Of(Preset.Best, training: training, named: named));
    }

    [Fact]
    public void Recipes_OptionsThatNoRecipeSets_HoldForAll()
    {
        var training = new TrainingOptions { OtherPositives = OtherPositives.Negatives, MaxTokens = 50, MinBatchShare = 0 };
        Assert.All(Of(Preset.Best, training: training, named: new HashSet<string> { nameof(TrainingOptions.MinBatchShare) }), r => Assert.Equal((OtherPositives.Negatives, 50, 0), (r.Training.OtherPositives, r.Training.MaxTokens, r.Training.MinBatchShare)));
    }

    [Theory]
    [InlineData(1, 1, 0, true)]
    [InlineData(2, 1, 0, false)]       // of three documents one has a title
    [InlineData(1, 1, 4, true)]
    [InlineData(1, 1, 5, false)]       // half of the questions were made of the pages
    public void Recipes_Titles_AreWeighedWherePagesHaveThemAndPeopleAsked(int plain, int titled, int made, bool weighed)
    {
        var corpus = new Corpus([.. Enumerable.Range(0, plain + titled).Select(i => new Document { Id = $"d{i}", Text = $"line one\nline two {i}", Title = i < titled ? $"title {i}" : null })]);
        var set = new TrainingSet(corpus, [.. Enumerable.Range(0, 10).Select(i => new Pair { Id = $"p{i}", Query = $"q{i}", PositiveIds = ["d0"], Provenance = new Provenance { Source = i < made ? "synthetic" : "human" } })]);
        string[] Names(Preset preset) => [.. Presets.Recipes(preset, new StartOptions { From = "model" }, new TrainingOptions(), set, s_nothing).Where(r => r.Start.Lead is { Of: LeadField.Title }).Select(r => r.Name)];
        Assert.Equal(weighed ? ["titles", "words-titles"] : [], Names(Preset.Best));
        Assert.Empty(Names(Preset.Balanced));
    }

    [Fact]
    public void Recipes_SmallBatchesPromptsAndDirections_ReachTheOptions()
    {
        var best = Of(Preset.Best).ToDictionary(r => r.Name, StringComparer.Ordinal);
        Assert.Equal((0.008, 0.75, 0.4, "0.2"), (best["parts"].Training.MinBatchShare, best["parts"].Start.IdfPower, best["parts"].Start.ExtraShare, best["parts"].Training.Loss.Options["temperature"]));
        Assert.Equal(("query: ", "passage: ", 512, 0.02), (best["pairs"].Start.QueryPrompt, best["pairs"].Start.DocumentPrompt, best["pairs"].Start.ExtraDimensions, best["pairs"].Training.Rate));
        Assert.Equal(("query_to_doc,doc_to_query", "per_direction"), (best["words-lead"].Training.Loss.Options["directions"], best["words-lead"].Training.Loss.Options["partition_mode"]));
        Assert.All(best.Values.Where(r => r.Name is not ("parts" or "pairs" or "words-lead")), r => Assert.Equal((0.25, "", ""), (r.Training.MinBatchShare, r.Start.QueryPrompt, r.Start.DocumentPrompt)));
    }

    [Theory]
    [InlineData("directions", "query_to_doc,doc_to_query", "query_to_doc")]
    [InlineData("partition_mode", "per_direction", "joint")]
    public void Recipes_OneDirectionOptionNamed_LeaveBoth(string named, string ofRecipe, string own)
    {
        var training = new TrainingOptions { Loss = new TrainingOptions().Loss.With(named, own) };
        Assert.Equal(ofRecipe, Of(Preset.Best, training: training).Single(r => r.Name == "words-lead").Training.Loss.Options[named]);
        var kept = Of(Preset.Best, training: training, named: new HashSet<string> { named }).Single(r => r.Name == "words-lead").Training.Loss.Options;
        Assert.Equal([named, "temperature"], kept.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(own, kept[named]);
    }

    [Fact]
    public void Recipes_LossWithoutDirections_IsLeftWithTheTemperatureAlone()
    {
        var loss = Of(Preset.Best, training: new TrainingOptions { Loss = "gist" }).Single(r => r.Name == "words-lead").Training.Loss;
        Assert.Equal(["temperature"], loss.Options.Keys);
    }

    [Theory]
    [InlineData(nameof(StartOptions.QueryPrompt))]
    [InlineData(nameof(StartOptions.DocumentPrompt))]
    public void Recipes_APromptNamed_HoldsForAll(string named)
    {
        var recipes = Of(Preset.Best, new StartOptions { From = "model", QueryPrompt = "q " }, named: new HashSet<string> { named });
        Assert.All(recipes, r => Assert.Equal(("q ", ""), (r.Start.QueryPrompt, r.Start.DocumentPrompt)));
    }

    [Fact]
    public void Recipes_OverAModelWithPrompts_KeepThem()
    {
        using var folder = new Folder();
        folder.Write("m/config_sentence_transformers.json", """{"prompts": {"query": "q: ", "document": ""}}""");
        Assert.All(Of(Preset.Best, new StartOptions { From = folder["m"] }), r => Assert.Equal(("", ""), (r.Start.QueryPrompt, r.Start.DocumentPrompt)));     // none: the folder's hold
    }

    [Fact]
    public void Recipes_OverAModelWithParts_AddNone()
    {
        using var folder = new Folder();
        folder.Write("m/grams.json", "{}");
        Assert.All(Of(Preset.Best, new StartOptions { From = folder["m"] }), r => Assert.Null(r.Start.Grams));
    }
}
