using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

public class SkewedMeanTests
{
    [Fact]
    public void Around_SymmetricValues_IsStudents()
    {
        var mean = Of([-3, -1, -1, 0, 1, 1, 3]);
        var (low, high) = SkewedMean.Around(5, mean, .025);
        Assert.Equal(5 - mean.HalfWidth(.025), low, 1e-9);
        Assert.Equal(5 + mean.HalfWidth(.025), high, 1e-9);
    }

    /// <summary>Hall's cubic of the t that each end stands for is the quantile of t; the long side is the upper one.</summary>
    [Fact]
    public void Around_SkewedValues_TurnsHallsCubicBack()
    {
        double[] values = [.1, .1, .2, .2, .3, .4, .5, .8, 1.5, 4];
        double centre = values.Average();
        double[] deviations = [.. values.Select(v => v - centre)];
        var mean = Of(deviations);
        var (low, high) = SkewedMean.Around(centre, mean, .025);
        double n = values.Length;
        double variance = deviations.Sum(d => d * d) / n;
        double skew = deviations.Sum(d => d * d * d) / n / Math.Pow(variance, 1.5) * Math.Sqrt(n * (n - 1)) / (n - 2) / Math.Sqrt(n);
        double Cubic(double end) => (centre - end) / Math.Sqrt(variance / (n - 1)) is var t ? t + (skew * t * t / 3) + (skew * skew * t * t * t / 27) + (skew / 6) : 0;
        Assert.Equal(StudentT.UpperQuantile(.025, n - 1), Cubic(low), 1e-9);
        Assert.Equal(-StudentT.UpperQuantile(.025, n - 1), Cubic(high), 1e-9);
        Assert.True(high - centre > centre - low);
        Assert.Equal((2, 2), SkewedMean.Around(2, Of([0, 0, 0]), .025));
    }

    /// <summary>600 times 30 skewed values, e to the power of a bell: 95 % is 570, three deviations 16; t held it 561 times.</summary>
    [Fact]
    public void Around_ManyDraws_HoldsMoreThanStudents()
    {
        int held = 0;
        int heldByT = 0;
        for (int repeat = 0; repeat < 600; repeat++)
        {
            var random = new SeededRandom(700UL + (ulong)repeat);
            double[] values = [.. Enumerable.Range(0, 30).Select(_ => Math.Exp(.6 * random.Bell()))];
            double truth = Math.Exp(.18);
            double centre = values.Average();
            var mean = Of([.. values.Select(v => v - centre)]);
            var (low, high) = SkewedMean.Around(centre, mean, .025);
            held += low <= truth && truth <= high ? 1 : 0;
            heldByT += Math.Abs(centre - truth) <= mean.HalfWidth(.025) ? 1 : 0;
        }

        Assert.InRange(held, 554, 586);
        Assert.True(held > heldByT, $"{held} against {heldByT}");
    }

    private static ClusteredMean Of(double[] deviations) => ClusteredMean.Of(deviations, [.. Enumerable.Range(0, deviations.Length)]);
}
