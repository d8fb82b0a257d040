using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

public class StepDownTests
{
    private readonly record struct Set(ulong[] Keys, int[] Starts, int[] Units, int[] Values)
    {
        public StepDown.Test[] Tests()
        {
            var tests = new StepDown.Test[Starts.Length - 1];
            for (int t = 0; t < tests.Length; t++)
            {
                int[] own = Values[Starts[t]..Starts[t + 1]];
                tests[t] = new(own.Sum(), 0, Math.Sqrt(own.Sum(v => (double)v * v)), own.Length, t % 3 == 2 ? -1500 : int.MaxValue);
            }

            return tests;
        }
    }

    private static Set Draw(ulong seed, int units, int tests)
    {
        var random = new SeededRandom(seed);
        var (starts, of, values) = (new List<int> { 0 }, new List<int>(), new List<int>());
        for (int t = 0; t < tests; t++)
        {
            for (int u = 0; u < units; u++)
            {
                if (random.Below(3) == 0)
                {
                    of.Add(u);
                    values.Add(random.Below(2001) - 1000 - (t == 0 ? 900 : 0));
                }
            }

            starts.Add(of.Count);
        }

        return new([.. Enumerable.Range(0, units).Select(u => SignFlips.Key($"page-{u}", seed))], [.. starts], [.. of], [.. values]);
    }

    [Theory, InlineData(31), InlineData(32), InlineData(499)]
    public void Run_SignFlips_IsThePlainLoopBitForBit(int resamples)
    {
        var set = Draw(3, 60, 12);
        var tests = set.Tests();
        var result = StepDown.Run(tests, resamples, () => new SignFlips(set.Keys, set.Starts, set.Units, set.Values), 1);
        double[] limits = [.. tests.Select(t => (t.Expected - (t.Sum + t.Tolerance)) * (1 / t.Spread))];
        double[] among = [.. tests.Select((t, i) => t.Sum <= t.Reach ? limits[i] : double.NegativeInfinity)];      // every third test wants a sum of -1500
        int[] descending = [.. Enumerable.Range(0, tests.Length).OrderByDescending(t => among[t])];
        int[] alone = new int[tests.Length];
        int[] joint = new int[tests.Length];
        double[] greatest = new double[resamples];
        for (int b = 0; b < resamples; b++)
        {
            double[] statistic = new double[tests.Length];
            double[] finding = new double[tests.Length];
            for (int t = 0; t < tests.Length; t++)
            {
                long sum = 0;
                for (int i = set.Starts[t]; i < set.Starts[t + 1]; i++)
                {
                    bool flips = ((SignFlips.Signs(set.Keys[set.Units[i]], b / 32) >> (b % 32)) & 1) == 1;
                    sum += flips ? -set.Values[i] : set.Values[i];
                }

                statistic[t] = -sum * (1 / tests[t].Spread);
                finding[t] = sum <= tests[t].Reach ? statistic[t] : double.NegativeInfinity;
            }

            greatest[b] = finding.Max();
            for (int place = 0; place < descending.Length; place++)
            {
                int t = descending[place];
                alone[t] += statistic[t] >= limits[t] ? 1 : 0;
                joint[t] += descending[place..].Max(other => finding[other]) >= among[t] ? 1 : 0;
            }
        }

        double least = 0;
        foreach (int t in descending)
        {
            least = Math.Max(least, (1.0 + joint[t]) / (1 + resamples));
            Assert.Equal((1.0 + alone[t]) / (1 + resamples), result.P[t]);
            Assert.Equal(least, result.Adjusted[t]);
        }

        Assert.Equal(greatest, result.Greatest);
        Assert.True(result.Adjusted[0] < 0.2 && result.Adjusted.Max() > 0.3);      // the planted one is seen, and not everything is
    }

    [Fact]
    public void Run_AnyNumberOfThreads_GivesTheSameBits()
    {
        var set = Draw(5, 200, 40);
        var one = StepDown.Run(set.Tests(), 1999, () => new SignFlips(set.Keys, set.Starts, set.Units, set.Values), 1);
        foreach (int threads in new[] { 2, 5 })
        {
            var many = StepDown.Run(set.Tests(), 1999, () => new SignFlips(set.Keys, set.Starts, set.Units, set.Values), threads);
            Assert.Equal((one.P, one.Adjusted, one.Greatest), (many.P, many.Adjusted, many.Greatest), (a, b) => a.P.SequenceEqual(b.P) && a.Adjusted.SequenceEqual(b.Adjusted) && a.Greatest.SequenceEqual(b.Greatest));
        }
    }

    [Fact]
    public void Run_LargestSums_DoNotOverflow()
    {
        // All of 2^30 on one unit: flipped or not, the sum is exactly plus or minus that.
        const int Whole = 1 << 30;
        ulong[] keys = [SignFlips.Key("a", 1)];
        var result = StepDown.Run([new(-Whole, 0, Whole)], 3200, () => new SignFlips(keys, [0, 1], [0], [-Whole]), 1);
        Assert.All(result.Greatest, g => Assert.Equal(1, Math.Abs(g)));
        Assert.InRange(result.P[0], 0.47, 0.53);
    }

    [Fact]
    public void Run_NoTest_GivesNothing() =>
        Assert.Empty(StepDown.Run([], 99, () => new SignFlips([], [0], [], []), 2).P);

    [Fact]
    public void Signs_ManyUnits_AreEvenAndIndependent()
    {
        // Share of set bits, and of equal bits between units and between neighbouring blocks: within 5 standard errors of a half.
        ulong[] keys = [.. Enumerable.Range(0, 400).Select(i => SignFlips.Key($"page-{i}", 9))];
        double Share(Func<int, uint> bits) => Enumerable.Range(0, 399).Sum(i => (double)System.Numerics.BitOperations.PopCount(bits(i))) / (399 * 32);
        double error = 5 * 0.5 / Math.Sqrt(399 * 32);
        Assert.InRange(Share(i => SignFlips.Signs(keys[i], 0)), 0.5 - error, 0.5 + error);
        Assert.InRange(Share(i => SignFlips.Signs(keys[i], 0) ^ SignFlips.Signs(keys[i + 1], 0)), 0.5 - error, 0.5 + error);
        Assert.InRange(Share(i => SignFlips.Signs(keys[i], 0) ^ SignFlips.Signs(keys[i], 1)), 0.5 - error, 0.5 + error);
    }
}
