using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
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
            var result = JointFallTest.Run([new(Values(n, i => -1))], 99_999, 7)[0];
            Assert.Equal(Math.Pow(2, -n), result.P, 0.003);
            Assert.Equal(result.P, result.AdjustedP);
        }
    }

    [Fact]
    public void Run_NothingChanged_IsNeverSignificant() => Assert.Equal(1, JointFallTest.Run([new(Values(50, _ => 0))], 999, 1)[0].AdjustedP);

    [Fact]
    public void Run_Rise_IsNoFall() => Assert.InRange(JointFallTest.Run([new(Values(30, _ => 1))], 999, 1)[0].P, 0.99, 1);

    [Fact]
    public void Run_ManyCohorts_AdjustsUpwardsAndKeepsTheOrder()
    {
        var tests = Enumerable.Range(0, 20).Select(c => new FallTest(Values(40, i => c == 0 ? (i < 12 ? -1 : 0) : (i * 7 % (c + 3)) == 0 ? (i % 2 == 0 ? 1 : -1) : 0, offset: c * 100))).ToArray();
        var results = JointFallTest.Run(tests, 1999, 3);
        Assert.True(results.All(r => r.AdjustedP >= r.P));
        Assert.InRange(results[0].AdjustedP, 0.0005, 0.01);
        Assert.True(results.Skip(1).All(r => r.AdjustedP > 0.05));
        int[] byP = [.. Enumerable.Range(0, 20).Reverse()];
        var reversed = JointFallTest.Run([.. byP.Select(i => tests[i])], 1999, 3);
        Assert.Equal(results, byP.Select((_, place) => reversed[19 - place]));
    }

    [Theory, InlineData(null), InlineData(0.03), InlineData(0.09)]
    public void Run_PlainLoopsOverRows_GiveTheSameProbabilities(double? tolerance)
    {
        // Cohorts overlap, questions share pages: signs by page, in every cohort the same.
        var before = TestReports.Make("old", 300, i => (i * 7 % 10) / 10.0, perCluster: 3);
        var after = TestReports.Make("new", 300, i => ((i * 7 % 10) + (i * 13 % 5 == 0 ? (i % 4) - 2 : 0)) / 10.0, perCluster: 3);
        var pairs = PairedReports.Of(before, after);
        var (square, product) = Rate(pairs.Values("recall@5", _ => true));
        FallTest[] tests = [.. Enumerable.Range(2, 6).Select(m => new FallTest(pairs.Values("recall@5", q => int.Parse(q.Id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % m == 0), new ChangeRate(square, product), tolerance))];
        const int Flips = 333;
        double[] scale = [.. tests.Select(t => Scale(t.Values, square, product))];
        double Sum(int t, int flip) => tests[t].Values.Rows.Select((r, i) => (flip >= 0 && ((SignFlips.Signs(SignFlips.Key(r.Cluster, 5), flip / 32) >> (flip % 32)) & 1) == 1 ? -1 : 1) * tests[t].Values.Differences[i]).Sum();
        double Fall(int t, int flip, bool any) => any || tolerance is null || Sum(t, flip) <= (-tolerance * tests[t].Values.Rows.Count) + 1e-9 ? -Sum(t, flip) / scale[t] : double.NegativeInfinity;
        double[] alone = [.. tests.Select((_, t) => Fall(t, -1, any: true) - 1e-6)];       // equal sums in another order are equal
        double[] observed = [.. tests.Select((_, t) => Fall(t, -1, any: false) - 1e-6)];
        double[][] drawn = [.. tests.Select((_, t) => Enumerable.Range(0, Flips).Select(flip => Fall(t, flip, any: false)).ToArray())];
        var results = JointFallTest.Run(tests, Flips, 5);
        double adjusted = 0;
        int[] order = [.. Enumerable.Range(0, tests.Length).OrderByDescending(t => observed[t])];
        for (int place = 0; place < order.Length; place++)
        {
            int t = order[place];
            adjusted = Math.Max(adjusted, (1.0 + Enumerable.Range(0, Flips).Count(flip => order[place..].Max(o => drawn[o][flip]) >= observed[t])) / (1 + Flips));
            Assert.Equal((1.0 + Enumerable.Range(0, Flips).Count(flip => Fall(t, flip, any: true) >= alone[t])) / (1 + Flips), results[t].P);
            Assert.Equal(adjusted, results[t].AdjustedP);
        }

        Assert.Equal(tolerance is not null, results.Any(r => r.AdjustedP == 1 && r.P < 1));
        Assert.Equal(results, JointFallTest.Run(tests, Flips, 5, threads: 3));
    }

    [Fact]
    public void Run_FallsThatCannotBlock_TakeNoShareOfTheLevel()
    {
        // A hundred large cohorts whose means move by a hundredth at most beside one of 40 that falls by a quarter.
        FallTest[] Tests(double? tolerance) => [.. Enumerable.Range(0, 101).Select(c => new FallTest(c == 0
            ? Values(40, i => i < 10 ? -1 : 0) : Values(400, i => i < 12 ? (i % 2 == 0 ? 1 : -1) : 0, offset: c * 500), null, tolerance))];
        double any = JointFallTest.Run(Tests(null), 9999, 3)[0].AdjustedP;
        var results = JointFallTest.Run(Tests(0.05), 9999, 3);
        Assert.True(any > 5 * results[0].AdjustedP, $"{any} and {results[0].AdjustedP}");
        Assert.Equal(results[0].P, results[0].AdjustedP, 0.0005);
        Assert.All(results.Skip(1), r => Assert.Equal(1, r.AdjustedP));
    }

    // In plain loops over pairs of questions.
    private static (double Square, double Product) Rate(PairedValues all)
    {
        double squares = 0, products = 0;
        int pairs = 0;
        for (int i = 0; i < all.Rows.Count; i++)
        {
            squares += all.Differences[i] * all.Differences[i] / all.Rows.Count;
            for (int j = 0; j < all.Rows.Count; j++)
            {
                if (i != j && all.Rows[i].Cluster == all.Rows[j].Cluster)
                {
                    products += all.Differences[i] * all.Differences[j];
                    pairs++;
                }
            }
        }

        return (squares, products / pairs);
    }

    private static double Scale(PairedValues values, double square, double product)
    {
        double own = 0, expected = 0;
        foreach (var cluster in values.Rows.Select((r, i) => (r.Cluster, D: values.Differences[i])).GroupBy(r => r.Cluster, StringComparer.Ordinal))
        {
            own += Math.Pow(cluster.Sum(r => r.D), 2);
            expected += (cluster.Count() * square) + (cluster.Count() * (cluster.Count() - 1) * product);
        }

        return Math.Sqrt((0.6 * own) + (0.4 * expected));
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
