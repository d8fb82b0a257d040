namespace Nearfar.Training.Losses;

/// <summary>A loss over a batch.</summary>
/// <param name="Value">Mean over the pairs, in the loss's own unit (nats for softmax losses); 0 for an empty batch.</param>
/// <param name="Pairs">Pairs that it is the mean of.</param>
public readonly record struct LossValue(double Value, int Pairs);
