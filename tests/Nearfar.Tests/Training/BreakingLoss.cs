using Nearfar.Training.Losses;
using Nearfar.Vectors;

namespace Nearfar.Tests.Training;

/// <summary>InfoNCE whose gradient is not a number at one step.</summary>
internal sealed class BreakingLoss(long at) : ILoss
{
    private readonly InfoNceLoss _inner = new();

    public LossNeeds Needs => LossNeeds.Mask;

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var value = _inner.Evaluate(batch, gradients, step);
        gradients[1][0][0] = step.Step == at ? T.NaN : gradients[1][0][0];
        return value;
    }
}
