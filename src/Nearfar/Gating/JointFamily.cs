using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>G3 and G4: every cohort, measure, reference and earlier release that is not G1's or G2's, under one family-wise level.</summary>
internal sealed class JointFamily
{
    private const int LeastTested = 3;
    private readonly ThreeValuedTest _test;
    private readonly List<Item> _items = [];
    private readonly List<Item> _watched = [];
    private readonly JointFallTest.Result[] _joint;
    private readonly JointFallTest.Result[] _alone;
    private readonly double _level;

    /// <summary>One difference of the family.</summary>
    private sealed record Item(string Rule, CohortKey? Cohort, ReferenceKind Kind, string? Release, PairedValues Values, double Tolerance);

    public JointFamily(GatePolicy policy, ThreeValuedTest test, IReadOnlyList<ComparedReport> compared, IReadOnlyList<string> metrics, double level)
    {
        _test = test;
        _level = level;
        var keys = compared[0].Pairs.Keys.ToArray();
        Listed = [.. keys.Where(k => compared[0].Pairs.CountOf(k) < LeastTested && !policy.Protected.Contains(k))];
        foreach (var against in compared)
        {
            foreach (string metric in metrics)
            {
                foreach (var cohort in Cohorts(policy, against, metric, keys))
                {
                    Add(_items, against.Kind == ReferenceKind.Earlier ? "G4" : "G3", cohort, against, metric, policy.ToleranceOf(cohort, metric));
                }
            }

            AddWatched(against, metrics, keys);
        }

        _joint = JointFallTest.Run([.. _items.Select(i => i.Values)], policy.Flips, policy.Seed);
        _alone = JointFallTest.Run([.. _watched.Select(i => i.Values)], policy.Flips, policy.Seed);
    }

    /// <summary>How many differences share the level.</summary>
    public int Count => _items.Count;

    /// <summary>Too few questions to test.</summary>
    public IReadOnlyList<CohortKey> Listed { get; }

    /// <summary>What has provably fallen, and by its tolerance at least: these block.</summary>
    public IEnumerable<GateReason> Failed() => Enumerable.Range(0, _items.Count).Where(HasFailed).Select(Reason);

    /// <summary>What may have fallen, by shrunken size: the list whose expected share of false entries is at most <paramref name="rate"/>.</summary>
    public IEnumerable<GateReason> Watch(double rate)
    {
        bool[] listed = JointFallTest.FalseDiscovery([.. _joint.Concat(_alone).Select(r => r.P)], rate);
        return Enumerable.Range(0, listed.Length).Where(i => listed[i]).Select(i => i < _items.Count ? Reason(i) : WatchedReason(i - _items.Count));
    }

    /// <summary>Cohorts where "no worse" in the main measure is not proven against a reference.</summary>
    public IEnumerable<GateReason> Unproven(string metric) => Enumerable.Range(0, _items.Count)
        .Where(i => _items[i].Rule == "G3" && _items[i].Values.Metric == metric && !HasFailed(i)).Select(Reason).Where(r => r.Outcome != TestOutcome.Fine);

    // G1 and G2 hold the main measure overall and in protected cohorts against the references; all else is here.
    private static IEnumerable<CohortKey?> Cohorts(GatePolicy policy, ComparedReport against, string metric, CohortKey[] keys)
    {
        bool required = metric == policy.Metric && against.Kind != ReferenceKind.Earlier;
        return keys.Where(k => !required || !policy.Protected.Contains(k)).Select(k => (CohortKey?)k).Prepend(null).Where(k => k is not null || !required);
    }

    private static void Add(List<Item> items, string rule, CohortKey? cohort, ComparedReport against, string metric, double tolerance)
    {
        var values = against.Pairs.Values(cohort, metric);
        if (values.Rows.Count >= LeastTested)
        {
            items.Add(new Item(rule, cohort, against.Kind, against.Release, values, tolerance));
        }
    }

    // Margins are watched in units of the background's spread; raw ones of two spaces do not compare.
    private void AddWatched(ComparedReport against, IReadOnlyList<string> metrics, CohortKey[] keys)
    {
        if (against.Kind != ReferenceKind.Earlier && !metrics.Contains(MetricNames.ZMarginMean))
        {
            foreach (var cohort in keys.Select(k => (CohortKey?)k).Prepend(null))
            {
                Add(_watched, "watch", cohort, against, MetricNames.ZMarginMean, 0);
            }
        }
    }

    private bool HasFailed(int i) =>
        ThreeValuedTest.Round(_joint[i].AdjustedP) <= _level && ThreeValuedTest.Round(ClusteredMeanOf(i).Mean) <= ThreeValuedTest.Round(-_items[i].Tolerance);

    private ClusteredMean ClusteredMeanOf(int i) => ClusteredMean.Of(_items[i].Values.Differences, _items[i].Values.Clusters);

    private GateReason Reason(int i)
    {
        var item = _items[i];
        var reason = _test.Difference(item.Rule, item.Cohort, item.Kind, item.Values, item.Tolerance);
        var shrunken = Shrunken(item);
        double level = _level / _items.Count;
        // A sign-flip test of C clusters has no p-value below 2^-C.
        bool canProve = Math.Pow(2, -reason.Clusters) <= _level;
        return reason with
        {
            // A bound of one cohort among many proves nothing.
            Outcome = HasFailed(i) ? TestOutcome.Bad : reason.Outcome == TestOutcome.Bad ? TestOutcome.Open : reason.Outcome,
            QueriesNeeded = HasFailed(i) ? null : reason.QueriesNeeded,
            Release = item.Release,
            P = ThreeValuedTest.Round(_joint[i].P),
            AdjustedP = ThreeValuedTest.Round(_joint[i].AdjustedP),
            Level = ThreeValuedTest.Round(_level),
            SmallestEffect = canProve && reason.SmallestEffect is not null ? ThreeValuedTest.SmallestProven(ClusteredMeanOf(i), level) : null,
            Shrunken = shrunken is { } s ? ThreeValuedTest.Round(s.Mean) : null,
            BelowProbability = shrunken is { } b ? ThreeValuedTest.Round(Shrinkage.Below(b, -item.Tolerance)) : null,
            Note = canProve ? null : "of so few documents no fall can be proven",
        };
    }

    private GateReason WatchedReason(int i)
    {
        var item = _watched[i];
        return _test.Difference(item.Rule, item.Cohort, item.Kind, item.Values, item.Tolerance) with
        {
            Outcome = TestOutcome.Open,
            QueriesNeeded = null,
            P = ThreeValuedTest.Round(_alone[i].P),
            Note = "watched, never blocks",
        };
    }

    // A family is one attribute in one measure against one report.
    private (double Mean, double Variance)? Shrunken(Item item)
    {
        if (item.Cohort is not { } cohort)
        {
            return null;
        }

        var family = _items.Where(i => i.Cohort?.Attribute == cohort.Attribute && i.Values.Metric == item.Values.Metric && i.Kind == item.Kind && i.Release == item.Release).ToArray();
        return Shrinkage.Of([.. family.Select(i => ClusteredMean.Of(i.Values.Differences, i.Values.Clusters))])[Array.IndexOf(family, item)];
    }
}

/// <summary>A report the candidate is held against, its rows paired and grouped.</summary>
internal sealed record ComparedReport(ReferenceKind Kind, string? Release, CohortPairs Pairs);
