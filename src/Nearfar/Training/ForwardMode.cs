namespace Nearfar.Training;

/// <summary>What a forward pass is for.</summary>
public enum ForwardMode
{
    /// <summary>Rows only; nothing is kept.</summary>
    Infer,

    /// <summary>What <see cref="ITrainableEncoder{TInput}.Backward"/> needs is kept.</summary>
    Record,
}
