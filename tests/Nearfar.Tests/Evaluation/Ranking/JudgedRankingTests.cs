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

    // u was never in the pool, p was in it and not drawn for judging.
    [Fact]
    public void InferredPrecision_SampledPool_KnownValues()
    {
        var judged = new Dictionary<string, int>(StringComparer.Ordinal) { ["a"] = 1, ["c"] = 1, ["d"] = 1, ["w"] = 0, ["p"] = -1 };
        // a at rank 2: 1/2 for itself; nothing above it was pooled. c at rank 5: 1/5, and 4/5 of the three pooled of the four above, half of whose judged are right.
        Assert.Equal((.5 + (.2 + (.8 * .75 * .5))) / 3, InferredPrecision.At(new JudgedRanking(["u", "a", "p", "w", "c"], judged)), 12);
        Assert.Equal(1.0 / 3, InferredPrecision.At(new JudgedRanking(["a"], judged)), 15);
        Assert.Equal(0, InferredPrecision.At(new JudgedRanking(["w", "u", "p"], judged)));
        Assert.Equal(0, InferredPrecision.At(new JudgedRanking(["a"], judged, level: 2)));
        // Everything ranked was judged: it is average precision, but for the 0.00001.
        var whole = new JudgedRanking(["a", "w", "c", "d"], judged);
        Assert.Equal(whole.AveragePrecisionAt(int.MaxValue), InferredPrecision.At(whole), 4);
    }

    [Theory, InlineData(5, 1), InlineData(-2, 0)]
    public void RankBiasedPrecision_OneGainOutsideItsRange_IsTheNearerEnd(double gain, double moved) =>
        Assert.Equal(.1 * moved, RankBiasedPrecision.Of(new JudgedRanking(["a"], new Dictionary<string, int> { ["a"] = 0 }), .9, new Dictionary<int, double> { [0] = gain }), 15);

    [Fact]
    public void RankBiasedPrecision_SmallRanking_KnownValues()
    {
        var none = new Dictionary<int, double>();
        var judged = new Dictionary<string, int>(StringComparer.Ordinal) { ["a"] = 2, ["b"] = 1, ["x"] = 0, ["p"] = -1 };
        var ranking = new JudgedRanking(["b", "x", "a", "u"], judged);
        // Grades 0 to 2 become gains 0, 1/2, 1.
        Assert.Equal(.1 * (.5 + .81), RankBiasedPrecision.Of(ranking, .9, none), 15);
        Assert.Equal(.5 * (.5 + .25), RankBiasedPrecision.Of(ranking, .5, none), 15);
        // Gains within 0 to 1 stay as they are; a negative one moves all of them.
        Assert.Equal(.1 * (.25 + .81), RankBiasedPrecision.Of(ranking, .9, new Dictionary<int, double> { [1] = .25, [2] = 1 }), 15);
        Assert.Equal(.1 * (1 + (.9 * .5) + (.81 * .75)), RankBiasedPrecision.Of(ranking, .9, new Dictionary<int, double> { [0] = 0, [1] = 2, [2] = 1, [3] = -2 }), 15);
        // Everything right for ever, all of it judged.
        Assert.Equal(1 - Math.Pow(.9, 3), RankBiasedPrecision.Of(new JudgedRanking(["a", "b", "c"], new Dictionary<string, int> { ["a"] = 1, ["b"] = 1, ["c"] = 1 }), .9, none), 15);
        // Unjudged at rank 4 and whatever stands behind it; pooled and not judged counts alike; 0 when all is judged.
        Assert.Equal((.1 * Math.Pow(.9, 3)) + Math.Pow(.9, 4), RankBiasedPrecision.Residual(ranking, .9), 15);
        Assert.Equal(.5 + .5, RankBiasedPrecision.Residual(new JudgedRanking(["p"], judged), .5), 15);
        Assert.Equal(0, RankBiasedPrecision.Residual(new JudgedRanking(["a", "x"], judged), .9));
    }
}
