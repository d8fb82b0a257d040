using Nearfar.Evaluation;
using Nearfar.Evaluation.Ranking;
using Xunit;

namespace Nearfar.Tests.Evaluation.Ranking;

public class JudgedRankingTests
{
    // Mistakes seen in other tools, as negative tests.
    [Fact]
    public void Constructor_RepeatedDocument_Throws() =>
        Assert.Throws<ArgumentException>(() => new JudgedRanking(["a", "a", "a"], new Dictionary<string, int> { ["a"] = 1 }));

    [Fact]
    public void NdcgAt_OneOfFiveRelevantRetrieved_IdealIsCutFromAllJudged()
    {
        var relevance = new[] { "a", "b", "c", "d", "e" }.ToDictionary(id => id, _ => 1);
        var ranking = new JudgedRanking(["a"], relevance);
        double ideal = 1 + (1 / Math.Log2(3)) + 0.5 + (1 / Math.Log2(5)) + (1 / Math.Log2(6));
        Assert.Equal(1 / ideal, ranking.NdcgAt(5), 1e-15);
        Assert.Equal(0.2, ranking.RecallAt(5));
        Assert.Equal(0.2, ranking.PrecisionAt(5));
        Assert.Equal(1, ranking.HitAt(1));
        Assert.Equal(0.2, ranking.AveragePrecisionAt(5));
    }

    [Fact]
    public void UnjudgedAt_CountsAbsentAndNegativeGrades() =>
        Assert.Equal(0.5, new JudgedRanking(["a", "b", "c", "d"], new Dictionary<string, int> { ["a"] = 1, ["b"] = 0, ["c"] = -1 }).UnjudgedAt(4));

    [Fact]
    public void Measures_NothingRetrieved_AreZero()
    {
        var ranking = new JudgedRanking([], new Dictionary<string, int> { ["a"] = 2 });
        Assert.Equal(0, ranking.RecallAt(5) + ranking.NdcgAt(5) + ranking.ReciprocalRankAt(5) + ranking.HitAt(5) + ranking.AveragePrecisionAt(5) + ranking.UnjudgedAt(5));
        Assert.Equal(0, ranking.FirstRelevantRank);
    }

    [Theory]
    [InlineData("recall@5", 5)]
    [InlineData("ndcg@10", 10)]
    [InlineData("recall@0", 0)]
    [InlineData("recall@05", 0)]
    [InlineData("recal@5", 0)]
    [InlineData("recall@5x", 0)]
    [InlineData("recall@", 0)]
    [InlineData("margin_mean", 0)]
    public void CutoffOf_Name_IsItsCutoff(string name, int cutoff) => Assert.Equal(cutoff, MetricNames.CutoffOf(name));

    // One document of grade 2, two of grade 1, one not relevant, one that nobody judged; by hand from the definitions.
    [Fact]
    public void GainMeasures_SmallRanking_KnownValues()
    {
        var judged = new Dictionary<string, int>(StringComparer.Ordinal) { ["a"] = 2, ["b"] = 1, ["c"] = 1, ["x"] = 0 };
        var ranking = new JudgedRanking(["b", "x", "a", "u"], judged);
        double log3 = Math.Log2(3);
        // b with nothing wrong above, a with one wrong above, c missing.
        Assert.Equal((1 + (1 / log3)) / 3, GainMeasures.BinaryG(ranking), 12);
        // Ideal gains 2, 1, 1, 0 cost 2, 3, 4: b after a loss of 1, a after a loss of 1.
        Assert.Equal(((1 / log3) + (2 / log3)) / 4, GainMeasures.G(ranking), 12);
        // At b 1 / 2, at a (1 + 2/2) / (2 + 1/log2 3 + 1/2), c as at the end.
        double ideal = 2 + (1 / log3) + .5;
        Assert.Equal((.5 + (2 / ideal) + (2 / ideal)) / 3, GainMeasures.NdcgAtRelevant(ranking), 12);
        // At rank 1, where the ideal falls to 1, and at rank 3, where it falls to 0; rank 4 is the first behind and no point of its own.
        Assert.Equal((.5 + (2 / ideal)) / 2, GainMeasures.NdcgAtLevels(ranking), 12);
        Assert.Equal((.5 + (2 / ideal) + (2 / ideal)) / 3, GainMeasures.NdcgAtLevels(new JudgedRanking(["b", "x", "a", "u", "v"], judged)), 12);
        Assert.Equal(Math.Log((1 + 1 + (2.0 / 3)) / (1 + 3 - 1 - (2.0 / 3))), GainMeasures.SmoothedAveragePrecision(ranking), 12);
    }
}
