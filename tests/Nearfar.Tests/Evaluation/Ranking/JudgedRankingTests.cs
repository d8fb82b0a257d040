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
}
