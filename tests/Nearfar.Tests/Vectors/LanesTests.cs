using System.Runtime.Intrinsics;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public class LanesTests
{
    [Fact]
    public void ExpOfNegative_FromMinus87To0_IsWithinTwoUnitsOfTheLastPlace()
    {
        for (int i = 0; i <= 87_000; i++)
        {
            float x = -i / 1000f, e = Lanes.ExpOfNegative(Vector512.Create(x))[0];
            double exact = Math.Exp(x);
            float unit = MathF.BitIncrement((float)exact) - (float)exact;
            Assert.True(Math.Abs(e - exact) <= 2 * unit, $"e^{x}: {e}, exactly {exact}");
        }
    }

    [Theory, InlineData(0, 1), InlineData(-87.001f, 0), InlineData(-1e30f, 0), InlineData(float.NegativeInfinity, 0), InlineData(float.NaN, float.NaN)]
    public void ExpOfNegative_AtItsEnds_IsExactInEveryLane(float x, float expected)
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            var result = Lanes.ExpOfNegative(Vector512.Create(-1f).WithElement(lane, x));
            for (int i = 0; i < Lanes.Count; i++)
            {
                Assert.Equal(i == lane ? expected : result[(lane + 1) % Lanes.Count], result[i]);
            }
        }
    }
}
