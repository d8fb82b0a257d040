using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Nearfar.Gating;
using Nearfar.Gating.Sets;
using Nearfar.Pairs;

namespace Nearfar.Reporting;

/// <summary>What a report page shows. Numbers come from the reports and the decision; nothing is measured while rendering.</summary>
public sealed record ReportInput
{
    /// <summary>The report of the model that is judged.</summary>
    public required EvalReport Candidate { get; init; }

    /// <summary>Reports on the same set to compare with; the first is the main one, "before". Empty: only the candidate is shown.</summary>
    public IReadOnlyList<EvalReport> References { get; init; } = [];

    /// <summary>The verdict on the candidate; null: it was not gated, and the page says so.</summary>
    public GateDecision? Decision { get; init; }

    /// <summary>Slices found in the candidate's report, or between it and the main reference; null: not searched.</summary>
    public SliceFindings? Slices { get; init; }

    /// <summary>The frozen version that the reports were made on, with the share of its negatives that people reviewed; null: none is known.</summary>
    public GateSetManifest? GateSet { get; init; }

    /// <summary>Titles and texts of the documents that questions found; null: ids alone are shown.</summary>
    public Corpus? Corpus { get; init; }

    /// <summary>How the training run went; null: not shown.</summary>
    public TrainingCurve? Training { get; init; }

    /// <summary>Where data and model came from.</summary>
    public ReportProvenance Provenance { get; init; } = new();

    /// <summary>The k of "right page in top k", 1 to the depth of the reports. Default 3.</summary>
    public int Top { get; init; } = 3;

    /// <summary>Questions listed under "fixed" and under "broken", each; the others are counted. At least 0. Default 12.</summary>
    public int Examples { get; init; } = 12;
}
