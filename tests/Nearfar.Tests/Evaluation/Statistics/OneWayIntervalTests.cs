using Nearfar.Evaluation.Statistics;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

public sealed class OneWayIntervalTests
{
    // Where most sets go unmarked: those, and all. Tango's interval misses it, or this would be for nothing.
    [Theory]
    [InlineData(50)]
    [InlineData(73)]
    [InlineData(90)]
    [InlineData(125)]
    [InlineData(300)]
    [InlineData(1500)]
    public void Of_EveryShare_HoldsTheTruthAsOftenAsItSays(int n)
    {
        var (least, most, leastOfAll, mostOfAll, mostOfTango) = (100.0, 0.0, 100.0, 0.0, 0.0);
        var chosen = Enumerable.Range(1, n).Select(x => OneWayInterval.Of(x, n)).ToArray();
        var tango = Enumerable.Range(1, n).Select(x => Proportions.Tango(x, 0, n, .025)).ToArray();
        for (double expected = 14.2; expected < Math.Min(45, n / 2.0); expected += .1)
        {
            double share = expected / n;
            double[] likely = ShareIntervalTests.Binomials(n, share);
            double unmarked = likely[MeanBounds.EnoughChanges..].Sum();
            double Held(int from, (double Low, double High)[] intervals) => 100 * Enumerable.Range(from, n + 1 - from).Where(x => intervals[x - 1].Low <= share && share <= intervals[x - 1].High).Sum(x => likely[x]);
            double clear = Held(MeanBounds.EnoughChanges, chosen) / unmarked, all = Held(1, chosen) / (1 - likely[0]);
            (least, most, leastOfAll, mostOfAll) = (Math.Min(least, clear), Math.Max(most, clear), Math.Min(leastOfAll, all), Math.Max(mostOfAll, all));
            mostOfTango = Math.Max(mostOfTango, Held(MeanBounds.EnoughChanges, tango) / unmarked);
        }

        Assert.InRange(least, 93.3, 97.0);
        Assert.InRange(most, 93.5, 97.0);
        Assert.InRange(leastOfAll, 93.3, 97.0);
        Assert.InRange(mostOfAll, 93.5, 97.1);
        Assert.True(mostOfTango > 97.2);
    }

    [Fact]
    public void Of_MoreChanges_BothEndsRiseAndHoldTheShare()
    {
        foreach (int n in Enumerable.Range(30, 371).Append(5000))
        {
            (double Near, double Far) before = (-1, 0);       // of a single change the near end lies on the other side
            for (int changed = 1; changed <= Math.Min(n, 60); changed++)
            {
                var interval = OneWayInterval.Of(changed, n);
                Assert.InRange((double)changed / n, interval.Near, interval.Far);
                Assert.True(interval.Near >= before.Near && interval.Far >= before.Far, $"{changed} of {n}: {interval} after {before}");
                before = interval;
            }

        }
    }

    [Fact]
    public void Of_ManyChanges_IsTangos()
    {
        foreach (var (changed, n) in new[] { (60, 100), (90, 300), (400, 5000) })
        {
            Assert.Equal(Proportions.Tango(changed, 0, n, .025), OneWayInterval.Of(changed, n));
        }
    }

    // 3 % in plain sums over what 27 of 73 could have been.
    [Fact]
    public void Of_FewestUnmarked_IsMissedAsOftenAsWanted()
    {
        double near = OneWayInterval.Of(27, 73).Near;
        double[] likely = ShareIntervalTests.Binomials(73, near);
        Assert.True(near > Proportions.Tango(27, 0, 73, .025).Low);
        Assert.Equal(.0301, likely[28..].Sum() / likely[13..].Sum(), 1e-9);
    }

    [Fact]
    public void DescribePaired_OneWay_MirrorsWithItsSign_AndIsTangoElsewhere()
    {
        double[] lost = [.. Enumerable.Range(0, 73).Select(i => i < 27 ? -1.0 : 0)];
        (double Low, double High)? Of(double[] differences, int perDocument = 1, double largest = 1) =>
            MeanBounds.DescribePaired("recall@5", differences, ClusteredMean.Of(differences, [.. differences.Select((_, i) => i / perDocument)]), .025, largest);
        var (near, far) = OneWayInterval.Of(27, 73);
        Assert.Equal((-far, -near), Of(lost));
        Assert.Equal((near, far), Of([.. lost.Select(d => -d)]));
        Assert.Equal(OneWayInterval.Of(1, 30), Of([1, .. new double[29]]));
        Assert.Equal(1, OneWayInterval.Of(73, 73).Far);
        lost[^1] = 1;
        IsScore(lost);                       // one the other way
        lost[^1] = -.5;
        IsScore(lost);                       // another step
        lost[^1] = 0;
        IsScore(lost, largest: 2);           // a trend
        IsScore(lost[..29]);                 // too few questions to tell
        IsScore(new double[73]);             // no change at all
        Assert.NotEqual((-far, -near), Of(lost, perDocument: 2));

        void IsScore(double[] differences, double largest = 1)
        {
            var (low, high) = ScoreInterval.Of(differences, -largest, largest, 1, Normal.UpperQuantile(.025));
            Assert.Equal(low, Of(differences, largest: largest)!.Value.Low, 1e-12);
            Assert.Equal(high, Of(differences, largest: largest)!.Value.High, 1e-12);
        }
    }
}
