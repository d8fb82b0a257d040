using Nearfar.Training;

namespace Nearfar.Releases;

/// <summary>Who is told what while a loop runs; nobody needs to be.</summary>
public sealed record LoopProgress
{
    /// <summary>What is being done, in words.</summary>
    public IProgress<string>? Stage { get; init; }

    /// <summary>Each training step and dev evaluation.</summary>
    public IProgress<TrainingProgress>? Training { get; init; }

    /// <summary>Each candidate when it was judged: the moment to write its report.</summary>
    public IProgress<LoopAttempt>? Attempt { get; init; }
}
