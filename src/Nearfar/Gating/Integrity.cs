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
            new ReportIntegrity(policy, report, problems).Check(input.SetHash ?? input.Candidate.SetHash, ReferenceEquals(report, input.Candidate));
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
