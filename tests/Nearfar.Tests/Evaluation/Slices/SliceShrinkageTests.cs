using Nearfar.Evaluation.Slices;
using Xunit;

namespace Nearfar.Tests.Evaluation.Slices;

public class SliceShrinkageTests
{
    [Fact]
    public void PriorVariance_EqualErrors_IsTheVarianceOfTheMeansLessTheirError()
    {
        double[] effects = [-0.3, -0.1, 0, 0.1, 0.3];
        // Sum of squares .2 over 4 is .05; less the error .01.
        Assert.Equal(0.04, SliceShrinkage.PriorVariance([.. effects.Select(e => (e, 0.01))]), 1e-12);
        Assert.Equal(1e-6, SliceShrinkage.PriorVariance([.. effects.Select(e => (e, 1.0))]));
    }
}
