using Nearfar.Evaluation.Statistics;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

public sealed class ShareIntervalTests
{
    // Of those printed without a mark, none at 30, and of all, of which at few questions no interval holds some shares between 93.5 and 97.
    [Theory]
    [InlineData(30, 93.4, 99.1)]
    [InlineData(36, 93.4, 99.1)]
    [InlineData(50, 93.3, 98.5)]
    [InlineData(73, 93.4, 98.5)]
    [InlineData(100, 93.5, 98.2)]
    [InlineData(161, 93.5, 97.6)]
    [InlineData(300, 93.5, 97)]
    [InlineData(2000, 93.5, 97)]
    public void Of_EveryShare_HoldsTheTruthAsOftenAsItSays(int n, double least, double most)
    {
        var intervals = Enumerable.Range(0, n + 1).Select(x => ShareInterval.Of(x, n)).ToArray();
        double wilsonLeast = 100;
        foreach (double share in Enumerable.Range(0, 480).Select(i => .0203 + (i * .001)))
        {
            double[] likely = Binomials(n, share);
            double Coverage(Func<int, bool> counts, Func<int, (double Low, double High)> interval)
            {
                double all = Enumerable.Range(0, n + 1).Where(counts).Sum(x => likely[x]);
                double held = Enumerable.Range(0, n + 1).Where(x => counts(x) && interval(x).Low <= share && share <= interval(x).High).Sum(x => likely[x]);
                return all >= .5 ? 100 * held / all : double.NaN;
            }

            bool IsClear(int x) => n >= MeanBounds.EnoughForShare && Math.Min(x, n - x) >= MeanBounds.EnoughEvents;
            double unmarked = Coverage(IsClear, x => intervals[x]);
            Assert.True(double.IsNaN(unmarked) || unmarked is >= 93.5 and <= 97, $"{unmarked} at {share}");
            Assert.InRange(Coverage(_ => true, x => intervals[x]), least, most);
            wilsonLeast = Math.Min(wilsonLeast, Coverage(IsClear, x => Proportions.Wilson(x, n, .025)));
        }

        Assert.True(double.IsNaN(wilsonLeast) || n > 500 || wilsonLeast < 93.4, $"Wilson's holds {wilsonLeast} at least: what is this for?");
    }

    [Fact]
    public void Of_AnyCount_HoldsItsEstimate_RisesAndMirrors()
    {
        foreach (int n in new[] { 30, 31, 59, 100, 159, 160, 161, 1000 })
        {
            var intervals = Enumerable.Range(0, n + 1).Select(x => ShareInterval.Of(x, n)).ToArray();
            for (int x = 0; x <= n; x++)
            {
                var (low, high) = intervals[x];
                Assert.InRange((double)x / n, low, high);
                Assert.InRange(low, 0, 1);
                Assert.InRange(high, 0, 1);
                Assert.True(x == 0 || (low >= intervals[x - 1].Low && high >= intervals[x - 1].High), $"{x} of {n}");
                var mirrored = intervals[n - x];
                Assert.Equal(1 - high, mirrored.Low, 1e-12);
                Assert.Equal(1 - low, mirrored.High, 1e-12);
            }

            Assert.Equal(0, intervals[0].Low);
            Assert.Equal(1, intervals[n].High);
        }
    }

    // A mean square of half a question: what is chosen differs from Wilson's by steps of counts, not by its nature.
    [Theory]
    [InlineData(60)]
    [InlineData(150)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void Of_StaysBesideWilson(int n)
    {
        foreach (int x in new[] { 10, 12, 17, 25, 30, 79, 80, 81, 100, n / 2 }.Where(x => x <= n))
        {
            var (low, high) = ShareInterval.Of(x, n);
            var wilson = Proportions.Wilson(x, n, .025);
            Assert.InRange(low, wilson.Low - (1.2 / n), wilson.Low + (1.2 / n));
            Assert.InRange(high, wilson.High - (1.2 / n), wilson.High + (1.2 / n));
        }
    }

    [Fact]
    public void Of_BelowThirty_IsWilson_AndRefusesNonsense()
    {
        Assert.Equal(Proportions.Wilson(7, 29, .025), ShareInterval.Of(7, 29));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShareInterval.Of(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShareInterval.Of(-1, 40));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShareInterval.Of(41, 40));
    }

    // A question a document: by counts. Several a document: by the score and its design effect.
    [Fact]
    public void Describe_IndependentShares_AreThese_OthersTheScore()
    {
        double[] values = [.. Enumerable.Range(0, 60).Select(i => i % 4 == 0 ? 1.0 : 0)];
        var single = ClusteredMean.Of(values, [.. Enumerable.Range(0, 60)]);
        Assert.Equal(ShareInterval.Of(15, 60), MeanBounds.Describe("recall@5", values, single, .025));
        var paired = ClusteredMean.Of(values, [.. Enumerable.Range(0, 60).Select(i => i / 2)]);
        Assert.NotEqual(ShareInterval.Of(15, 60), MeanBounds.Describe("recall@5", values, paired, .025));
        Assert.Equal(Proportions.Wilson(15, 60, .05).Low, MeanBounds.Describe("recall@5", values, single, .05)!.Value.Low, 1e-9);
    }

    internal static double[] Binomials(int n, double share)
    {
        double[] logs = new double[n + 1];
        double log = n * Math.Log(1 - share);
        for (int x = 0; x <= n; x++)
        {
            logs[x] = Math.Exp(log);
            log += Math.Log((n - x) / (x + 1.0) * share / (1 - share));
        }

        return logs;
    }
}
