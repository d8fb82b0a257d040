using Nearfar.Evaluation;
using Nearfar.Gating;
using Xunit;

namespace Nearfar.Tests.Gating;

public class JointFallTestTests
{
    [Fact]
    public void Run_FourFalls_GivesTheExactSignFlipProbability()
    {
        // All of n clusters fall alike: only the flip that changes nothing reaches the observed sum, p = 2^-n.
        foreach (int n in new[] { 3, 5 })
        {
            var result = JointFallTest.Run([Values(n, i => -1)], 99_999, 7)[0];
            Assert.Equal(Math.Pow(2, -n), result.P, 0.003);
            Assert.Equal(result.P, result.AdjustedP);
        }
    }

    [Fact]
    public void Run_NothingChanged_IsNeverSignificant() => Assert.Equal(1, JointFallTest.Run([Values(50, _ => 0)], 999, 1)[0].AdjustedP);

    [Fact]
    public void Run_Rise_IsNoFall() => Assert.InRange(JointFallTest.Run([Values(30, _ => 1)], 999, 1)[0].P, 0.99, 1);

    [Fact]
    public void Run_ManyCohorts_AdjustsUpwardsAndKeepsTheOrder()
    {
        var tests = Enumerable.Range(0, 20).Select(c => Values(40, i => c == 0 ? (i < 12 ? -1 : 0) : (i * 7 % (c + 3)) == 0 ? (i % 2 == 0 ? 1 : -1) : 0, offset: c * 100)).ToArray();
        var results = JointFallTest.Run(tests, 1999, 3);
        Assert.True(results.All(r => r.AdjustedP >= r.P));
        Assert.InRange(results[0].AdjustedP, 0.0005, 0.01);
        Assert.True(results.Skip(1).All(r => r.AdjustedP > 0.05));
        int[] byP = [.. Enumerable.Range(0, 20).Reverse()];
        var reversed = JointFallTest.Run([.. byP.Select(i => tests[i])], 1999, 3);
        Assert.Equal(results, byP.Select((_, place) => reversed[19 - place]));
    }

    [Fact]
    public void FalseDiscovery_KnownList_IsBenjaminiHochberg()
    {
        // Step-up: the third passes .1 * 3 / 5 although the second alone would not pass .04.
        Assert.Equal([true, true, true, false, false], JointFallTest.FalseDiscovery([0.01, 0.045, 0.055, 0.2, 0.9], 0.1));
        Assert.Equal([false, false], JointFallTest.FalseDiscovery([0.2, 0.9], 0.1));
        Assert.Empty(JointFallTest.FalseDiscovery([], 0.1));
    }

    private static PairedValues Values(int n, Func<int, double> difference, int offset = 0)
    {
        var before = TestReports.Make("old", n + offset, _ => 0.5);
        var after = TestReports.Make("new", n + offset, i => i < offset ? 0.5 : 0.5 + (difference(i - offset) / 2));
        return PairedReports.Of(before, after).Values("recall@5", q => string.CompareOrdinal(q.Id, $"q{offset:00000}") >= 0);
    }
}
