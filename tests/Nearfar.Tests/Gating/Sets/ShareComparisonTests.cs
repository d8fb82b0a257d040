using Nearfar.Gating.Sets;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Gating.Sets;

public sealed class ShareComparisonTests
{
    [Fact]
    public void Of_KnownCounts_GivesEffectIntervalAndUnknowns()
    {
        var shares = ShareComparison.Of("intent", Values(("a", 56), ("b", 14), ("(unknown)", 3)), Values(("a", 48), ("b", 32)), seed: 1)!;
        Assert.Equal(0.2, shares.Moved, 1e-12);
        Assert.Equal((70, 73, 80, 80), (shares.GateKnown, shares.Gate, shares.TrafficKnown, shares.Traffic));
        var a = shares.Values.Single(v => v.Value == "a");

        // 56/70 against 48/80: the worked example of Newcombe 1998, table II (a), method 10: .2 (.0524 to .3339).
        Assert.Equal(-0.2, a.Difference, 1e-12);
        Assert.Equal(-0.3339, a.Low, 5e-5);
        Assert.Equal(-0.0524, a.High, 5e-5);
        Assert.InRange(shares.P, 0.005, 0.02);      // Fisher's exact two-sided p is .0085, permuting counts alike
    }

    [Theory, InlineData(4, 5, true), InlineData(5, 5, false), InlineData(40, 51, true), InlineData(40, 50, false)]
    public void Difference_FewHaveTheValueOrLackIt_SaysSo(int gate, int traffic, bool few) =>
        Assert.Equal(few, ShareComparison.Difference("a", gate, 40, traffic, 60).FewCases);

    [Fact]
    public void Of_ManyValuesAndFewQuestions_ChanceExplainsALargeMove()
    {
        var random = new SeededRandom(3);
        string[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => $"v{random.Below(30)}")];
        var shares = ShareComparison.Of("intent", Draw(40), Draw(60), 1)!;
        Assert.True(shares.Moved > 0.2);
        Assert.Equal(shares.Moved, shares.MovedByChance, 0.1);
        Assert.True(shares.P > 0.05);
    }

    [Fact]
    public void P_OneSource_FallsBelowFivePercentFivePercentOfTheTime()
    {
        var random = new SeededRandom(11);
        int below = 0;
        for (int round = 0; round < 400; round++)
        {
            string[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Uniform() < 0.6 ? "x" : $"v{random.Below(4)}")];
            below += ShareComparison.Of("a", Draw(80), Draw(300), (ulong)round)!.P <= 0.05 ? 1 : 0;
        }

        Assert.InRange(below, 8, 34);       // 20 expected, deviation 4.4
    }

    [Fact]
    public void Of_OneSideKnowsNothing_IsNull() => Assert.Null(ShareComparison.Of("a", ["x"], ["(unknown)"], 1));

    [Fact]
    public void Holm_KnownValues_AreAdjustedAndMonotone() =>
        Assert.Equal([0.03, 0.06, 0.06, 0.02], ShareComparison.Holm([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 12)));

    private static string[] Values(params (string Value, int Count)[] counts) => [.. counts.SelectMany(c => Enumerable.Repeat(c.Value, c.Count))];
}
