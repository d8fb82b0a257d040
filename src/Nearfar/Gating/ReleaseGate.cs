using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>Decides from reports whether a candidate may be released. Computes no measure; never passes what is not proven.</summary>
/// <remarks>
/// G0 integrity (an exception, no decision), G1 overall and G2 protected cohorts (three-valued non-inferiority against every reference),
/// floors and the violation limit, G3 joint fall of all other cohorts and measures, G4 the same against earlier releases. All rules that may
/// block share one budget: a healthy release is blocked at most one time in a hundred. Thread-safe; the same input gives the same decision.
/// </remarks>
public sealed class ReleaseGate
{
    private const double WatchRate = 0.10;
    private static readonly string DefaultJoint = MetricNames.Ndcg(10);
    private readonly GatePolicy _policy;

    /// <summary>How a report's hash is found. A simulation of thousands of reports that no file will hold has no use for it.</summary>
    internal Func<EvalReport, string> Hashed { get; init; } = report => report.ComputeHash();

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
        var pairs = Integrity.ThrowUnlessWhole(_policy, input);
        var test = new ThreeValuedTest(input.Attempt);
        GateReference[] references = [.. input.References.OrderBy(r => r.Kind)];
        var compared = Compared(input, pairs);
        var required = Required(compared).ToArray();
        var budget = new FalseBlockBudget([.. required.Select(r => (r.Values, r.Tolerance))], LimitTests.Any(_policy, input), _policy.Flips, _policy.Seed);
        var reasons = new List<GateReason>();
        var joint = JointFallTest.Run(budget.IsTight ? [.. required.Select(r => new FallTest(r.Values, r.Rate, r.Tolerance))] : [], _policy.Flips, _policy.Seed);
        for (int i = 0; i < required.Length; i++)
        {
            var (cohort, kind, values, tolerance, _) = required[i];
            var reason = test.Difference(cohort is null ? "G1" : "G2", cohort, kind, values, tolerance);
            reasons.Add(budget.IsTight ? Tightened(reason, joint[i]) : reason);
        }

        var limits = new LimitTests(_policy, test, input, pairs[0]);
        var others = new JointFamily(_policy, test, compared, Metrics(compared), budget.Joint);
        reasons.AddRange(limits.Reasons);
        reasons.AddRange(others.Failed());
        return new GateDecision
        {
            Verdict = VerdictOf(reasons),
            OnInconclusive = _policy.OnInconclusive,
            FirstLine = new ReportComparison(references[0].Report, input.Candidate, pairs[FirstOf(input.References, references[0])], Math.Min(3, Math.Min(references[0].Report.Depth, input.Candidate.Depth))).FirstLine,
            Reasons = [.. reasons.OrderBy(Gravity)],
            Watch = [.. others.Watch(WatchRate).Concat(limits.Watch(WatchRate)).OrderBy(r => r.Shrunken is { } s ? s - r.Threshold : (r.Difference ?? r.Candidate) - r.Threshold).ThenBy(r => r.P)],
            Unproven = [.. others.Unproven(_policy.Metric), .. limits.Unproven],
            Advice = limits.Advice,
            Listed = others.Listed,
            JointTests = others.Count,
            JointLevel = ThreeValuedTest.Round(budget.Joint),
            Notes = input.Notes,
            Attempt = input.Attempt,
            SetHash = input.Candidate.SetHash,
            PolicyHash = _policy.ComputeHash(),
            Candidate = Decided(null, input.Candidate),
            References = [.. references.Select(r => Decided(r.Kind, r.Report))],
            Earlier = [.. input.Earlier.Take(_policy.History).Select(e => Decided(ReferenceKind.Earlier, e.Report) with { Label = e.Name })],
        };
    }

    private static int FirstOf(IReadOnlyList<GateReference> references, GateReference wanted)
    {
        int at = 0;
        while (!ReferenceEquals(references[at], wanted))
        {
            at++;
        }

        return at;
    }

    internal static Verdict VerdictOf(IReadOnlyCollection<GateReason> reasons) =>
        reasons.Any(r => r.Outcome == TestOutcome.Bad) ? Verdict.Blocked
        : reasons.Count > 0 && reasons.All(r => r.Outcome == TestOutcome.Fine) ? Verdict.Passed
        : Verdict.Inconclusive;

    private static int Gravity(GateReason reason) => reason.Outcome switch { TestOutcome.Bad => 0, TestOutcome.Open => 1, _ => 2 };

    private DecidedReport Decided(ReferenceKind? kind, EvalReport report) => new(kind, report.Label, report.Space?.Id, Hashed(report));

    // A handful of questions can give a bad bound by chance more often than the budget allows: then the fall must be proven over all of them too.
    private static GateReason Tightened(GateReason reason, JointFallTest.Result joint)
    {
        double adjusted = ThreeValuedTest.Round(joint.AdjustedP);
        bool unproven = reason.Outcome == TestOutcome.Bad && adjusted > FalseBlockBudget.MostOfRequired;
        return reason with
        {
            Outcome = unproven ? TestOutcome.Open : reason.Outcome,
            P = ThreeValuedTest.Round(joint.P),
            AdjustedP = adjusted,
            Level = FalseBlockBudget.MostOfRequired,
            Note = unproven ? "below the limit, but of so few questions chance alone does that too often to block" : null,
        };
    }

    // References by kind, then earlier releases as given.
    private ComparedReport[] Compared(GateInput input, PairedReports[] pairs) =>
    [
        .. input.References.Zip(pairs).OrderBy(r => r.First.Kind).Select(r => new ComparedReport(r.First.Kind, null, new CohortPairs(r.Second))),
        .. input.Earlier.Take(_policy.History).Zip(pairs.Skip(input.References.Count), (e, p) => new ComparedReport(ReferenceKind.Earlier, e.Name, new CohortPairs(p))),
    ];

    // G1 and G2 of every reference.
    private IEnumerable<(CohortKey? Cohort, ReferenceKind Kind, PairedValues Values, double Tolerance, ChangeRate Rate)> Required(IEnumerable<ComparedReport> compared) =>
        from against in compared
        where against.Kind != ReferenceKind.Earlier
        let rate = against.RateOf(_policy.Metric)
        from cohort in _policy.Protected.Distinct().Select(p => (CohortKey?)p).Prepend(null)
        select (cohort, against.Kind, against.Pairs.Values(cohort, _policy.Metric), _policy.ToleranceOf(cohort, _policy.Metric), rate);

    private string[] Metrics(ComparedReport[] compared) => _policy.JointMetrics is { } named
        ? [_policy.Metric, .. named.Keys.Order(StringComparer.Ordinal)]
        : _policy.Metric != DefaultJoint && compared.All(c => c.Pairs.AllHave(DefaultJoint)) ? [_policy.Metric, DefaultJoint] : [_policy.Metric];
}
