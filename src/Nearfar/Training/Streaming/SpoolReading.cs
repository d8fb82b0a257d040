namespace Nearfar.Training.Streaming;

/// <summary>What of the pairs a spool keeps, and how it is made.</summary>
/// <param name="Negatives">Whether hard negatives are kept.</param>
/// <param name="Threads">That tokenise; no byte depends on it.</param>
/// <param name="MaxTokens">Of <see cref="TrainingOptions.MaxTokens"/>.</param>
/// <param name="Cohorts">Whose values are kept.</param>
internal sealed record SpoolReading(bool Negatives, int Threads, int? MaxTokens, StreamCohorts Cohorts);
