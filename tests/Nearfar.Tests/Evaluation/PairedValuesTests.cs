using Nearfar.Evaluation;
using Xunit;

namespace Nearfar.Tests.Evaluation;

public sealed class PairedValuesTests
{
    [Theory]
    [InlineData(12, 1, 1, true)]
    [InlineData(13, 1, 1, false)]
    [InlineData(36, 3, 1, true)]          // 36 questions of twelve documents
    [InlineData(37, 3, 1, false)]         // thirteen
    [InlineData(12, 1, .5, true)]
    [InlineData(13, 1, .5, false)]
    [InlineData(0, 1, 1, true)]
    public void Change_FewChanges_CountsDocumentsWhoseValuesChanged(int changed, int perCluster, double by, bool few) =>
        Assert.Equal(few, Make(60, i => i < changed ? by : 0, perCluster).Change().FewChanges);

    [Fact]
    public void Change_WithoutInterval_RestsOnNothing()
    {
        var change = Make(2, _ => 1).Change();
        Assert.Null(change.Low);
        Assert.False(change.FewChanges);
    }

    // Exact: every table of won and lost with its probability. Where intervals with few changes hold too often, they are marked.
    [Theory]
    [InlineData(30, .10, .1)]
    [InlineData(100, .03, .1)]
    public void Change_FewExpected_HoldsTooOften_AndIsMarked(int n, double changes, double fall)
    {
        var (all, _, usual) = Coverage(n, changes, fall);
        Assert.True(all > .97 && usual < .2, $"{all}, {usual}");
    }

    [Theory]
    [InlineData(50, .15, .1)]
    [InlineData(100, .08, .1)]
    public void Change_FewExpected_UnmarkedIntervalsHoldTheirLevel(int n, double changes, double fall)
    {
        var (all, unmarked, usual) = Coverage(n, changes, fall);
        Assert.True(usual < .2, $"{all}, {usual}");
        Assert.InRange(unmarked, .935, .97);
    }

    [Theory]
    [InlineData(50, .32, 0)]
    [InlineData(73, .22, .5)]
    public void Change_SomeExpected_UnmarkedIntervalsHoldTheirLevel(int n, double changes, double fall)
    {
        var (_, unmarked, usual) = Coverage(n, changes, fall);
        Assert.InRange(unmarked, .935, .97);
        Assert.InRange(usual, .8, .95);         // marked now and then
    }

    // Coverage of all and of the unmarked, and the share of those.
    private static (double All, double Unmarked, double Usual) Coverage(int n, double changes, double fall)
    {
        double wins = changes * (1 - fall) / 2, loses = changes * (1 + fall) / 2;
        double all = 0, held = 0, usual = 0, sum = 0;
        for (int won = 0; won <= 45; won++)
        {
            for (int lost = 0; won + lost <= n && lost <= 45; lost++)
            {
                double p = MathNet.Numerics.SpecialFunctions.Binomial(n, won) * MathNet.Numerics.SpecialFunctions.Binomial(n - won, lost)
                    * Math.Pow(wins, won) * Math.Pow(loses, lost) * Math.Pow(1 - changes, n - won - lost);
                var change = Make(n, i => i < won ? 1 : i < won + lost ? -1 : 0).Change();
                double holds = change.Low <= wins - loses && wins - loses <= change.High ? p : 0;
                (sum, all) = (sum + p, all + holds);
                (usual, held) = change.FewChanges ? (usual, held) : (usual + p, held + holds);
            }
        }

        Assert.Equal(1, sum, 1e-6);
        return (all, held / usual, usual);
    }

    private static PairedValues Make(int n, Func<int, double> difference, int perCluster = 1)
    {
        double[] before = [.. Enumerable.Range(0, n).Select(i => difference(i) < 0 ? 1.0 : 0)];
        return new PairedValues("recall@5", [], before, [.. before.Select((b, i) => b + difference(i))]) { Clusters = [.. Enumerable.Range(0, n).Select(i => i / perCluster)] };
    }
}
