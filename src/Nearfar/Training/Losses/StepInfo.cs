namespace Nearfar.Training.Losses;

/// <summary>Where training stands.</summary>
/// <param name="Step">1 for the first update.</param>
/// <param name="Seed">The run's seed, for losses that draw.</param>
/// <param name="Threads">How many may work, at least 1; no result depends on it.</param>
public readonly record struct StepInfo(long Step, ulong Seed, int Threads);
