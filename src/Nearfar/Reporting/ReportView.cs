using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>What all forms of a report share: counts, comparison, matrix. Refuses input that does not belong together.</summary>
internal sealed class ReportView
{
    private readonly MatrixBuilder _builder;
    private readonly Dictionary<EvalReport, Dictionary<string, QueryScore>> _rows = new(ReferenceEqualityComparer.Instance);

    /// <exception cref="NearfarException">Reports of different sets, or a decision on other reports.</exception>
    public ReportView(ReportInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfNegative(input.Examples);
        ArgumentOutOfRangeException.ThrowIfLessThan(input.Top, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(input.Top, input.Candidate.Depth);
        Input = input;
        foreach (var reference in input.References)
        {
            input.Candidate.ThrowUnlessSameSet(reference);
        }

        CandidateHash = input.Candidate.ComputeHash();
        if (input.Decision is { } decision && decision.Candidate.Hash != CandidateHash)
        {
            throw new NearfarException(
                $"The decision was made on report \"{decision.Candidate.Label}\" {Figures.ShortHash(decision.Candidate.Hash)}, the report at hand is \"{input.Candidate.Label}\" {Figures.ShortHash(CandidateHash)}. "
                + "Render each decision with its own report: nearfar gate, then nearfar report.");
        }

        if (input.Slices is { } slices && slices.SetHash != input.Candidate.SetHash)
        {
            throw new NearfarException(
                $"The slices were searched on set \"{slices.SetName}\" {Figures.ShortHash(slices.SetHash)}, the report is of \"{Now.SetName}\" {Figures.ShortHash(Now.SetHash)}. Search again on this report: nearfar slices.");
        }

        Comparison = Then is null ? null : new ReportComparison(Then, Now, input.Top);
        _builder = new MatrixBuilder(Now, Comparison, Decision, input.Top);
        Counts = _builder.CountsOf(_ => true);
        Matrix = _builder.Build();
    }

    public ReportInput Input { get; }

    public EvalReport Now => Input.Candidate;

    public EvalReport? Then => Input.References.Count > 0 ? Input.References[0] : null;

    public GateDecision? Decision => Input.Decision;

    public SliceFindings? Slices => Input.Slices;

    public string CandidateHash { get; }

    /// <summary>The gate's watch list without the cohorts that it blocks for: those are said already.</summary>
    public IReadOnlyList<GateReason> Watch =>
        [.. (Decision?.Watch ?? []).Where(w => !Decision!.Reasons.Any(r => r.Outcome == TestOutcome.Bad && r.Cohort == w.Cohort && r.Metric == w.Metric))];

    public ReportComparison? Comparison { get; }

    public QuestionCounts Counts { get; }

    public CohortMatrix Matrix { get; }

    /// <summary>Questions in words for a reason's cohort: <c>right page in top 3 for 31, now 27 of 40</c>.</summary>
    public string CountsFor(CohortKey? cohort)
    {
        var counts = cohort is { } c ? _builder.CountsOf(q => PairedReports.CohortOf(q, c.Attribute) == c.Value) : Counts;
        string now = $"{Figures.Whole(counts.Now)} of {Figures.Count(counts.Questions, "question")}";
        return $"right page in top {Figures.Whole(counts.Top)} for {(counts.Before is { } before ? $"{Figures.Whole(before)}, now {now}" : now)}";
    }

    /// <summary>A question's row; every report of the page holds the same questions.</summary>
    public QueryScore RowOf(EvalReport report, string id) => RowsOf(report)[id];

    /// <summary>The candidate's row; null when a decision names a question that the report lacks.</summary>
    public QueryScore? QuestionOf(string id) => RowsOf(Now).GetValueOrDefault(id);

    private Dictionary<string, QueryScore> RowsOf(EvalReport report)
    {
        if (!_rows.TryGetValue(report, out var rows))
        {
            _rows[report] = rows = report.Queries.ToDictionary(q => q.Id, StringComparer.Ordinal);
        }

        return rows;
    }
}
