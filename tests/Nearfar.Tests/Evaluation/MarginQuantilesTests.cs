using Nearfar.Evaluation;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation;

public class MarginQuantilesTests
{
    /// <summary>Hutson 1999, the two floods: medians of 59 and of 37 years lie between these shares of n + 1, which he solved for to four digits.</summary>
    [Theory, InlineData(59, .3750191), InlineData(37, .3441421)]
    public void Of_Median_EndsAtHutsonsFractionalRanks(int n, double share)
    {
        var median = Of([.. Enumerable.Range(1, n).Select(i => (double)i)], .5);
        Assert.Equal(share * (n + 1), median.Low!.Value, 2e-3);
        Assert.Equal((1 - share) * (n + 1), median.High!.Value, 2e-3);
    }

    /// <summary>.95^n is above .025 up to 71: so often all of n lie above the quantile.</summary>
    [Theory, InlineData(30, false), InlineData(71, false), InlineData(72, true)]
    public void Of_FewValues_HasNoLowerEndOfTheTail(int n, bool bounded)
    {
        double[] values = [.. Enumerable.Range(1, n).Select(i => (double)i)];
        var tail = Of(values, .05);
        Assert.Equal(bounded, tail.Low is not null);
        Assert.NotNull(tail.High);
        var mirrored = Of([.. values.Select(v => -v)], .95);
        Assert.Equal(bounded, mirrored.High is not null);
        Assert.Equal(-tail.High!.Value, mirrored.Low!.Value, 1e-9);
    }

    /// <summary>400 times 50 values; 95 % of 400 is 380, three deviations 13. Whole ranks held the median 390 times.</summary>
    [Theory, InlineData(.1), InlineData(.5)]
    public void Of_ManyDraws_HoldsTheQuantile(double p)
    {
        int held = 0;
        for (int repeat = 0; repeat < 400; repeat++)
        {
            var random = new SeededRandom(300UL + (ulong)repeat);
            var quantile = Of([.. Enumerable.Range(0, 50).Select(_ => random.Uniform())], p);
            held += quantile.Low <= p && p <= quantile.High ? 1 : 0;
        }

        Assert.InRange(held, 367, 393);
    }

    /// <summary>30 questions of 14 pages, alike by one half: 95 % of 4,000 is 3,800, two deviations 28. Without what 14 pages do not know of their likeness it is 3,768.</summary>
    [Fact]
    public void Of_FewPages_HoldsTheMedian()
    {
        int held = 0;
        for (int repeat = 0; repeat < 4000; repeat++)
        {
            var random = new SeededRandom(700UL + (ulong)repeat);
            double Bell() => Enumerable.Range(0, 12).Sum(_ => random.Uniform()) - 6;
            double[] own = [.. Enumerable.Range(0, 14).Select(_ => Bell())];
            int[] pages = [.. Enumerable.Range(0, 30).Select(i => i * 14 / 30)];
            var median = MarginQuantiles.Of([.. pages.Select(p => own[p] + Bell())], pages, .5);
            held += median.Low <= 0 && 0 <= median.High ? 1 : 0;
        }

        Assert.InRange(held, 3772, 3828);
    }

    private static Estimate Of(double[] values, double p) => MarginQuantiles.Of(values, [.. Enumerable.Range(0, values.Length)], p);
}
