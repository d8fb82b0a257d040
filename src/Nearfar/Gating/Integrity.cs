using System.Globalization;
using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>G0: what must hold before anything is decided. All problems at once.</summary>
internal static class Integrity
{
    public const int MostAttempts = 30;      // .05 / 2^30 is the last tail probability whose quantiles are proven right

    /// <exception cref="NearfarException">No decision can be made; the message names every cause.</exception>
    /// <returns>The candidate beside each reference, as given, then beside each earlier release that the policy looks at.</returns>
    public static PairedReports[] ThrowUnlessWhole(GatePolicy policy, GateInput input)
    {
        var problems = new List<string>();
        if (input.Attempt is < 1 or > MostAttempts)
        {
            problems.Add($"the attempt must be counted, 1 to {MostAttempts}, not {input.Attempt}: the ledger knows it");
        }

        References(policy, input, problems);
        var reports = input.References.Select(r => r.Report).Concat(input.Earlier.Take(policy.History).Select(e => e.Report)).Prepend(input.Candidate).ToArray();
        foreach (var report in reports)
        {
            Report(policy, input, report, problems);
        }

        var pairs = new List<PairedReports>();
        if (problems.Count == 0)
        {
            foreach (var report in reports.Skip(1))
            {
                SameQuestions(report, input.Candidate, problems, pairs);
            }

            Cohorts(policy, input.Candidate, problems);
            Floors(policy, input, problems);
        }

        if (problems.Count > 0)
        {
            throw new NearfarException($"No decision can be made: {string.Join("; ", problems.Take(20))}{(problems.Count > 20 ? $"; and {problems.Count - 20} more" : "")}.");
        }

        return [.. pairs];
    }

    private static void References(GatePolicy policy, GateInput input, List<string> problems)
    {
        var kinds = input.References.Select(r => r.Kind).ToArray();
        if (kinds.Distinct().Count() != kinds.Length)
        {
            problems.Add("two references are of one kind");
        }

        if (kinds.Contains(ReferenceKind.Earlier))
        {
            problems.Add("an earlier release is no reference; it belongs among the earlier ones");
        }

        if (input.Earlier.DistinctBy(e => e.Name).Count() != input.Earlier.Count)
        {
            problems.Add("two earlier releases have one name");
        }

        bool fit = policy.Reference == ReferenceKind.Current
            ? kinds.Contains(ReferenceKind.Current) || (kinds.Contains(ReferenceKind.Bm25) && kinds.Contains(ReferenceKind.Untrained))
            : kinds.Contains(policy.Reference);
        if (!fit)
        {
            problems.Add(policy.Reference == ReferenceKind.Current
                ? "the policy compares with the current release, or with BM25 and the untrained encoder while there is none; these reports are missing"
                : $"the policy compares with {Names.Of(policy.Reference)}; that report is missing");
        }
    }

    private static void Report(GatePolicy policy, GateInput input, EvalReport report, List<string> problems)
    {
        string name = $"report \"{report.Label}\"";
        string wanted = input.SetHash ?? input.Candidate.SetHash;
        if (!string.Equals(report.SetHash, wanted, StringComparison.Ordinal))
        {
            problems.Add($"{name} was made on set {report.SetHash}, the gate set is {wanted}: score the model anew with nearfar eval");
        }

        if (!report.IsGateSet)
        {
            problems.Add($"{name} was made on \"{report.SetName}\", which is no gate set");
        }

        if (report.Queries.Count == 0)
        {
            problems.Add($"{name} has no question");
            return;
        }

        Rows(policy, report, name, problems);
        if (report.Space is null && report.Queries.Any(q => q.Metrics.ContainsKey(MetricNames.MarginMean)))
        {
            problems.Add($"{name} has margins, but names no space they were measured in");
        }

        // A keyword ranking as reference ties where words tie; that is its own weakness, and no reason to decide nothing.
        if (ReferenceEquals(report, input.Candidate) || report.Space is not null)
        {
            Ties(policy, report, name, problems);
        }

        if (MetricNames.CutoffOf(policy.Metric) > report.Depth)
        {
            problems.Add($"{name} was ranked to depth {report.Depth}, {policy.Metric} looks deeper");
        }

        Unjudged(policy, report, name, problems);
    }

    private static void Rows(GatePolicy policy, EvalReport report, string name, List<string> problems)
    {
        int before = problems.Count;
        var kinds = new Dictionary<string, (bool IsUnit, int Cutoff)>(StringComparer.Ordinal);
        var seen = AreAscending(report.Queries) ? null : new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in report.Queries)
        {
            if (seen?.Add(row.Id) == false)
            {
                problems.Add($"{name} holds question \"{row.Id}\" twice");
            }

            foreach (var (metric, value) in row.Metrics)
            {
                if (!kinds.TryGetValue(metric, out var kind))
                {
                    kinds[metric] = kind = (MetricNames.IsUnit(metric), MetricNames.IsRetrieval(metric) ? MetricNames.CutoffOf(metric) : 0);
                }

                if (!double.IsFinite(value) || (kind.IsUnit && value is < 0 or > 1))
                {
                    problems.Add($"{name} gives {metric} {value.ToString(CultureInfo.InvariantCulture)} for question \"{row.Id}\"");
                }
            }

            if (!row.Metrics.ContainsKey(policy.Metric))
            {
                problems.Add($"{name} has no {policy.Metric} for question \"{row.Id}\"");
            }

            foreach (string metric in policy.JointMetrics?.Keys.Where(m => MetricNames.IsRetrieval(m) && !row.Metrics.ContainsKey(m)) ?? [])
            {
                problems.Add($"{name} has no {metric} for question \"{row.Id}\", which the policy tests jointly");
            }

            Rank(report, row, kinds, name, problems);
        }

        if (problems.Count == before)
        {
            Aggregates(report, name, problems);
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
    private static void Rank(EvalReport report, QueryScore row, Dictionary<string, (bool IsUnit, int Cutoff)> kinds, string name, List<string> problems)
    {
        foreach (var (metric, value) in row.Metrics)
        {
            int k = kinds[metric].Cutoff;
            if (k > 0 && k <= report.Depth && value > 0 != row.FirstRelevantRank <= k)
            {
                problems.Add($"{name} gives {metric} {value.ToString(CultureInfo.InvariantCulture)} for question \"{row.Id}\", whose first relevant document stands at rank {row.FirstRelevantRank?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
            }
        }
    }

    private static void Aggregates(EvalReport report, string name, List<string> problems)
    {
        foreach (string metric in Aggregation.MetricsOf(report.Queries).Union(report.Metrics.Keys, StringComparer.Ordinal))
        {
            if (!(report.Metrics.TryGetValue(metric, out var summary) && IsMean(summary, report.Queries, metric)))
            {
                problems.Add($"{name} gives a mean {metric} that its own rows do not have");
            }
        }

        foreach (var (attribute, values) in report.Cohorts)
        {
            var rows = report.Queries.GroupBy(q => PairedReports.CohortOf(q, attribute), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
            bool same = values.Count == rows.Count && values.All(v => rows.TryGetValue(v.Key, out var members) && v.Value.N == members.Length
                && v.Value.Metrics.All(m => IsMean(m.Value, members, m.Key)));
            if (!same)
            {
                problems.Add($"{name} gives cohorts of \"{attribute}\" that its own rows do not have");
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

    private static void Ties(GatePolicy policy, EvalReport report, string name, List<string> problems)
    {
        double limit = policy.TieLimit ?? policy.Tolerance;
        if (!report.TieSensitivity.TryGetValue(policy.Metric, out double ties) || !double.IsFinite(ties))
        {
            problems.Add($"{name} does not say how far ties move {policy.Metric}");
        }
        else if (ties > limit)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: equal scores alone move {policy.Metric} by {ties:0.####}, more than {limit}; the ranking is not decided by the model"));
        }
    }

    private static void Unjudged(GatePolicy policy, EvalReport report, string name, List<string> problems)
    {
        string unjudged = MetricNames.Unjudged(MetricNames.CutoffOf(policy.Metric));
        if (policy.UnjudgedLimit is { } most)
        {
            double? mean = report.Queries.All(q => q.Metrics.ContainsKey(unjudged)) ? report.Queries.Average(q => q.Metrics[unjudged]) : null;
            if (mean is null || mean > most)
            {
                problems.Add(mean is null
                    ? $"the policy limits {unjudged}, which {name} does not have: the set judges no document as wrong"
                    : string.Create(CultureInfo.InvariantCulture, $"{name}: {unjudged} is {mean:0.####}, more than {most}; judge what it retrieves first"));
            }
        }
    }

    private static void SameQuestions(EvalReport reference, EvalReport candidate, List<string> problems, List<PairedReports> pairs)
    {
        try
        {
            pairs.Add(PairedReports.Of(reference, candidate));
        }
        catch (NearfarException e)
        {
            problems.Add(e.Message.TrimEnd('.'));
        }
    }

    private static void Cohorts(GatePolicy policy, EvalReport candidate, List<string> problems)
    {
        foreach (var cohort in policy.Protected.Concat(policy.Required).Concat(policy.Floors.Where(f => f.Cohort is not null).Select(f => f.Cohort!.Value)).Distinct())
        {
            if (!candidate.Queries.Any(q => q.Cohorts.ContainsKey(cohort.Attribute) && (cohort.Value == "*" || PairedReports.CohortOf(q, cohort.Attribute) == cohort.Value)))
            {
                problems.Add($"cohort '{cohort}' is required and has no question in the gate set");
            }
        }

        if (policy.ViolationLimit is not null)
        {
            string violation = MetricNames.Violation(MetricNames.CutoffOf(policy.Metric));
            if (!candidate.Queries.Any(q => q.Metrics.ContainsKey(violation)))
            {
                problems.Add($"the policy limits {violation}, but no question forbids a document");
            }
        }
    }

    private static void Floors(GatePolicy policy, GateInput input, List<string> problems)
    {
        foreach (var floor in policy.Floors)
        {
            if (!input.Candidate.Queries.Any(q => floor.Covers(q) && q.Metrics.ContainsKey(floor.Metric)))
            {
                problems.Add($"the floor on {floor.Metric}{(floor.Cohort is null ? "" : $" of cohort '{floor.Cohort}'")} has no question that has it{(input.Candidate.Space is null ? ": a ranking without vectors has no margins; gate it on retrieval measures" : "")}");
            }
        }

        foreach (var calibration in input.Calibrations)
        {
            if (!policy.Floors.Contains(calibration.Floor))
            {
                problems.Add($"a floor on {calibration.Floor.Metric} is calibrated that the policy does not have");
            }

            if (calibration.To != input.Candidate.Space?.Id)
            {
                problems.Add($"the floor on {calibration.Floor.Metric} is calibrated for space {calibration.To}; the candidate is of space {input.Candidate.Space?.ToString() ?? "none"}: calibrate it on dev for this candidate");
            }
        }

        if (input.Calibrations.DistinctBy(c => c.Floor).Count() != input.Calibrations.Count)
        {
            problems.Add("a floor is calibrated twice");
        }
    }
}
