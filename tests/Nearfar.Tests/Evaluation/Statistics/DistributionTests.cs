using Nearfar.Evaluation.Statistics;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

/// <summary>Expected values: mpmath 1.3.0 at 50 digits (series with positive terms, bisection), from the definitions alone.</summary>
public class DistributionTests
{
    private static void Near(double expected, double actual, double relative = 1e-12) =>
        Assert.True(Math.Abs(actual - expected) <= relative * Math.Abs(expected), $"{actual:R} instead of {expected:R}, off by {(actual - expected) / expected:g3}");

    [Theory]
    [InlineData(0.5, 1.0, 0.35241638234956672582)]
    [InlineData(1.96, 1.0, 0.15017144588801657468)]
    [InlineData(12.706, 1.0, 0.025000401179066593952)]
    [InlineData(2.0, 2.0, 0.091751709536136983634)]
    [InlineData(0.1, 0.5, 0.47316581056430320084)]
    [InlineData(2.5, 3.7, 0.035911011455913386391)]
    [InlineData(2.0, 10.0, 0.036694017385370182809)]
    [InlineData(6.0, 30.0, 6.971384383602371351e-7)]
    [InlineData(0.001, 100.0, 0.49960205388005170397)]
    [InlineData(4.0, 411.0, 0.000037558286579556811659)]
    [InlineData(1.645, 5000.0, 0.050016335243768396369)]
    [InlineData(8.0, 9999.0, 6.9106767191438223914e-16)]
    [InlineData(30.0, 5.0, 3.859324310248025993e-7)]
    public void UpperTail_StudentT_IsWithin1e12(double t, double degrees, double expected)
    {
        Near(expected, StudentT.UpperTail(t, degrees));
        Near(1 - expected, StudentT.Cdf(t, degrees));
        Near(1 - expected, StudentT.UpperTail(-t, degrees));
    }

    [Theory]
    [InlineData(0.025, 1.0, 12.706204736174703938)]
    [InlineData(0.05, 2.0, 2.9199855803537255922)]
    [InlineData(0.025, 0.5, 164.55767348048851485)]
    [InlineData(0.05, 3.7, 2.182493803914601953)]
    [InlineData(0.025, 10.0, 2.2281388519862747157)]
    [InlineData(0.05, 29.0, 1.6991270265334977215)]
    [InlineData(0.0125, 99.0, 2.2760034747512730362)]
    [InlineData(0.025, 411.0, 1.9657526798609516248)]
    [InlineData(0.45, 7.0, 0.13029279659177735831)]
    [InlineData(0.00625, 1396.0, 2.5009472214395836569)]
    [InlineData(1e-06, 12.0, 8.504302718054583174)]
    [InlineData(1e-09, 4.0, 234.02761040611893336)]
    [InlineData(0.05, 9999.0, 1.6450060333112994618)]
    [InlineData(4.656612873077393e-11, 50.0, 8.1631631852665958257)]
    public void UpperQuantile_StudentT_IsWithin1e12(double alpha, double degrees, double expected)
    {
        Near(expected, StudentT.UpperQuantile(alpha, degrees));
        Near(-StudentT.UpperQuantile(alpha, degrees), StudentT.UpperQuantile(1 - alpha, degrees), 1e-5);       // 1 - alpha has lost digits of a small alpha
    }

    [Theory, InlineData(0.3), InlineData(0.025), InlineData(1e-4)]
    public void UpperQuantile_OneAndTwoDegrees_IsTheClosedForm(double alpha)
    {
        Near(1 / Math.Tan(Math.PI * alpha), StudentT.UpperQuantile(alpha, 1));
        Near((1 - (2 * alpha)) * Math.Sqrt(2 / (4 * alpha * (1 - alpha))), StudentT.UpperQuantile(alpha, 2));
    }

    [Fact]
    public void UpperQuantile_ManyDegrees_AgreesWithMathNet()
    {
        for (double degrees = 3; degrees < 2000; degrees *= 1.7)
        {
            Near(MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, degrees, 0.975), StudentT.UpperQuantile(0.025, degrees), 1e-7);
        }
    }

    [Theory]
    [InlineData(0.05, 1.644853626951472688)]
    [InlineData(0.025, 1.9599639845400542118)]
    [InlineData(0.2, 0.84162123357291416552)]
    [InlineData(0.0125, 2.2414027276049453536)]
    [InlineData(0.4, 0.25334710313579974132)]
    [InlineData(0.49, 0.025068908258711058033)]
    [InlineData(0.001, 3.0902323061678135354)]
    [InlineData(1e-06, 4.7534243088228989573)]
    [InlineData(1e-10, 6.3613409024040561991)]
    [InlineData(4.656612873077393e-11, 6.4776984248182517543)]
    public void UpperQuantile_Normal_IsWithin1e12(double alpha, double expected)
    {
        Near(expected, Normal.UpperQuantile(alpha));
        Near(alpha, Normal.UpperTail(expected));
    }

    [Theory]
    [InlineData(-5.0, 1.9999999999984625402)]
    [InlineData(-1.0, 1.8427007929497148693)]
    [InlineData(-0.1, 1.1124629160182848984)]
    [InlineData(0.0, 1.0)]
    [InlineData(1e-05, 0.999988716208329421)]
    [InlineData(0.3, 0.67137324054087258381)]
    [InlineData(0.9, 0.20309178757716786034)]
    [InlineData(1.0, 0.15729920705028513066)]
    [InlineData(1.1, 0.11979493042591827034)]
    [InlineData(1.5, 0.033894853524689272933)]
    [InlineData(2.0, 0.0046777349810472658379)]
    [InlineData(3.0, 0.000022090496998585441373)]
    [InlineData(5.0, 1.5374597944280348502e-12)]
    [InlineData(10.0, 2.088487583762544757e-45)]
    [InlineData(20.0, 5.3958656116079009289e-176)]
    [InlineData(26.0, 5.6631924088561428465e-296)]
    public void Erfc_IsWithin1e12(double x, double expected) => Near(expected, SpecialFunctions.Erfc(x));

    [Theory]
    [InlineData(0.3, 0.5, 0.5, 0.36901011956554537504)]
    [InlineData(0.01, 2.0, 300.0, 0.80383642371485658568)]
    [InlineData(0.5, 10.0, 10.0, 0.5)]
    [InlineData(0.9, 50.0, 3.0, 0.096633285137252208871)]
    [InlineData(0.02, 1.0, 150.0, 0.95170397875651219459)]
    [InlineData(0.999, 1000.0, 0.5, 0.157247274266723828)]
    [InlineData(0.1, 20.0, 400.0, 0.99996952321313589686)]
    [InlineData(0.5, 5000.0, 5000.0, 0.5)]
    [InlineData(0.49, 5000.0, 5000.0, 0.022742032324574546157)]
    [InlineData(0.05, 400.0, 9600.0, 0.99999904276943154122)]
    [InlineData(0.001, 0.25, 7.5, 0.3201800827547933021)]
    [InlineData(0.7, 60000.0, 25000.5, 0.00008917493148127493456)]
    public void RegularizedBeta_IsWithin1e12(double x, double a, double b, double expected)
    {
        Near(expected, SpecialFunctions.RegularizedBeta(x, 1 - x, a, b));
        Assert.Equal(1 - expected, SpecialFunctions.RegularizedBeta(1 - x, x, b, a), 1e-12);
    }

    [Theory, InlineData(0, 3), InlineData(1, 3), InlineData(double.NaN, 3), InlineData(0.1, 0), InlineData(0.1, double.NaN)]
    public void UpperQuantile_OutOfRange_Throws(double alpha, double degrees) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => StudentT.UpperQuantile(alpha, degrees));
}
