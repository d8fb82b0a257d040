using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>Decides from reports whether a candidate may be released. Computes no measure; never passes what is not proven.</summary>
/// <remarks>
/// G0 integrity (an exception, no decision), G1 overall and G2 protected cohorts (three-valued non-inferiority against every reference),
/// floors and the violation limit, G3 joint fall of all other cohorts. Thread-safe; the same input gives the same decision.
/// </remarks>
public sealed class ReleaseGate
{
    private const double FamilyAlpha = 0.01;
    private const double WatchRate = 0.10;
    private readonly GatePolicy _policy;

    /// <param name="policy">The rule.</param>
    /// <exception cref="ArgumentException">A policy that cannot be; all problems in one message.</exception>
    public ReleaseGate(GatePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        policy.ThrowUnlessValid();
        _policy = policy;
    }

    /// <summary>Decides about a candidate and one reference of the policy's kind.</summary>
    /// <param name="candidate">On the gate set.</param>
    /// <param name="reference">On the same gate set.</param>
    /// <param name="attempt">Which opening of this gate set, 1 to 30.</param>
    /// <exception cref="NearfarException">No decision can be made (G0); the message names every cause.</exception>
    public GateDecision Decide(EvalReport candidate, EvalReport reference, int attempt = 1) => Decide(new GateInput
    {
        Candidate = candidate,
        References = [new GateReference(_policy.Reference, reference)],
        Attempt = attempt,
    });

    /// <summary>Decides about a candidate and any references.</summary>
    /// <param name="input">Reports, attempt and calibrations.</param>
    /// <exception cref="NearfarException">No decision can be made (G0); the message names every cause.</exception>
    public GateDecision Decide(GateInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Integrity.ThrowUnlessWhole(_policy, input);
        var test = new ThreeValuedTest(input.Attempt);
        GateReference[] references = [.. input.References.OrderBy(r => r.Kind)];
        PairedReports[] pairs = [.. references.Select(r => PairedReports.Of(r.Report, input.Candidate))];
        var reasons = new List<GateReason>();
        var advice = new List<GateReason>();
        for (int r = 0; r < references.Length; r++)
        {
            reasons.Add(test.Difference("G1", null, references[r].Kind, pairs[r].Values(_policy.Metric, _ => true), _policy.Tolerance));
            foreach (var cohort in _policy.Protected.Distinct())
            {
                reasons.Add(test.Difference("G2", cohort, references[r].Kind, pairs[r].Values(_policy.Metric, Member(cohort)), _policy.ToleranceOf(cohort)));
            }
        }

        Floors(test, input, reasons, advice);
        Violations(test, input.Candidate, reasons, advice);
        var others = new OtherCohorts(_policy, test, references, pairs);
        reasons.AddRange(others.Failed(FamilyAlpha));
        return new GateDecision
        {
            Verdict = VerdictOf(reasons),
            OnInconclusive = _policy.OnInconclusive,
            FirstLine = new ReportComparison(references[0].Report, input.Candidate, Math.Min(3, Math.Min(references[0].Report.Depth, input.Candidate.Depth))).FirstLine,
            Reasons = [.. reasons.OrderBy(Gravity)],
            Watch = others.Watch(WatchRate),
            Unproven = others.Unproven(),
            Advice = advice,
            Listed = others.Listed,
            Attempt = input.Attempt,
            SetHash = input.Candidate.SetHash,
            PolicyHash = _policy.ComputeHash(),
            Candidate = Decided(null, input.Candidate),
            References = [.. references.Select(r => Decided(r.Kind, r.Report))],
        };
    }

    internal static Verdict VerdictOf(IReadOnlyCollection<GateReason> reasons) =>
        reasons.Any(r => r.Outcome == TestOutcome.Bad) ? Verdict.Blocked
        : reasons.Count > 0 && reasons.All(r => r.Outcome == TestOutcome.Fine) ? Verdict.Passed
        : Verdict.Inconclusive;

    internal static Func<QueryScore, bool> Member(CohortKey cohort) => row => PairedReports.CohortOf(row, cohort.Attribute) == cohort.Value;

    private static int Gravity(GateReason reason) => reason.Outcome switch { TestOutcome.Bad => 0, TestOutcome.Open => 1, _ => 2 };

    private static DecidedReport Decided(ReferenceKind? kind, EvalReport report) => new(kind, report.Label, report.Space?.Id, report.ComputeHash());

    private void Floors(ThreeValuedTest test, GateInput input, List<GateReason> reasons, List<GateReason> advice)
    {
        foreach (var floor in _policy.Floors)
        {
            QueryScore[] rows = [.. Sorted(input.Candidate).Where(q => (floor.Cohort is not { } cohort || Member(cohort)(q)) && q.Metrics.ContainsKey(floor.Metric))];
            var calibration = input.Calibrations.FirstOrDefault(c => c.Floor == floor);
            if (!MetricNames.IsRawMargin(floor.Metric) || floor.Space == input.Candidate.Space?.Id)
            {
                reasons.Add(test.Floor("floor", floor, floor.Value, rows));
            }
            else if (calibration is not null)
            {
                reasons.Add(test.Floor("floor", floor, calibration.Value, rows) with
                {
                    Note = string.Create(System.Globalization.CultureInfo.InvariantCulture,
                        $"{floor.Value} in space {calibration.From} is z {calibration.Z:0.000}, here {calibration.Value:0.000}"),
                });
            }
            else
            {
                advice.Add(test.Floor("floor", floor, floor.Value, rows) with
                {
                    Note = floor.Space is null
                        ? "advice: a raw margin without the space it was found in; name it to make the floor block"
                        : $"advice: found in space {floor.Space}, not calibrated for this one",
                });
            }
        }
    }

    private void Violations(ThreeValuedTest test, EvalReport candidate, List<GateReason> reasons, List<GateReason> advice)
    {
        string metric = MetricNames.Violation(MetricNames.CutoffOf(_policy.Metric));
        QueryScore[] rows = [.. Sorted(candidate).Where(q => q.Metrics.ContainsKey(metric))];
        if (rows.Length > 0 && _policy.ViolationLimit is { } limit)
        {
            reasons.Add(test.Limit(metric, limit, rows));
        }
        else if (rows.Any(r => r.Metrics[metric] > 0))
        {
            advice.Add(test.Limit(metric, 0, rows) with { Note = "advice: questions forbid documents; set a violation limit to make this block" });
        }
    }

    private static IEnumerable<QueryScore> Sorted(EvalReport report) => report.Queries.OrderBy(q => q.Id, Search.Utf8Order.Ascending);
}
