using Nearfar.Bench.Evaluation;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Benchmarks;

public class RecipeTests
{
    [Fact]
    public void Parse_KeyGivenTwice_TheLastHolds()
    {
        Assert.Equal(0.2, Recipe.Parse("r rate=0.1 epochs=3 rate=0.2").Apply(new TrainingOptions()).Rate);
        Assert.Contains("wanted KEY=VALUE, came \"rate\"", Assert.Throws<NearfarException>(() => Recipe.Parse("r rate=0.1 rate")).Message, StringComparison.Ordinal);
        Assert.Contains("\"rates\" is not known", Assert.Throws<NearfarException>(() => Recipe.Parse("r rates=0.1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_PlainRecipesKeys_SetTheOptionsAndNothingElse()
    {
        var options = new TrainingOptions();
        Assert.Equal(options, Recipe.Parse("r").Apply(options));
        Assert.Equal(options with { OtherPositives = OtherPositives.Negatives, MaxTokens = 300, Optimizer = options.Optimizer with { Dense = true }, MinBatchShare = 0 },
            Recipe.Parse("r other_positives=negatives train_tokens=300 dense=1 min_batch=0").Apply(options));
    }
}
