using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>A loss plus a weight times <see cref="OrthogonalLoss"/> (both of its terms, weight 1 each).</summary>
internal sealed class RegularisedLoss(ILoss inner, double weight) : ILoss
{
    private readonly OrthogonalLoss _regularisation = new(1, 1);

    public LossNeeds Needs => inner.Needs;

    public IReadOnlyList<LossParameter> Parameters => inner.Parameters;

    public IReadOnlyList<Memory<byte>> State => inner.State;

    public bool NormalisesRows => inner.NormalisesRows;

    public void Prepare(int dimensions, int guideDimensions, ulong seed) => inner.Prepare(dimensions, guideDimensions, seed);

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var loss = inner.Evaluate(batch, gradients, step);
        return loss with { Value = loss.Value + _regularisation.AddTo(batch, gradients, weight, step.Threads) };
    }
}
