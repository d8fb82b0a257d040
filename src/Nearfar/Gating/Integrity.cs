using System.Globalization;
using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>G0: what must hold before anything is decided. All problems at once.</summary>
internal static class Integrity
{
    public const int MostAttempts = 30;      // .05 / 2^30 is the last tail probability whose quantiles are proven right

    /// <exception cref="NearfarException">No decision can be made; the message names every cause.</exception>
    public static void ThrowUnlessWhole(GatePolicy policy, GateInput input)
    {
        var problems = new List<string>();
        if (input.Attempt is < 1 or > MostAttempts)
        {
            problems.Add($"the attempt must be counted, 1 to {MostAttempts}, not {input.Attempt}: the ledger knows it");
        }

        References(policy, input, problems);
        var reports = input.References.Select(r => r.Report).Prepend(input.Candidate).ToArray();
        foreach (var report in reports)
        {
            Report(policy, input, report, problems);
        }

        if (problems.Count == 0)
        {
            foreach (var reference in input.References)
            {
                SameQuestions(reference.Report, input.Candidate, problems);
            }

            Cohorts(policy, input.Candidate, problems);
            Floors(policy, input, problems);
        }

        if (problems.Count > 0)
        {
            throw new NearfarException($"No decision can be made: {string.Join("; ", problems.Take(20))}{(problems.Count > 20 ? $"; and {problems.Count - 20} more" : "")}.");
        }
    }

    private static void References(GatePolicy policy, GateInput input, List<string> problems)
    {
        var kinds = input.References.Select(r => r.Kind).ToArray();
        if (kinds.Distinct().Count() != kinds.Length)
        {
            problems.Add("two references are of one kind");
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

        Unjudged(policy, report, name, problems);
    }

    private static void Rows(GatePolicy policy, EvalReport report, string name, List<string> problems)
    {
        double sum = 0;
        int before = problems.Count;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in report.Queries)
        {
            if (!seen.Add(row.Id))
            {
                problems.Add($"{name} holds question \"{row.Id}\" twice");
            }

            foreach (var (metric, value) in row.Metrics)
            {
                if (!double.IsFinite(value) || (MetricNames.IsUnit(metric) && value is < 0 or > 1))
                {
                    problems.Add($"{name} gives {metric} {value.ToString(CultureInfo.InvariantCulture)} for question \"{row.Id}\"");
                }
            }

            if (row.Metrics.TryGetValue(policy.Metric, out double own))
            {
                sum += own;
            }
            else
            {
                problems.Add($"{name} has no {policy.Metric} for question \"{row.Id}\"");
            }
        }

        if (problems.Count == before && !(report.Metrics.TryGetValue(policy.Metric, out var summary) && summary.N == report.Queries.Count
            && Math.Abs(summary.Mean - (sum / report.Queries.Count)) < 1e-9))
        {
            problems.Add($"{name} gives a mean {policy.Metric} that its own rows do not have");
        }
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

    private static void SameQuestions(EvalReport reference, EvalReport candidate, List<string> problems)
    {
        try
        {
            PairedReports.Of(reference, candidate);
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
            if (!candidate.Queries.Any(q => PairedReports.CohortOf(q, cohort.Attribute) == cohort.Value))
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
            bool any = input.Candidate.Queries.Any(q =>
                (floor.Cohort is not { } cohort || PairedReports.CohortOf(q, cohort.Attribute) == cohort.Value) && q.Metrics.ContainsKey(floor.Metric));
            if (!any)
            {
                problems.Add($"the floor on {floor.Metric}{(floor.Cohort is null ? "" : $" of cohort '{floor.Cohort}'")} has no question that has it");
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
