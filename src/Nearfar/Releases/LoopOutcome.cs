using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Releases;

/// <summary>How a loop ended.</summary>
public enum LoopEnd
{
    /// <summary>A candidate passed and is current now.</summary>
    Released,

    /// <summary>The model that these data and options give is current already.</summary>
    AlreadyCurrent,

    /// <summary>The data do not decide: the reasons say how many questions would.</summary>
    Inconclusive,

    /// <summary>The last candidate was blocked and the attempts of this call are spent.</summary>
    Blocked,

    /// <summary>The pairs to train on are those of a candidate that this gate set blocked before: the gate was not opened for another one of them.</summary>
    BlockedBefore,

    /// <summary>The last candidate was blocked, and its failures gave no pair that was not there before.</summary>
    NothingToMine,
}

/// <summary>One candidate and what became of it.</summary>
/// <param name="Model">The trained model.</param>
/// <param name="Decision">The gate's decision.</param>
/// <param name="Candidate">Its report on the gate set.</param>
/// <param name="References">What it was compared with.</param>
/// <param name="Folder">The run's folder.</param>
public sealed record LoopAttempt(TrainedModel Model, GateDecision Decision, EvalReport Candidate, IReadOnlyList<GateReference> References, string Folder);

/// <summary>What a loop did.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Attempts">Candidates of this call, in order.</param>
/// <param name="Space">Space of the current model (released, already current) or of the last candidate.</param>
/// <param name="Report">Where <see cref="Reporting.RunReport"/> puts that model's page; the caller writes it (<see cref="LoopProgress.Attempt"/>).</param>
public sealed record LoopOutcome(LoopEnd End, IReadOnlyList<LoopAttempt> Attempts, string? Space, string? Report)
{
    /// <summary>0 released or already current, 2 blocked, 3 inconclusive.</summary>
    public int ExitCode => End switch
    {
        LoopEnd.Released or LoopEnd.AlreadyCurrent => 0,
        LoopEnd.Inconclusive => 3,
        _ => 2,
    };
}
