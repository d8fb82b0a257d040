using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>A report the candidate must not be worse than.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Report">Made on the same gate set.</param>
public sealed record GateReference(ReferenceKind Kind, EvalReport Report);

/// <summary>A release before the current one, scored anew on the gate set.</summary>
/// <param name="Name">Its run, for people.</param>
/// <param name="Report">Made on the same gate set.</param>
public sealed record EarlierRelease(string Name, EvalReport Report);

/// <summary>All that a gate decides from.</summary>
public sealed record GateInput
{
    /// <summary>The candidate on the gate set.</summary>
    public required EvalReport Candidate { get; init; }

    /// <summary>What it is compared with: it must be proven no worse than each.</summary>
    public required IReadOnlyList<GateReference> References { get; init; }

    /// <summary>Releases before the current one, newest first: slow decline shows against these (G4). More than the policy's number are left out.</summary>
    public IReadOnlyList<EarlierRelease> Earlier { get; init; } = [];

    /// <summary>What a reader of the decision must know of how its input came to be, such as releases that cannot be scored any more.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Which opening of this gate set this is, 1 to 30, from the ledger: attempt i proves "fine" at .05 / 2^i.</summary>
    public required int Attempt { get; init; }

    /// <summary>Hash of the gate set as it is now; null: not checked. Refuses two reports that are both out of date.</summary>
    public string? SetHash { get; init; }

    /// <summary>Floors carried over to the candidate's space.</summary>
    public IReadOnlyList<FloorCalibration> Calibrations { get; init; } = [];
}
