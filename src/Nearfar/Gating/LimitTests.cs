using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
using Nearfar.Search;

namespace Nearfar.Gating;

/// <summary>Floors and the violation limit: required ones are three-valued, all that may block share one small level (Holm).</summary>
internal sealed class LimitTests
{
    private readonly GatePolicy _policy;
    private readonly ThreeValuedTest _test;
    private readonly QueryScore[] _rows;
    private readonly List<(GateReason Reason, double P, bool IsRequired)> _tests = [];

    public LimitTests(GatePolicy policy, ThreeValuedTest test, GateInput input)
    {
        _policy = policy;
        _test = test;
        _rows = [.. input.Candidate.Queries.OrderBy(q => q.Id, Utf8Order.Ascending)];
        foreach (var floor in policy.Floors)
        {
            Add(floor, input);
        }

        AddViolations();
        Decide();
    }

    /// <summary>Floors and limits that are reported but cannot block.</summary>
    public List<GateReason> Advice { get; } = [];

    /// <summary>Tests that make the verdict: required ones, and those of a family that are proven bad.</summary>
    public IEnumerable<GateReason> Reasons => _tests.Where(t => t.IsRequired || t.Reason.Outcome == TestOutcome.Bad).Select(t => t.Reason);

    /// <summary>Cohorts of a family that are not proven to reach their floor, the likeliest to miss it first.</summary>
    public IEnumerable<GateReason> Unproven => _tests.Where(t => !t.IsRequired && t.Reason.Outcome == TestOutcome.Open).Select(t => t.Reason)
        .OrderByDescending(r => r.BelowProbability ?? 0).ThenBy(r => r.Candidate - r.Threshold);

    /// <summary>Cohorts of families that may miss their floor.</summary>
    public IEnumerable<GateReason> Watch(double rate)
    {
        var families = _tests.Where(t => !t.IsRequired).ToArray();
        bool[] listed = JointFallTest.FalseDiscovery([.. families.Select(t => t.P)], rate);
        return families.Where((_, i) => listed[i]).Select(t => t.Reason);
    }

    /// <summary>Whether any limit of a policy may block a candidate.</summary>
    public static bool Any(GatePolicy policy, GateInput input) =>
        policy.ViolationLimit is not null || policy.Floors.Any(f => !MetricNames.IsRawMargin(f.Metric) || f.Space == input.Candidate.Space?.Id || input.Calibrations.Any(c => c.Floor == f));

    /// <summary>Step-down adjusted p-values.</summary>
    /// <remarks>Holm 1979.</remarks>
    public static double[] Holm(IReadOnlyList<double> p)
    {
        double[] adjusted = new double[p.Count];
        double greatest = 0;
        int left = p.Count;
        foreach (int i in Enumerable.Range(0, p.Count).OrderBy(i => p[i]))
        {
            greatest = Math.Max(greatest, Math.Min(1, p[i] * left--));
            adjusted[i] = greatest;
        }

        return adjusted;
    }

    private void Add(GateFloor floor, GateInput input)
    {
        var calibration = input.Calibrations.FirstOrDefault(c => c.Floor == floor);
        if (!MetricNames.IsRawMargin(floor.Metric) || floor.Space == input.Candidate.Space?.Id)
        {
            AddBlocking(floor, floor.Value, null);
        }
        else if (calibration is not null)
        {
            AddBlocking(floor, calibration.Value, calibration.Note);
        }
        else
        {
            Advice.AddRange(Expand(floor).Select(f => _test.Floor("floor", f, floor.Value, RowsOf(f)) with
            {
                Note = floor.Space is null
                    ? "advice: a raw margin without the space it was found in; name it to make the floor block"
                    : $"advice: found in space {floor.Space}, not calibrated for this one",
            }));
        }
    }

    private void AddBlocking(GateFloor floor, double limit, string? note)
    {
        var floors = Expand(floor).ToArray();
        QueryScore[][] rows = [.. floors.Select(RowsOf)];
        ClusteredMean[] means = [.. rows.Select(r => ClusteredMean.Of([.. r.Select(q => q.Metrics[floor.Metric])], Aggregation.ClustersOf(r)))];
        var shrunken = floor.IsFamily ? Shrinkage.Of(means) : new (double Mean, double Variance)?[floors.Length];
        for (int i = 0; i < floors.Length; i++)
        {
            double[] values = [.. rows[i].Select(r => r.Metrics[floor.Metric])];
            _tests.Add((_test.Floor("floor", floors[i], limit, rows[i]) with
            {
                Note = note,
                Shrunken = shrunken[i] is { } s ? ThreeValuedTest.Round(s.Mean) : null,
                BelowProbability = shrunken[i] is { } b ? ThreeValuedTest.Round(Shrinkage.Below(b, limit)) : null,
            }, MeanBounds.BelowP(floor.Metric, values, means[i], limit), !floor.IsFamily));
        }
    }

    private void AddViolations()
    {
        string metric = MetricNames.Violation(MetricNames.CutoffOf(_policy.Metric));
        QueryScore[] rows = [.. _rows.Where(q => q.Metrics.ContainsKey(metric))];
        if (rows.Length > 0 && _policy.ViolationLimit is { } limit)
        {
            double[] values = [.. rows.Select(r => r.Metrics[metric])];
            _tests.Add((_test.Limit(metric, limit, rows), MeanBounds.AboveP(values, ClusteredMean.Of(values, Aggregation.ClustersOf(rows)), limit), true));
        }
        else if (rows.Any(r => r.Metrics[metric] > 0))
        {
            Advice.Add(_test.Limit(metric, 0, rows) with { Note = "advice: questions forbid documents; set a violation limit to make this block" });
        }
    }

    // A bad bound blocks when it is also proven over all limits together; a cohort of a family is bad by that proof alone.
    private void Decide()
    {
        double[] adjusted = Holm([.. _tests.Select(t => t.P)]);
        for (int i = 0; i < adjusted.Length; i++)
        {
            var (reason, p, required) = _tests[i];
            double rounded = ThreeValuedTest.Round(adjusted[i]);
            bool proven = rounded <= FalseBlockBudget.OfLimits;
            var outcome = reason.Outcome == TestOutcome.Bad && !proven ? TestOutcome.Open : reason.Outcome;
            _tests[i] = (reason with
            {
                Outcome = outcome,
                P = ThreeValuedTest.Round(p),
                AdjustedP = rounded,
                Level = FalseBlockBudget.OfLimits,
                QueriesNeeded = outcome == reason.Outcome ? reason.QueriesNeeded : null,
            }, p, required);
        }
    }

    private IEnumerable<GateFloor> Expand(GateFloor floor) => floor.IsFamily
        ? _rows.Select(r => PairedReports.CohortOf(r, floor.Cohort!.Value.Attribute)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(value => floor with { Cohort = new CohortKey(floor.Cohort!.Value.Attribute, value) }).Where(f => RowsOf(f).Length >= 3)
        : [floor];

    private QueryScore[] RowsOf(GateFloor floor) => [.. _rows.Where(q => floor.Covers(q) && q.Metrics.ContainsKey(floor.Metric))];
}
