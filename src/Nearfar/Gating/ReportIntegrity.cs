using System.Globalization;
using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>Whether one report by itself is whole: made on the gate set, deep enough, and its figures those of its own rows.</summary>
/// <param name="policy">Says which measures are needed.</param>
/// <param name="report">Of the candidate, a reference or an earlier release.</param>
/// <param name="problems">Receives what is wrong.</param>
internal sealed class ReportIntegrity(GatePolicy policy, EvalReport report, List<string> problems)
{
    private readonly string _name = $"report \"{report.Label}\"";

    /// <summary>Looks at all of it.</summary>
    /// <param name="set">Hash of the gate set.</param>
    /// <param name="isCandidate">Whether the report is the candidate's.</param>
    public void Check(string set, bool isCandidate)
    {
        if (!string.Equals(report.SetHash, set, StringComparison.Ordinal))
        {
            problems.Add($"{_name} was made on set {report.SetHash}, the gate set is {set}: score the model anew with nearfar eval");
        }

        if (!report.IsGateSet)
        {
            problems.Add($"{_name} was made on \"{report.SetName}\", which is no gate set");
        }

        if (report.Queries.Count == 0)
        {
            problems.Add($"{_name} has no question");
            return;
        }

        Rows();
        if (report.Space is null && report.Queries.Any(q => q.Metrics.ContainsKey(MetricNames.MarginMean)))
        {
            problems.Add($"{_name} has margins, but names no space they were measured in");
        }

        // A keyword ranking as reference ties where words tie; that is its own weakness, and no reason to decide nothing.
        if (isCandidate || report.Space is not null)
        {
            Ties();
        }

        if (MetricNames.CutoffOf(policy.Metric) > report.Depth)
        {
            problems.Add($"{_name} was ranked to depth {report.Depth}, {policy.Metric} looks deeper");
        }

        Unjudged();
    }

    private void Rows()
    {
        int before = problems.Count;
        var kinds = new Dictionary<string, (bool IsUnit, int Cutoff)>(StringComparer.Ordinal);
        var seen = AreAscending(report.Queries) ? null : new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in report.Queries)
        {
            if (seen?.Add(row.Id) == false)
            {
                problems.Add($"{_name} holds question \"{row.Id}\" twice");
            }

            foreach (var (metric, value) in row.Metrics)
            {
                if (!kinds.TryGetValue(metric, out var kind))
                {
                    kinds[metric] = kind = (MetricNames.IsUnit(metric), MetricNames.IsRetrieval(metric) ? MetricNames.CutoffOf(metric) : 0);
                }

                if (!double.IsFinite(value) || (kind.IsUnit && value is < 0 or > 1))
                {
                    problems.Add($"{_name} gives {metric} {value.ToString(CultureInfo.InvariantCulture)} for question \"{row.Id}\"");
                }
            }

            if (!row.Metrics.ContainsKey(policy.Metric))
            {
                problems.Add($"{_name} has no {policy.Metric} for question \"{row.Id}\"");
            }

            foreach (string metric in policy.JointMetrics?.Keys.Where(m => MetricNames.IsRetrieval(m) && !row.Metrics.ContainsKey(m)) ?? [])
            {
                problems.Add($"{_name} has no {metric} for question \"{row.Id}\", which the policy tests jointly");
            }

            Rank(row, kinds);
        }

        if (problems.Count == before)
        {
            Aggregates();
        }
    }

    // As reports are written: then no id can stand there twice.
    private static bool AreAscending(IReadOnlyList<QueryScore> rows)
    {
        for (int i = 1; i < rows.Count; i++)
        {
            if (Search.Utf8Order.Compare(rows[i - 1].Id, rows[i].Id) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    // Rank and measure of a row say the same twice: an edit of one alone shows.
    private void Rank(QueryScore row, Dictionary<string, (bool IsUnit, int Cutoff)> kinds)
    {
        foreach (var (metric, value) in row.Metrics)
        {
            int k = kinds[metric].Cutoff;
            if (k > 0 && k <= report.Depth && value > 0 != row.FirstRelevantRank <= k)
            {
                problems.Add($"{_name} gives {metric} {value.ToString(CultureInfo.InvariantCulture)} for question \"{row.Id}\", whose first relevant document stands at rank {row.FirstRelevantRank?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
            }
        }
    }

    private void Aggregates()
    {
        foreach (string metric in Aggregation.MetricsOf(report.Queries).Union(report.Metrics.Keys, StringComparer.Ordinal))
        {
            if (!(report.Metrics.TryGetValue(metric, out var summary) && IsMean(summary, report.Queries, metric)))
            {
                problems.Add($"{_name} gives a mean {metric} that its own rows do not have");
            }
        }

        foreach (var (attribute, values) in report.Cohorts)
        {
            var rows = report.Queries.GroupBy(q => PairedReports.CohortOf(q, attribute), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
            bool same = values.Count == rows.Count && values.All(v => rows.TryGetValue(v.Key, out var members) && v.Value.N == members.Length
                && v.Value.Metrics.All(m => IsMean(m.Value, members, m.Key)));
            if (!same)
            {
                problems.Add($"{_name} gives cohorts of \"{attribute}\" that its own rows do not have");
            }
        }
    }

    private static bool IsMean(MetricSummary summary, IReadOnlyList<QueryScore> rows, string metric)
    {
        double sum = 0;
        int n = 0;
        foreach (var row in rows)
        {
            if (row.Metrics.TryGetValue(metric, out double value))
            {
                sum += value;
                n++;
            }
        }

        return n == summary.N && Math.Abs(summary.Mean - (sum / n)) < 1e-9;
    }

    private void Ties()
    {
        double limit = policy.TieLimit ?? policy.Tolerance;
        if (!report.TieSensitivity.TryGetValue(policy.Metric, out double ties) || !double.IsFinite(ties))
        {
            problems.Add($"{_name} does not say how far ties move {policy.Metric}");
        }
        else if (ties > limit)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{_name}: equal scores alone move {policy.Metric} by {ties:0.####}, more than {limit}; the ranking is not decided by the model"));
        }
    }

    private void Unjudged()
    {
        string unjudged = MetricNames.Unjudged(MetricNames.CutoffOf(policy.Metric));
        if (policy.UnjudgedLimit is { } most)
        {
            double? mean = report.Queries.All(q => q.Metrics.ContainsKey(unjudged)) ? report.Queries.Average(q => q.Metrics[unjudged]) : null;
            if (mean is null || mean > most)
            {
                problems.Add(mean is null
                    ? $"the policy limits {unjudged}, which {_name} does not have: the set judges no document as wrong"
                    : string.Create(CultureInfo.InvariantCulture, $"{_name}: {unjudged} is {mean:0.####}, more than {most}; judge what it retrieves first"));
            }
        }
    }
}
