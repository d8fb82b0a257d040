using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>G3 and G4: every cohort, measure, reference and earlier release that is not G1's or G2's, under one family-wise level.</summary>
internal sealed class JointFamily
{
    private const int LeastTested = 3;

    /// <summary>Smallest fall of a watched margin that is shown, in standard deviations of the background.</summary>
    private const double LeastMarginShown = 0.1;
    private readonly ThreeValuedTest _test;
    private readonly List<Item> _items = [];
    private readonly List<Item> _watched = [];
    private readonly JointFallTest.Result[] _joint;
    private readonly JointFallTest.Result[] _alone;
    private readonly double _level;
    private readonly Lazy<Dictionary<Item, (double Mean, double Variance)>> _shrunken;

    /// <summary>One difference of the family.</summary>
    private sealed record Item(string Rule, CohortKey? Cohort, ReferenceKind Kind, string? Release, PairedValues Values, double Tolerance, ChangeRate Rate)
    {
        public ClusteredMean Mean { get; } = ClusteredMean.Of(Values.Differences, Values.Clusters);

        /// <summary>One attribute in one measure against one report.</summary>
        public (string?, string, ReferenceKind, string?) Family => (Cohort?.Attribute, Values.Metric, Kind, Release);
    }

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
                var rate = against.RateOf(metric);
                foreach (var cohort in Cohorts(policy, against, metric, keys))
                {
                    Add(_items, against.Kind == ReferenceKind.Earlier ? "G4" : "G3", cohort, against, metric, policy.ToleranceOf(cohort, metric), rate);
                }
            }

            AddWatched(against, metrics, keys);
        }

        _joint = JointFallTest.Run([.. _items.Select(i => new FallTest(i.Values, i.Rate, i.Tolerance))], policy.Flips, policy.Seed);
        _alone = JointFallTest.Run([.. _watched.Select(i => new FallTest(i.Values))], policy.Flips, policy.Seed);
        _shrunken = new(Shrunken);
    }

    /// <summary>How many differences share the level.</summary>
    public int Count => _items.Count;

    /// <summary>Too few questions to test.</summary>
    public IReadOnlyList<CohortKey> Listed { get; }

    /// <summary>What has provably fallen, and by its tolerance at least: these block.</summary>
    public IEnumerable<GateReason> Failed() => Enumerable.Range(0, _items.Count).Where(HasFailed).Select(Reason);

    /// <summary>What may have fallen by a size that matters: of the list whose expected share of false entries is at most <paramref name="rate"/>.</summary>
    /// <remarks>A cohort stands there once for each report it is held against, by the measure that shows its fall best. What blocks is always there.</remarks>
    public IEnumerable<GateReason> Watch(double rate)
    {
        double[] p = [.. _joint.Concat(_alone).Select(r => r.P)];
        bool[] listed = JointFallTest.FalseDiscovery(p, rate);
        bool Blocks(int i) => i < _items.Count && HasFailed(i);
        return Enumerable.Range(0, p.Length).Where(i => Blocks(i) || (listed[i] && Matters(ItemOf(i))))
            .GroupBy(i => (ItemOf(i).Cohort, ItemOf(i).Kind, ItemOf(i).Release)).Select(g => g.OrderByDescending(Blocks).ThenBy(i => p[i]).ThenBy(i => i).First())
            .Select(i => i < _items.Count ? Reason(i) : WatchedReason(i - _items.Count));
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

    private static void Add(List<Item> items, string rule, CohortKey? cohort, ComparedReport against, string metric, double tolerance, ChangeRate rate)
    {
        var values = against.Pairs.Values(cohort, metric);
        if (values.Rows.Count >= LeastTested)
        {
            items.Add(new Item(rule, cohort, against.Kind, against.Release, values, tolerance, rate));
        }
    }

    // Margins are watched in units of the background's spread; raw ones of two spaces do not compare. Against keyword search there are none, and
    // an encoder that was never in service had its own, which nobody misses: what matters is a margin that the release in service has.
    private void AddWatched(ComparedReport against, IReadOnlyList<string> metrics, CohortKey[] keys)
    {
        if (against.Kind == ReferenceKind.Current && !metrics.Contains(MetricNames.ZMarginMean))
        {
            foreach (var cohort in keys.Select(k => (CohortKey?)k).Prepend(null))
            {
                Add(_watched, "watch", cohort, against, MetricNames.ZMarginMean, LeastMarginShown, default);
            }
        }
    }

    private Item ItemOf(int i) => i < _items.Count ? _items[i] : _watched[i - _items.Count];

    // With thousands of questions a fall of a thousandth is certain, and nobody's concern: half of what would block is.
    private static bool Matters(Item item) => item.Mean.Mean <= -(item.Rule == "watch" ? item.Tolerance : item.Tolerance / 2);

    private bool HasFailed(int i) =>
        ThreeValuedTest.Round(_joint[i].AdjustedP) <= _level && ThreeValuedTest.Round(_items[i].Mean.Mean) <= ThreeValuedTest.Round(-_items[i].Tolerance);

    private GateReason Reason(int i)
    {
        var item = _items[i];
        var reason = _test.Difference(item.Rule, item.Cohort, item.Kind, item.Values, item.Tolerance, item.Mean);
        (double Mean, double Variance)? shrunken = _shrunken.Value.TryGetValue(item, out var size) ? size : null;
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
            SmallestEffect = canProve && reason.SmallestEffect is not null ? ThreeValuedTest.SmallestProven(item.Mean, level) : null,
            Shrunken = shrunken is { } s ? ThreeValuedTest.Round(s.Mean) : null,
            BelowProbability = shrunken is { } b ? ThreeValuedTest.Round(Shrinkage.Below(b, -item.Tolerance)) : null,
            Note = canProve ? null : "of so few documents no fall can be proven",
        };
    }

    private GateReason WatchedReason(int i)
    {
        var item = _watched[i];
        return _test.Difference(item.Rule, item.Cohort, item.Kind, item.Values, item.Tolerance, item.Mean) with
        {
            Outcome = TestOutcome.Open,
            QueriesNeeded = null,
            P = ThreeValuedTest.Round(_alone[i].P),
        };
    }

    private Dictionary<Item, (double Mean, double Variance)> Shrunken()
    {
        var shrunken = new Dictionary<Item, (double, double)>(ReferenceEqualityComparer.Instance);
        foreach (var family in _items.Where(i => i.Cohort is not null).GroupBy(i => i.Family))
        {
            foreach (var (item, size) in family.Zip(Shrinkage.Of([.. family.Select(i => i.Mean)])))
            {
                if (size is { } known)
                {
                    shrunken[item] = known;
                }
            }
        }

        return shrunken;
    }
}

/// <summary>A report the candidate is held against, its rows paired and grouped.</summary>
internal sealed record ComparedReport(ReferenceKind Kind, string? Release, CohortPairs Pairs)
{
    /// <summary>How much all questions change in a measure.</summary>
    public ChangeRate RateOf(string metric) => ChangeRate.Of(Pairs.Values(null, metric));
}
