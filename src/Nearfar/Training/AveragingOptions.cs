namespace Nearfar.Training;

/// <summary>An average of the parameters over steps, scored on held-out questions beside the parameters themselves: the better one is the step's candidate.</summary>
/// <remarks>Give one of the two.</remarks>
/// <param name="Tail">The mean over the last share of the steps, above 0, at most 1, of at most 32 evenly spread snapshots (Izmailov et al. 2018, arXiv:1803.05407).</param>
/// <param name="Decay">An exponential moving average, above 0, below 1: what a step keeps of the average before it. Taken at up to 256 evenly spread steps, the decay raised to their distance.</param>
public sealed record AveragingOptions(double? Tail = null, double? Decay = null);
