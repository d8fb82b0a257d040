using CsCheck;
using Nearfar.Evaluation.Statistics;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

/// <summary>Expected values: mpmath 1.3.0 at 50 digits, roots by bisection of the defining equations.</summary>
public class ProportionTests
{
    [Theory]
    [InlineData(0.0, 10.0, 0.05, 0.0, 0.25886555089305227856)]
    [InlineData(0.0, 200.0, 0.025, 0.0, 0.018275340355136244829)]
    [InlineData(1.0, 20.0, 0.05, 0.0025613787765302805912, 0.2161061642068473453)]
    [InlineData(7.0, 30.0, 0.025, 0.099337864958019753947, 0.42283652297821951537)]
    [InlineData(29.0, 30.0, 0.05, 0.85140393134088685622, 0.99829168435553426556)]
    [InlineData(30.0, 30.0, 0.05, 0.90496614714469586281, 1.0)]
    [InlineData(389.0, 412.0, 0.025, 0.91740965159259162906, 0.96428617201328006794)]
    [InlineData(12.5, 77.3, 0.05, 0.097246601496413300123, 0.24670741279775491821)]
    [InlineData(1.0, 1000.0, 0.05, 0.000051291978909017811072, 0.0047349935754997776313)]
    public void ExactBounds_AreWithin1e12(double successes, double n, double alpha, double low, double high)
    {
        Assert.Equal(low, Proportions.ExactLower(successes, n, alpha), 1e-12);
        Assert.Equal(high, Proportions.ExactUpper(successes, n, alpha), 1e-12);
    }

    [Theory, InlineData(1), InlineData(10), InlineData(412)]
    public void ExactUpper_NoSuccess_IsTheClosedForm(int n) => Assert.Equal(1 - Math.Pow(0.05, 1.0 / n), Proportions.ExactUpper(0, n, 0.05), 1e-13);

    [Theory]
    [InlineData(0.0, 10.0, 0.025, 0.0, 0.27753279986288924786)]
    [InlineData(1.0, 20.0, 0.025, 0.0088814488007953902541, 0.23613119344674205523)]
    [InlineData(389.0, 412.0, 0.025, 0.9176272021529313345, 0.96251592027155696534)]
    [InlineData(30.0, 30.0, 0.05, 0.91727569187490067072, 1.0)]
    [InlineData(12.5, 77.3, 0.05, 0.10448149007557241832, 0.24181380719957149158)]
    public void Wilson_IsWithin1e12(double successes, double n, double alpha, double low, double high)
    {
        var bounds = Proportions.Wilson(successes, n, alpha);
        Assert.Equal(low, bounds.Low, 1e-12);
        Assert.Equal(high, bounds.High, 1e-12);
    }

    [Theory]
    [InlineData(24.0, 6.0, 412.0, 0.025, 0.018918661035208583739, 0.072469050766809583301)]
    [InlineData(0.0, 0.0, 100.0, 0.025, -0.036993498206985683807, 0.036993498206985683807)]
    [InlineData(0.0, 1.0, 1000.0, 0.05, -0.0044697229093689315658, 0.0017009414830002837142)]
    [InlineData(9.0, 1.0, 10.0, 0.025, 0.19169994640952301201, 0.96424757380985419142)]
    [InlineData(43.0, 1.0, 44.0, 0.025, 0.76384580603573424876, 0.99195349587989354669)]
    [InlineData(5.0, 5.0, 30.0, 0.05, -0.17926789118955656704, 0.17926789118955656704)]
    [InlineData(10.0, 0.0, 10.0, 0.025, 0.44493440027422150429, 1.0)]
    [InlineData(0.0, 10.0, 10.0, 0.025, -1.0, -0.44493440027422150429)]
    [InlineData(12.4, 3.1, 200.7, 0.0125, 0.0027970193593006593442, 0.098601428133183891966)]
    [InlineData(120.0, 180.0, 5000.0, 0.025, -0.018880622356292869954, -0.0052438572668262101902)]
    [InlineData(4.0, 9.0, 32.0, 0.025, -0.36795657504174315583, 0.068971829970806335485)]
    [InlineData(1.0, 7.0, 44.0, 0.05, -0.25147002750428169642, -0.03670847990970824704)]
    public void Tango_IsWithin1e10(double won, double lost, double n, double alpha, double low, double high)
    {
        var bounds = Proportions.Tango(won, lost, n, alpha);
        Assert.Equal(low, bounds.Low, 1e-10);
        Assert.Equal(high, bounds.High, 1e-10);
    }

    [Fact]
    public void Tango_AnyCounts_HoldsTheEstimateAndMirrors() =>
        Gen.Select(Gen.Int[0, 30], Gen.Int[0, 30], Gen.Int[0, 60], Gen.Double[0.001, 0.2]).Where((won, lost, same, _) => won + lost + same > 0)
            .Sample((won, lost, same, alpha) =>
            {
                double n = won + lost + same;
                var (low, high) = Proportions.Tango(won, lost, n, alpha);
                var mirrored = Proportions.Tango(lost, won, n, alpha);
                double estimate = (won - lost) / n;
                return low >= -1 && high <= 1 && low <= estimate + 1e-12 && high >= estimate - 1e-12
                    && Math.Abs(low + mirrored.High) < 1e-9 && Math.Abs(high + mirrored.Low) < 1e-9;
            });

    [Theory]
    [InlineData(0, 0, 1.0, 1.0)]
    [InlineData(1, 0, 1.0, 0.5)]
    [InlineData(24, 6, 0.0014309063553810119629, 0.00087791029363870620728)]
    [InlineData(6, 24, 0.0014309063553810119629, 0.00087791029363870620728)]
    [InlineData(5, 5, 1.0, 0.75390625)]
    [InlineData(10, 3, 0.09228515625, 0.057373046875)]
    [InlineData(200, 150, 0.0087200365305559490757, 0.0075241397881711723914)]
    public void McNemar_IsTheBinomialSum(int won, int lost, double exact, double mid)
    {
        Assert.Equal(exact, Proportions.McNemarExact(won, lost), 1e-12);
        Assert.Equal(mid, Proportions.McNemarMidP(won, lost), 1e-12);
    }
}
