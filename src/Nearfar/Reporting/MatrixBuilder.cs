using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>Lays the reports' cohorts out as a matrix and marks each cell with what the gate, or else its interval, says.</summary>
internal sealed class MatrixBuilder(EvalReport now, ReportComparison? comparison, GateDecision? decision, int top)
{
    private const int MostMetrics = 4;

    private readonly Dictionary<string, QuestionChange> _changes =
        comparison?.Questions.ToDictionary(q => q.Id, StringComparer.Ordinal) ?? new(StringComparer.Ordinal);

    public CohortMatrix Build()
    {
        string[] metrics = ChooseMetrics();
        var groups = now.Cohorts.Keys.Order(StringComparer.Ordinal).Select(a => (Attribute: a, Rows: RowsOf(a, metrics)))
            .OrderByDescending(g => g.Rows.Any(r => r.Cells.Any(c => c?.State >= CellState.Fine)));      // stable: attributes that were tested lead
        return new CohortMatrix(metrics, [.. groups]);
    }

    public QuestionCounts CountsOf(Func<QueryScore, bool> member)
    {
        var rows = now.Queries.Where(member).ToArray();
        int found = rows.Count(q => q.FirstRelevantRank <= top);
        if (comparison is null)
        {
            return new(rows.Length, top, found, null, null, null);
        }

        var changes = rows.Select(q => _changes[q.Id]).ToArray();
        return new(rows.Length, top, found, changes.Count(c => c.WasFound), changes.Count(c => c.IsFound && !c.WasFound), changes.Count(c => c.WasFound && !c.IsFound));
    }

    // The measure the gate decides on, other measures it tested on cohorts, then one for the order of the list and one for the margin.
    private string[] ChooseMetrics()
    {
        var wanted = Reasons().Where(r => r.Rule is "G1").Concat(Reasons().Where(r => r.Cohort is not null)).Select(r => r.Metric)
            .Concat(UsualMetrics(now));
        if (decision is not null)
        {
            wanted = wanted.Where(m => !m.StartsWith("recall@", StringComparison.Ordinal) || Reasons().Any(r => r.Metric == m));
        }

        return [.. wanted.Distinct(StringComparer.Ordinal).Where(now.Metrics.ContainsKey).Take(MostMetrics)];
    }

    /// <summary>What is shown where no policy says: found at all, order of the list, distance of right from wrong.</summary>
    public static string[] UsualMetrics(EvalReport report) =>
        [MetricNames.Recall(Nearest(report, 5)), MetricNames.Ndcg(Nearest(report, 10)), MetricNames.ZMarginMean];

    private static int Nearest(EvalReport report, int wanted) => report.Cutoffs.OrderBy(k => Math.Abs(k - wanted)).First();

    private MatrixRow[] RowsOf(string attribute, string[] metrics) =>
        [.. CohortOrder.Of(now.Cohorts[attribute].Keys).Select(v => RowOf(new CohortKey(attribute, v), now.Cohorts[attribute][v], metrics))];

    private MatrixRow RowOf(CohortKey cohort, CohortScore score, string[] metrics)
    {
        var cells = metrics.Select(m => score.Metrics.TryGetValue(m, out var summary) ? CellOf(cohort, m, summary) : null);
        var counts = CountsOf(q => PairedReports.CohortOf(q, cohort.Attribute) == cohort.Value);
        return new(cohort.Attribute, cohort.Value, score.N, score.Clusters, counts, [.. cells]);
    }

    private MatrixCell CellOf(CohortKey cohort, string metric, MetricSummary summary)
    {
        MetricChange? change = null;
        _ = comparison is not null && comparison.Cohorts.TryGetValue(cohort.Attribute, out var values)
            && values.TryGetValue(cohort.Value, out var changes) && changes.TryGetValue(metric, out change);
        return new(metric, summary, change, Tested(cohort, metric) ?? Seen(metric, summary, change));
    }

    private CellState? Tested(CohortKey cohort, string metric)
    {
        var tests = Reasons().Where(r => r.Cohort == cohort && r.Metric == metric).ToArray();
        return tests.Length == 0
            ? decision?.Watch.Any(r => r.Cohort == cohort && r.Metric == metric) == true ? CellState.Watch : null
            : tests.Any(t => t.Outcome == TestOutcome.Bad) ? CellState.Bad
            : tests.Any(t => t.Outcome == TestOutcome.Open) ? CellState.Open
            : CellState.Fine;
    }

    private static CellState Seen(string metric, MetricSummary summary, MetricChange? change)
    {
        if (change is null)
        {
            return summary.Low is null ? CellState.TooFew : CellState.Still;
        }

        if (change.Low is not { } low || change.High is not { } high)
        {
            return CellState.TooFew;
        }

        bool lowerIsBetter = Figures.IsLowerBetter(metric);
        return low > 0 ? (lowerIsBetter ? CellState.Worse : CellState.Better) : high < 0 ? (lowerIsBetter ? CellState.Better : CellState.Worse) : CellState.Still;
    }

    private IReadOnlyList<GateReason> Reasons() => decision?.Reasons ?? [];
}
