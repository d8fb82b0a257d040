using Nearfar.Data.Checking;
using Nearfar.Gating.Sets;

namespace Nearfar.Data.GateSets;

/// <summary>All that a check of the gate set found.</summary>
public sealed record GateSetCheckReport
{
    /// <summary>What is wrong, errors first.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Errors, those not listed included; above 0 the exit code is 1.</summary>
    public required long Errors { get; init; }

    /// <summary>Warnings, those not listed included.</summary>
    public required long Warnings { get; init; }

    /// <summary>The version that the gate reads; null when nothing was frozen.</summary>
    public GateSetManifest? Manifest { get; init; }

    /// <summary>Rows of the gate's file that no version holds yet.</summary>
    public int Pending { get; init; }

    /// <summary>Sizes of the set and its cohorts, with what each can prove; known and new pages among them.</summary>
    public IReadOnlyList<CohortSize> Cohorts { get; init; } = [];

    /// <summary>Negatives of all questions.</summary>
    public int Negatives { get; init; }

    /// <summary>Negatives that a person wrote, judged or reviewed.</summary>
    public int Reviewed { get; init; }

    /// <summary>Shares of intent, language, length and every other declared attribute against traffic, largest effect first.</summary>
    public IReadOnlyList<ShareComparison> Shares { get; init; } = [];

    /// <summary>Attributes that could not be compared, since traffic or the set knows no value.</summary>
    public IReadOnlyList<string> NotCompared { get; init; } = [];

    /// <summary>Traffic questions that no gate question resembles; null without traffic or with fewer than 20 gate questions.</summary>
    public TrafficCoverage? Coverage { get; init; }
}
