using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

public class ClusterPermutationTests
{
    private static double[] Values(int n, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, n).Select(_ => (double)random.Bell())];
    }

    private static int[] Starts(IEnumerable<int> sizes)
    {
        var starts = new List<int> { 0 };
        starts.AddRange(sizes.Select((_, i) => sizes.Take(i + 1).Sum()));
        return [.. starts];
    }

    [Fact]
    public void Test_OneQuestionAPage_IsTheStatisticOfThePlainPermutation()
    {
        double[] values = Values(40, 1);
        var permutation = new ClusterPermutation(values, [.. Enumerable.Range(0, 41)], new int[40]);
        int[] members = [0, 3, 5, 17, 18, 30, 39];
        var test = permutation.Test(members);
        double mean = values.Average();
        double sigma = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / 39);
        double t = (mean - members.Average(i => values[i])) / (sigma * Math.Sqrt((1.0 / 7) - (1.0 / 40)));
        Assert.Equal(t, test.Statistic(test.Sum), 1e-6);
        Assert.Equal(7, permutation.ClustersOf(members));
    }

    [Theory]
    [InlineData("10 x 1, 12 x 3, 11 x 4")]                  // every size by itself
    [InlineData("4 x 1, 3 x 2, 2 x 5, 1 x 9, 1 x 20")]      // all pooled
    [InlineData("15 x 2, 2 x 7, 3 x 4, 1 x 1")]             // both
    [InlineData("1 x 6, 12 x 1")]                           // a page that nobody can trade with stays
    public void Draw_ManyTimes_HasTheMomentsOfTest(string sizes)
    {
        int[] each = [.. sizes.Split(", ").SelectMany(s => Enumerable.Repeat(int.Parse(s.Split(" x ")[1], System.Globalization.CultureInfo.InvariantCulture), int.Parse(s.Split(" x ")[0], System.Globalization.CultureInfo.InvariantCulture)))];
        int[] starts = Starts(each);
        double[] values = Values(starts[^1], 7);
        for (int c = 0; c < each.Length; c++)
        {
            for (int i = starts[c]; i < starts[c + 1]; i++)
            {
                values[i] += c % 5 * 0.7;       // pages differ
            }
        }

        var permutation = new ClusterPermutation(values, starts, new int[each.Length]);
        foreach (int step in new[] { 2, 3 })
        {
            int[] members = [.. Enumerable.Range(0, values.Length).Where(i => i % step == 0 || i < 12)];
            var test = permutation.Test(members);
            Assert.Equal(members.Sum(i => values[i]), test.Sum / permutation.Scale, 1e-5);
            const int Draws = 20_000;
            double[] sums = [.. Enumerable.Range(0, Draws).Select(b => Draw(permutation, b)).Select(moved => members.Sum(i => (double)moved[i]))];
            double mean = sums.Average();
            double deviation = Math.Sqrt(sums.Sum(s => (s - mean) * (s - mean)) / (Draws - 1));
            Assert.InRange((mean - test.Expected) / test.Spread, -5 / Math.Sqrt(Draws), 5 / Math.Sqrt(Draws));
            Assert.InRange(deviation / test.Spread, 0.97, 1.03);
        }
    }

    [Fact]
    public void Draw_EqualSizes_MovesWholePagesAndKeepsAllValues()
    {
        int[] starts = Starts(Enumerable.Repeat(3, 12));
        double[] values = [.. Enumerable.Range(0, 36).Select(i => i + 1.0)];
        var permutation = new ClusterPermutation(values, starts, new int[12]);
        int[] moved = Draw(permutation, 1);
        Assert.Equal(permutation.Values.Order(), moved.Order());
        Assert.NotEqual(permutation.Values, moved);
        for (int c = 0; c < 12; c++)
        {
            int[] from = [.. moved[starts[c]..starts[c + 1]].Select(v => Array.IndexOf(permutation.Values, v) / 3).Distinct()];
            Assert.Single(from);
        }
    }

    [Fact]
    public void Draw_Blocks_TradeOnlyAmongThemselves()
    {
        double[] values = [.. Enumerable.Range(0, 40).Select(i => i < 20 ? 1.0 + i : -1.0 - i)];
        var permutation = new ClusterPermutation(values, [.. Enumerable.Range(0, 41)], [.. Enumerable.Range(0, 40).Select(i => i / 20)]);
        int[] moved = Draw(permutation, 2);
        Assert.All(moved[..20], v => Assert.True(v > 0));
        Assert.All(moved[20..], v => Assert.True(v < 0));
    }

    [Fact]
    public void Draw_PooledPages_NeverLeavesTheRangeOf32Bits()
    {
        int[] starts = Starts([1, 1, 2, 3, 500, 40, 7]);
        var permutation = new ClusterPermutation(Values(starts[^1], 3), starts, new int[7]);
        for (int b = 0; b < 50; b++)
        {
            Assert.True(Draw(permutation, b).Sum(v => Math.Abs((long)v)) <= (1 << 30) + starts[^1]);
        }
    }

    [Fact]
    public void Test_NothingVaries_HasNoSpread()
    {
        var permutation = new ClusterPermutation(new double[30], [.. Enumerable.Range(0, 31)], new int[30]);
        Assert.Equal((0.0, 0.0), (permutation.Test([1, 2, 3]).Spread, permutation.Scale));
    }

    [Fact]
    public void PermutedSums_Block_AreTheSumsOfItsDraws()
    {
        int[] starts = Starts([.. Enumerable.Repeat(1, 30), .. Enumerable.Repeat(2, 12), 5, 9]);
        var permutation = new ClusterPermutation(Values(starts[^1], 5), starts, new int[starts.Length - 1]);
        int[][] sets = [[0, 4, 9], [1, 2, 3, 50, 60], [.. Enumerable.Range(10, 40)]];
        int[] bounds = [0, 3, 8, 48];
        int[] sums = new int[sets.Length * StepDown.Lanes];
        new PermutedSums(permutation, bounds, [.. sets.SelectMany(s => s)], 11).Draw(2, StepDown.Lanes, sums);
        for (int lane = 0; lane < StepDown.Lanes; lane++)
        {
            int[] moved = new int[starts[^1]];
            permutation.Draw(PermutedSums.Stream(11, 64 + lane), new int[moved.Length * 2], moved, 1);
            Assert.Equal(sets.Select(s => s.Sum(i => moved[i])), sets.Select((_, t) => sums[(t * StepDown.Lanes) + lane]));
        }
    }

    private static int[] Draw(ClusterPermutation permutation, int number)
    {
        int[] moved = new int[permutation.Values.Length];
        permutation.Draw(SeededRandom.For(4, number, "test"), new int[moved.Length * 2], moved, 1);
        return moved;
    }
}
