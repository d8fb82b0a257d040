using Nearfar.Evaluation.Statistics;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

public class PairedExactTests
{
    [Theory, InlineData(3), InlineData(10), InlineData(29)]
    public void Lower_NothingChanged_IsTheLeastWidth(int n) =>
        // Only "no pair lost" is as good: (1 - delta)^n = alpha.
        Assert.Equal(-(1 - Math.Pow(0.05, 1.0 / n)), PairedExact.Lower(0, 0, n, 0.05), 1e-6);

    [Fact]
    public void Lower_AllLostOrAllWon_IsTheBoundOfAShare()
    {
        Assert.Equal(-1, PairedExact.Lower(0, 12, 12, 0.05), 1e-6);
        // All of 12 won: wins^12 = alpha, and whatever does not win loses nothing.
        Assert.InRange(PairedExact.Lower(12, 0, 12, 0.05), (2 * Math.Pow(0.05, 1.0 / 12)) - 1 - 1e-6, Math.Pow(0.05, 1.0 / 12));
    }

    [Fact]
    public void Lower_MoreWonOrFewerLost_NeverFalls()
    {
        const int N = 14;
        for (int won = 0; won < N; won++)
        {
            for (int lost = 1; won + lost < N; lost++)
            {
                double bound = PairedExact.Lower(won, lost, N, 0.025);
                Assert.True(bound <= PairedExact.Lower(won, lost - 1, N, 0.025) + 1e-6, $"{won} won, {lost} lost");
                Assert.True(bound <= (double)(won - lost) / N);
            }
        }
    }

    [Theory, InlineData(5, 0.05), InlineData(10, 0.025), InlineData(20, 0.05)]
    public void Lower_EveryTruth_IsMissedAtMostAtItsLevel(int n, double alpha)
    {
        double worst = 0;
        foreach (var (wins, loses) in Truths())
        {
            worst = Math.Max(worst, Missed(n, wins, loses, (w, l) => PairedExact.Lower(w, l, n, alpha)));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"n {n}: at worst {worst:0.0000} of {alpha}");
        Assert.InRange(worst, alpha / 2, alpha * 1.002);      // not wide without need, and never narrow (the unknown share is searched on a grid)
    }

    [Fact]
    public void Tango_SmallSamples_MissesMoreOftenThanItsLevel()
    {
        double worst = Truths().Max(t => Missed(5, t.Wins, t.Loses, (w, l) => Proportions.Tango(w, l, 5, 0.05).Low));
        Assert.True(worst > 0.06, $"{worst}: then no exact bound is needed");
    }

    private static IEnumerable<(double Wins, double Loses)> Truths() =>
        from wins in Enumerable.Range(0, 21)
        from loses in Enumerable.Range(0, 21 - wins)
        select (wins / 20.0, loses / 20.0);

    // Probability of the tables whose lower bound lies above the truth.
    private static double Missed(int n, double wins, double loses, Func<int, int, double> lower)
    {
        double missed = 0;
        for (int w = 0; w <= n; w++)
        {
            for (int l = 0; w + l <= n; l++)
            {
                double ways = MathNet.Numerics.SpecialFunctions.Binomial(n, w) * MathNet.Numerics.SpecialFunctions.Binomial(n - w, l);
                missed += lower(w, l) > wins - loses + 1e-6 ? ways * Math.Pow(wins, w) * Math.Pow(loses, l) * Math.Pow(Math.Max(0, 1 - wins - loses), n - w - l) : 0;
            }
        }

        return missed;
    }
}
