using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>What all forms of a report share: counts, comparison, matrix. Refuses input that does not belong together.</summary>
internal sealed class ReportView
{
    private readonly Dictionary<EvalReport, string> _hashes = new(ReferenceEqualityComparer.Instance);
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

        if (input.GateSet is { } frozen && frozen.Hash != input.Candidate.SetHash)
        {
            throw new NearfarException(
                $"The frozen gate set is version {frozen.Version} {Figures.ShortHash(frozen.Hash)}, the report is of \"{Now.SetName}\" {Figures.ShortHash(Now.SetHash)}. Name the version that the report was made on.");
        }

        Comparison = Then is null ? null : new ReportComparison(Then, Now, input.Top);
        var builder = new MatrixBuilder(Now, Comparison, Decision, input.Top);
        Counts = builder.CountsOf(_ => true);
        Matrix = builder.Build();
    }

    public ReportInput Input { get; }

    public EvalReport Now => Input.Candidate;

    public EvalReport? Then => Input.References.Count > 0 ? Input.References[0] : null;

    public GateDecision? Decision => Input.Decision;

    public SliceFindings? Slices => Input.Slices;

    public string CandidateHash { get; }

    /// <summary>The gate's watch list without the cohorts that it blocks for: those are said already.</summary>
    public IReadOnlyList<GateReason> Watch =>
        [.. (Decision?.Watch ?? []).Where(w => !Decision!.Reasons.Any(r => r.Outcome == TestOutcome.Bad && r.Cohort == w.Cohort && r.Metric == w.Metric))
            .OrderBy(w => MetricNames.IsRetrieval(w.Metric) ? 0 : 1)];       // what users see first, then what only the space feels

    public ReportComparison? Comparison { get; }

    public QuestionCounts Counts { get; }

    public CohortMatrix Matrix { get; }

    /// <summary>The reference whose margins stand under the candidate's: the first that has any. Keyword search has none.</summary>
    public EvalReport? ThenWithMargins => Input.References.FirstOrDefault(r => r.Metrics.ContainsKey(MetricNames.ZMarginHard)) ?? Then;

    /// <summary>Questions in words for a reason, before by the reference of that reason: <c>right page in top 3 for 31, now 27 of 40 questions</c>.</summary>
    public string CountsFor(GateReason reason)
    {
        int top = Input.Top, questions = 0, now = 0, before = 0;
        var then = ReferenceOf(reason);
        foreach (var row in Now.Queries.Where(q => reason.Cohort is not { } c || PairedReports.CohortOf(q, c.Attribute) == c.Value))
        {
            questions++;
            now += row.FirstRelevantRank <= top ? 1 : 0;
            before += then is not null && RowOf(then, row.Id).FirstRelevantRank <= top ? 1 : 0;
        }

        string found = $"{Figures.Whole(now)} of {Figures.Count(questions, "question")}";
        return $"right page in top {Figures.Whole(top)} for {(then is null ? found : $"{Figures.Whole(before)}, now {found}")}";
    }

    // A decision names its references by kind and hash; a floor has none, and a page may show other reports than were decided on.
    private EvalReport? ReferenceOf(GateReason reason)
    {
        string? hash = reason.Reference is { } kind ? Decision?.References.FirstOrDefault(r => r.Kind == kind)?.Hash : null;
        return hash is null ? null : Input.References.FirstOrDefault(r => HashOf(r) == hash);
    }

    /// <summary>A report's hash, computed once.</summary>
    public string HashOf(EvalReport report) =>
        _hashes.TryGetValue(report, out string? hash) ? hash : _hashes[report] = report.ComputeHash();

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
