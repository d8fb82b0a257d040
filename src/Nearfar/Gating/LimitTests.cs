using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>Floors and the violation limit: required ones are three-valued, all that may block share one small level.</summary>
/// <remarks>
/// Named floors and the violation limit share their part by Holm. A family has two ways to prove a miss: the likelihood ratio of each cohort against
/// the others, whose greatest over the family is held against a parametric null (<see cref="Shrinkage.BelowP"/>), and Holm, with a small part, where
/// the prior misleads. The cohort's own p must be small too. A cohort of a family that is estimated below its floor, or so low as chance seldom
/// brings one, and not proven leaves the verdict open; one that is open otherwise is listed.
/// </remarks>
internal sealed class LimitTests
{
    private const double ShrunkenPart = 0.95;

    /// <summary>Own p up to which a cohort of a family may block: one that stands exactly at its floor does so one time in a hundred, whatever the family looks like.</summary>
    private const double OwnLevel = 0.01;

    /// <summary>Adjusted p up to which a cohort whose own mean lies below its floor does not pass.</summary>
    private const double Doubtful = 0.05;
    private const int LeastTested = 3;
    private readonly GatePolicy _policy;
    private readonly ThreeValuedTest _test;
    private readonly QueryScore[] _rows;
    private readonly List<Limit> _tests = [];

    /// <summary>One limit that may block.</summary>
    private sealed record Limit(GateReason Reason, double P, ClusteredMean Mean, int? Family, double? ShrunkenP = null)
    {
        /// <summary>Below the floor by what the whole family shows, or by its own mean where that says nothing or chance would seldom bring it so low.</summary>
        public bool IsEstimatedBelow => (Reason.Shrunken ?? Reason.Candidate) < Reason.Threshold || (Reason.Candidate < Reason.Threshold && Reason.AdjustedP <= Doubtful);
    }

    /// <param name="policy">The rule.</param>
    /// <param name="test">Of this attempt.</param>
    /// <param name="input">Reports and calibrations.</param>
    /// <param name="pairs">The candidate's rows, ascending by id, beside any report.</param>
    public LimitTests(GatePolicy policy, ThreeValuedTest test, GateInput input, PairedReports pairs)
    {
        _policy = policy;
        _test = test;
        _rows = [.. pairs.Rows.Select(r => r.After)];
        for (int f = 0; f < policy.Floors.Count; f++)
        {
            Add(policy.Floors[f], f, input);
        }

        AddViolations();
        Decide();
    }

    /// <summary>Floors and limits that are reported but cannot block.</summary>
    public List<GateReason> Advice { get; } = [];

    /// <summary>Tests that make the verdict: required ones, and those of a family that are proven or estimated to miss their floor.</summary>
    public IEnumerable<GateReason> Reasons => _tests.Where(Decides).Select(t => t.Reason);

    /// <summary>Cohorts of a family that are not proven to reach their floor, the likeliest to miss it first.</summary>
    public IEnumerable<GateReason> Unproven => _tests.Where(t => !Decides(t) && t.Reason.Outcome == TestOutcome.Open).Select(t => t.Reason)
        .OrderByDescending(r => r.BelowProbability ?? 0).ThenBy(r => r.Candidate - r.Threshold);

    /// <summary>Cohorts of families that may miss their floor.</summary>
    public IEnumerable<GateReason> Watch(double rate)
    {
        var families = _tests.Where(t => t.Family is not null).ToArray();
        bool[] listed = JointFallTest.FalseDiscovery([.. families.Select(t => t.P)], rate);
        return families.Where((t, i) => listed[i] || t.Reason.Outcome == TestOutcome.Bad).Select(t => t.Reason);
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

    private void Add(GateFloor floor, int number, GateInput input)
    {
        var calibration = input.Calibrations.FirstOrDefault(c => c.Floor == floor);
        if (!MetricNames.IsRawMargin(floor.Metric) || floor.Space == input.Candidate.Space?.Id)
        {
            AddBlocking(floor, number, floor.Value, null);
        }
        else if (calibration is not null)
        {
            AddBlocking(floor, number, calibration.Value, calibration.Note);
        }
        else
        {
            Advice.AddRange(Expand(floor).Select(f => _test.Floor("floor", f.Floor, floor.Value, f.Rows) with
            {
                Note = floor.Space is null
                    ? "advice: a raw margin without the space it was found in; name it to make the floor block"
                    : $"advice: found in space {floor.Space}, not calibrated for this one",
            }));
        }
    }

    private void AddBlocking(GateFloor floor, int number, double limit, string? note)
    {
        var floors = Expand(floor).ToArray();
        double[][] values = [.. floors.Select(f => f.Rows.Select(r => r.Metrics[floor.Metric]).ToArray())];
        ClusteredMean[] means = [.. floors.Select((f, i) => ClusteredMean.Of(values[i], Aggregation.ClustersOf(f.Rows)))];
        bool isBinary = MetricNames.IsUnit(floor.Metric) && Array.TrueForAll(values, v => MeanBounds.IsBinary(v));
        // Shares near the floor scatter more than shares near 1, which most of a family's are.
        var prior = floor.IsFamily ? Shrinkage.Fit(means, isBinary ? limit * (1 - limit) : 0) : null;
        var shrunken = prior?.Sizes();
        double[]? p = prior?.BelowP(limit, _policy.Flips, _policy.Seed);
        for (int i = 0; i < floors.Length; i++)
        {
            var size = shrunken?[i];
            _tests.Add(new Limit(_test.Floor("floor", floors[i].Floor, limit, floors[i].Rows) with
            {
                Note = note,
                Shrunken = size is { } s ? ThreeValuedTest.Round(s.Mean) : null,
                BelowProbability = size is { } b ? ThreeValuedTest.Round(Shrinkage.Below(b, limit)) : null,
            }, MeanBounds.BelowP(floor.Metric, values[i], means[i], limit), means[i], floor.IsFamily ? number : null, p?[i]));
        }
    }

    private void AddViolations()
    {
        string metric = MetricNames.Violation(MetricNames.CutoffOf(_policy.Metric));
        QueryScore[] rows = [.. _rows.Where(q => q.Metrics.ContainsKey(metric))];
        if (rows.Length > 0 && _policy.ViolationLimit is { } limit)
        {
            double[] values = [.. rows.Select(r => r.Metrics[metric])];
            var mean = ClusteredMean.Of(values, Aggregation.ClustersOf(rows));
            _tests.Add(new Limit(_test.Limit(metric, limit, rows), MeanBounds.AboveP(values, mean, limit), mean, null));
        }
        else if (rows.Any(r => r.Metrics[metric] > 0))
        {
            Advice.Add(_test.Limit(metric, 0, rows) with { Note = "advice: questions forbid documents; set a violation limit to make this block" });
        }
    }

    // Each family has an equal part of the level, all named limits together one more.
    private void Decide()
    {
        var groups = Enumerable.Range(0, _tests.Count).GroupBy(i => _tests[i].Family).ToArray();
        foreach (var group in groups)
        {
            int[] members = [.. group];
            double level = FalseBlockBudget.OfLimits / groups.Length;
            double[] holm = Holm([.. members.Select(i => _tests[i].P)]);
            for (int m = 0; m < members.Length; m++)
            {
                var test = _tests[members[m]];
                double adjusted = test.ShrunkenP is { } p ? Math.Min(1, Math.Min(p / ShrunkenPart, holm[m] / (1 - ShrunkenPart))) : holm[m];
                _tests[members[m]] = test with { Reason = Decided(test, adjusted, level, members.Length) };
            }
        }
    }

    // A bad bound blocks when it is also proven over all that share its level; of a family by the cohort itself too.
    private static GateReason Decided(Limit test, double adjusted, double level, int tests)
    {
        var reason = test.Reason;
        double rounded = ThreeValuedTest.Round(adjusted);
        bool proven = rounded <= ThreeValuedTest.Round(level) && (test.Family is null || ThreeValuedTest.Round(test.P) <= OwnLevel);
        var outcome = reason.Outcome == TestOutcome.Bad && !proven ? TestOutcome.Open : reason.Outcome;
        bool aloneUnproven = outcome != reason.Outcome && rounded <= ThreeValuedTest.Round(level);
        return reason with
        {
            Outcome = outcome,
            P = ThreeValuedTest.Round(test.P),
            AdjustedP = rounded,
            Level = ThreeValuedTest.Round(level),
            Note = aloneUnproven ? string.Join("; ", new[] { reason.Note, "far from the others of its family, but not proven below the floor by its own questions" }.Where(n => n is not null)) : reason.Note,
            QueriesNeeded = outcome == reason.Outcome ? reason.QueriesNeeded : ThreeValuedTest.NeededToProve(test.Mean, reason.Metric, test.Mean.Mean - reason.Threshold, level / tests),
        };
    }

    private static bool Decides(Limit test) => test.Family is null || test.Reason.Outcome == TestOutcome.Bad || (test.Reason.Outcome == TestOutcome.Open && test.IsEstimatedBelow);

    private IEnumerable<(GateFloor Floor, QueryScore[] Rows)> Expand(GateFloor floor)
    {
        var having = _rows.Where(q => floor.Covers(q) && q.Metrics.ContainsKey(floor.Metric));
        return floor.IsFamily
            ? having.GroupBy(r => PairedReports.CohortOf(r, floor.Cohort!.Value.Attribute), StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => (floor with { Cohort = new CohortKey(floor.Cohort!.Value.Attribute, g.Key) }, g.ToArray())).Where(f => f.Item2.Length >= LeastTested)
            : [(floor, having.ToArray())];
    }
}
