using Nearfar.Training.Optimization;
using Xunit;

namespace Nearfar.Tests.Training.Optimization;

public class LearningRateTests
{
    [Theory, InlineData(RateSchedule.Linear), InlineData(RateSchedule.Cosine), InlineData(RateSchedule.Constant)]
    public void At_EverySchedule_ClimbsToThePeakAndFollowsItsFormula(RateSchedule schedule)
    {
        var rate = new LearningRate(0.4, 100, 0.1, schedule);
        for (int step = 1; step <= 10; step++)
        {
            Assert.Equal(0.04 * step, rate.At(step), 1e-12);
        }

        for (int step = 11; step <= 100; step++)
        {
            double left = (100 - step + 1) / 90.0;
            double expected = schedule switch { RateSchedule.Linear => left, RateSchedule.Cosine => (1 + Math.Cos(Math.PI * (1 - left))) / 2, _ => 1 };
            Assert.Equal(0.4 * expected, rate.At(step), 1e-12);
        }
    }

    [Fact]
    public void At_Default_IsLinear() => Assert.Equal(new LearningRate(1, 50, 0.2, RateSchedule.Linear).At(37), new LearningRate(1, 50, 0.2).At(37));
}
