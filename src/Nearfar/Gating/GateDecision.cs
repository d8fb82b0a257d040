namespace Nearfar.Gating;

/// <summary>What the evidence says about a release.</summary>
public enum Verdict
{
    /// <summary>Every test is fine.</summary>
    Passed,

    /// <summary>Some test is bad.</summary>
    Blocked,

    /// <summary>None is bad, some are open: the reasons say how many questions would decide.</summary>
    Inconclusive,
}

/// <summary>A report that took part in a decision.</summary>
/// <param name="Kind">Null for the candidate.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Space">Id of its space; null for a ranking.</param>
/// <param name="Hash">SHA-256 of the report file.</param>
public sealed record DecidedReport(ReferenceKind? Kind, string Label, string? Space, string Hash);

/// <summary>A verdict with its reasons. Immutable; the same input gives the same bytes.</summary>
public sealed record GateDecision
{
    /// <summary>Version of the layout that this library writes and reads.</summary>
    public const int SchemaVersion = 2;

    /// <summary>The verdict.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>What the policy makes of an inconclusive verdict.</summary>
    public required InconclusiveAction OnInconclusive { get; init; }

    /// <summary>Counts of questions against the first reference, as <see cref="Evaluation.ReportComparison.FirstLine"/> writes them.</summary>
    public required string FirstLine { get; init; }

    /// <summary>The tests that made the verdict: bad ones first, then open, then fine.</summary>
    public required IReadOnlyList<GateReason> Reasons { get; init; }

    /// <summary>
    /// What may have fallen by half of what would block or more (false discovery rate 10 %), a cohort once for each report it is held against, by
    /// shrunken size: to be looked at. What blocks is always among it.
    /// </summary>
    public required IReadOnlyList<GateReason> Watch { get; init; }

    /// <summary>Other cohorts where "no worse", or a family's floor, is not proven. Does not change the verdict.</summary>
    public required IReadOnlyList<GateReason> Unproven { get; init; }

    /// <summary>Floors and limits that are reported but cannot block, each with the reason in its note.</summary>
    public required IReadOnlyList<GateReason> Advice { get; init; }

    /// <summary>Other cohorts with fewer than 3 questions: listed, never tested.</summary>
    public required IReadOnlyList<CohortKey> Listed { get; init; }

    /// <summary>How many differences G3 and G4 tested together.</summary>
    public int JointTests { get; init; }

    /// <summary>Family-wise level of G3 and G4: what the budget of one healthy release in a hundred leaves them.</summary>
    public double JointLevel { get; init; }

    /// <summary>Earlier releases it was held against (G4), newest first; their label is the run's name.</summary>
    public IReadOnlyList<DecidedReport> Earlier { get; init; } = [];

    /// <summary>What a reader must know beside the tests, such as releases that cannot be scored any more.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Which opening of the gate set this was.</summary>
    public required int Attempt { get; init; }

    /// <summary>Hash of the gate set.</summary>
    public required string SetHash { get; init; }

    /// <summary>Hash of the policy.</summary>
    public required string PolicyHash { get; init; }

    /// <summary>The candidate's report.</summary>
    public required DecidedReport Candidate { get; init; }

    /// <summary>The references' reports.</summary>
    public required IReadOnlyList<DecidedReport> References { get; init; }

    /// <summary>0 passed, 2 blocked, 3 inconclusive, or what the policy explicitly makes of that.</summary>
    public int ExitCode => (Verdict, OnInconclusive) switch
    {
        (Verdict.Passed, _) => 0,
        (Verdict.Blocked, _) => 2,
        (_, InconclusiveAction.Pass) => 0,
        (_, InconclusiveAction.Block) => 2,
        _ => 3,
    };
}
