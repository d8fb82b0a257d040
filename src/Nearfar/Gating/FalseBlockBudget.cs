using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Gating;

/// <summary>How the one chance in a hundred that a healthy release is blocked is shared out among the rules that may block.</summary>
/// <remarks>
/// Limits (floors, violations) get a fixed share where the policy sets some. What G1 and G2 would need is measured, not assumed: the share of
/// sign flips of these very differences, hence under "no change", in which one of their bounds falls below its limit. With enough questions
/// that is 0 and everything is left to the joint test of G3 and G4. Above <see cref="MostOfRequired"/>, which happens with a handful of
/// questions, a bad bound alone blocks no more: the fall must be proven jointly at that level too.
/// </remarks>
internal sealed class FalseBlockBudget
{
    public const double Total = 0.01;
    public const double OfLimits = 0.004;
    public const double MostOfRequired = 0.005;
    private const double Negligible = 1e-6;

    /// <param name="required">Differences of G1 and G2 with their tolerances.</param>
    /// <param name="hasLimits">Whether a floor or a violation limit may block.</param>
    /// <param name="flips">Resamples.</param>
    /// <param name="seed">Of the flips.</param>
    public FalseBlockBudget(IReadOnlyList<(PairedValues Values, double Tolerance)> required, bool hasLimits, int flips, ulong seed)
    {
        double share = Share(required, flips, seed);
        IsTight = share > MostOfRequired;
        Joint = Total - (hasLimits ? OfLimits : 0) - Math.Min(share, MostOfRequired);
    }

    /// <summary>Family-wise level of the joint test.</summary>
    public double Joint { get; }

    /// <summary>Whether a bad bound of G1 or G2 must be proven jointly at <see cref="MostOfRequired"/>.</summary>
    public bool IsTight { get; }

    private static double Share(IReadOnlyList<(PairedValues Values, double Tolerance)> required, int flips, ulong seed)
    {
        Flipped[] tests = [.. required.Select(r => new Flipped(r.Values, r.Tolerance)).Where(t => t.MayBeBad(Negligible))];
        if (tests.Length == 0)
        {
            return 0;
        }

        var flipper = Flipper(tests, seed);
        int[] sums = new int[tests.Length * 2 * StepDown.Lanes];
        int bad = 0;
        for (int block = 0; block * StepDown.Lanes < flips; block++)
        {
            flipper.Draw(block, StepDown.Lanes, sums);
            for (int lane = 0; lane < Math.Min(StepDown.Lanes, flips - (block * StepDown.Lanes)); lane++)
            {
                bad += AnyIsBad(tests, sums, lane) ? 1 : 0;
            }
        }

        return (double)bad / flips;
    }

    private static bool AnyIsBad(Flipped[] tests, int[] sums, int lane)
    {
        for (int t = 0; t < tests.Length; t++)
        {
            int at = (t * 2 * StepDown.Lanes) + lane;
            if (tests[t].IsBad(sums[at], sums[at + StepDown.Lanes]))
            {
                return true;
            }
        }

        return false;
    }

    // Two sums of each test: of changes, and of changes times the size of their cluster.
    private static SignFlips Flipper(Flipped[] tests, ulong seed)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = new List<ulong>();
        var (starts, units, values) = (new List<int> { 0 }, new List<int>(), new List<int>());
        foreach (var (test, weighted) in tests.SelectMany(t => new[] { (t, false), (t, true) }))
        {
            foreach (var (cluster, change, size) in test.Changed)
            {
                if (numbers.TryAdd(cluster, keys.Count))
                {
                    keys.Add(SignFlips.Key(cluster, seed));
                }

                units.Add(numbers[cluster]);
                values.Add((int)Math.Round(weighted ? change * size * test.UnitsOfWeighted : change * test.UnitsOfOne));
            }

            starts.Add(units.Count);
        }

        return new SignFlips([.. keys], [.. starts], [.. units], [.. values]);
    }

    // The t bound alone: Tango's makes the real bound only wider, so the share errs upwards.
    private sealed class Flipped
    {
        private const double Whole = 1 << 30;
        private readonly double _squares;
        private readonly double _sizeSquares;
        private readonly int _n;
        private readonly double _clusterFactor;
        private readonly double _quantile;
        private readonly double _least;
        private readonly double _tolerance;
        private readonly bool _hasInterval;

        public Flipped(PairedValues values, double tolerance)
        {
            var mean = ClusteredMean.Of(values.Differences, values.Clusters);
            var (sums, sizes) = ChangeRate.ByCluster(values);
            string[] names = new string[sums.Length];
            for (int i = 0; i < names.Length; i++)
            {
                names[values.Clusters[i]] = values.Rows[i].Cluster;
            }

            Changed = [.. Enumerable.Range(0, sums.Length).Where(c => sums[c] != 0).Select(c => (names[c], sums[c], sizes[c]))];
            double absolute = Changed.Sum(c => Math.Abs(c.Change));
            UnitsOfOne = absolute > 0 ? Whole / absolute : 0;
            UnitsOfWeighted = absolute > 0 ? Whole / Changed.Sum(c => Math.Abs(c.Change) * c.Size) : 0;
            _squares = sums.Sum(s => s * s);
            _sizeSquares = sizes.Sum(m => (double)m * m);
            _n = mean.N;
            _hasInterval = mean.HasInterval;
            _clusterFactor = mean.Clusters / (mean.Clusters - 1.0);
            _quantile = _hasInterval && mean.Effective > 1 ? StudentT.UpperQuantile(ThreeValuedTest.BadAlpha, mean.Effective - 1) : double.PositiveInfinity;
            _least = _hasInterval ? mean.Floor(ThreeValuedTest.BadAlpha, 1) : 1;
            _tolerance = tolerance;
        }

        /// <summary>Clusters that a flip moves.</summary>
        public (string Cluster, double Change, int Size)[] Changed { get; }

        /// <summary>Whole units of a change of 1.</summary>
        public double UnitsOfOne { get; }

        /// <summary>The same where changes count as often as their cluster has questions.</summary>
        public double UnitsOfWeighted { get; }

        // Hoeffding 1963: a sum of flipped signs goes below -t with probability exp(-t² / 2 sum of squares) at most.
        public bool MayBeBad(double negligible)
        {
            double needed = _n * (_tolerance + _least);
            return _hasInterval && _squares > 0 && Math.Exp(-needed * needed / (2 * _squares)) > negligible;
        }

        public bool IsBad(int sum, int weighted)
        {
            double mean = sum / UnitsOfOne / _n;
            if (mean + _least >= -_tolerance)
            {
                return false;
            }

            double between = Math.Max(0, _squares - (2 * mean * weighted / UnitsOfWeighted) + (mean * mean * _sizeSquares));
            double error = Math.Sqrt(between * _clusterFactor) / _n;
            // Whole units leave a spread of about 1e-9 where there is none.
            return mean + Math.Max(error < 1e-7 ? 0 : _quantile * error, _least) < -_tolerance;
        }
    }
}
