namespace Nearfar.Training.Losses;

/// <summary>A learned parameter of a loss itself. The trainer owns its optimiser state.</summary>
/// <param name="Name">Unique in the loss; names it in checkpoints.</param>
/// <param name="Value">Current values; the trainer writes them.</param>
/// <param name="Gradient">Same length; the loss overwrites it at every evaluation.</param>
/// <param name="Min">Values are clamped to at least this.</param>
/// <param name="Max">Values are clamped to at most this.</param>
/// <param name="RateFactor">Multiplies the learning rate.</param>
public sealed record LossParameter(string Name, double[] Value, double[] Gradient, double Min, double Max, double RateFactor);
