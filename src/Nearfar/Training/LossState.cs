using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;

namespace Nearfar.Training;

/// <summary>What a loss carries from step to step: its own parameters with their optimiser, and its other state.</summary>
/// <param name="loss">Prepared: its parameters are read here.</param>
internal sealed class LossState(ILoss loss)
{
    private readonly ParameterAdam _adam = new(loss.Parameters);

    public void Step(double rate, long step) => _adam.Step(rate, step);

    public void Save(BinaryWriter to)
    {
        _adam.Save(to);
        foreach (var state in loss.State)
        {
            to.Write(state.Span);
        }
    }

    public void Load(BinaryReader from)
    {
        _adam.Load(from);
        foreach (var state in loss.State)       // one at a time: the length of a piece may depend on those before it
        {
            from.BaseStream.ReadExactly(state.Span);
        }
    }
}
