using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
using Nearfar.Evaluation.Tasks;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

public class AreaIntervalTests
{
    /// <summary>All pairs in order: the lower end lies 1.96 of its own errors under 1, by Newcombe's variance of 12 and 8 scores.</summary>
    [Fact]
    public void Auc_AllInOrder_EndsAtNewcombesBound()
    {
        var area = PairClassification.Auc(Pairs(12, 8, i => i < 12 ? 10 + i : i - 12));
        Assert.Equal((1, 1), (area.Value, area.High));
        double a = area.Low!.Value;
        double variance = a * (1 - a) / 96 * (1 + (9 * (((1 - a) / (2 - a)) + (a / (1 + a)))));
        Assert.Equal(Normal.UpperQuantile(.025), (1 - a) / Math.Sqrt(variance), 1e-9);
    }

    [Fact]
    public void Auc_SimilaritiesTurnedRound_TurnsTheEnds()
    {
        var random = new SeededRandom(4);
        double[] similarities = [.. Enumerable.Range(0, 40).Select(i => random.Bell() + (i < 15 ? 1.5 : 0))];
        var area = PairClassification.Auc(Pairs(15, 25, i => similarities[i]));
        var turned = PairClassification.Auc(Pairs(15, 25, i => -similarities[i]));
        Assert.Equal(1 - area.Value, turned.Value, 1e-12);
        Assert.Equal(1 - area.High!.Value, turned.Low!.Value, 1e-9);
        Assert.Equal(1 - area.Low!.Value, turned.High!.Value, 1e-9);
        Assert.True(area.Low < area.Value && area.Value < area.High);
    }

    /// <summary>400 times 30 pairs of each kind, true area .95: 95 % of 400 is 380, three deviations 13. DeLong's held it 354 times.</summary>
    [Fact]
    public void Auc_NearOne_HoldsTheTruth()
    {
        int held = 0;
        for (int repeat = 0; repeat < 400; repeat++)
        {
            var random = new SeededRandom(100UL + (ulong)repeat);
            var area = PairClassification.Auc(Pairs(30, 30, i => random.Bell() + (i < 30 ? 2.3262 : 0)));      // 1.6449 √2
            held += area.Low <= .95 && .95 <= area.High ? 1 : 0;
        }

        Assert.InRange(held, 367, 393);
    }

    private static ScoredPairs Pairs(int positives, int negatives, Func<int, double> similarity) =>
        new([.. Enumerable.Range(0, positives + negatives).Select(similarity)], [.. Enumerable.Range(0, positives + negatives).Select(i => i < positives)]);
}
