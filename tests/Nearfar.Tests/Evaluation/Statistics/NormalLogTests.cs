using Nearfar.Evaluation.Statistics;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

/// <summary>Expected values: mpmath 1.3.0 at 50 digits.</summary>
public class NormalLogTests
{
    [Theory]
    [InlineData(0, -0.69314718055994530942)]
    [InlineData(1, -0.17275377902344988953)]
    [InlineData(-1, -1.8410216450092635058)]
    [InlineData(-3.3, -7.6346161480711273)]
    [InlineData(-10, -53.231285150512471)]
    [InlineData(-29.99, -454.02096130446805)]
    [InlineData(-30, -454.32124395634320)]
    [InlineData(-40, -804.60844201375379)]
    public void LogCdf_KnownValues(double z, double expected) => Assert.Equal(expected, Normal.LogCdf(z), 5e-5);

    [Fact]
    public void LogCdf_IsTheLogarithmOfTheTail_AndRises()
    {
        double before = double.NegativeInfinity;
        for (double z = -37; z < 10; z += 0.0137)
        {
            Assert.Equal(Math.Log(Normal.UpperTail(-z)), Normal.LogCdf(z), 5e-5);
            Assert.True(Normal.LogCdf(z) >= before);
            before = Normal.LogCdf(z);
        }
    }

    [Fact]
    public void Remembered_AnyNumberOfThreads_GivesWhatIsComputed()
    {
        var remembered = new Remembered();
        static double Compute(double x, double y) => Math.Sin(x) + (y * y);
        // More keys than places: they push each other out.
        Parallel.For(0, 40_000, i => Assert.Equal(Compute(i % 9000, i % 7), remembered.Get(i % 9000, i % 7, Compute)));
    }
}
