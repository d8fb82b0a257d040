using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;

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
        var numbers = required.SelectMany(r => r.Values.Rows).Select(r => r.Cluster).Distinct(StringComparer.Ordinal)
            .Order(Search.Utf8Order.Ascending).Select((id, i) => (id, i)).ToDictionary(c => c.id, c => c.i, StringComparer.Ordinal);
        Flipped[] tests = [.. required.Select(r => new Flipped(r.Values, r.Tolerance, numbers)).Where(t => t.MayBeBad(Negligible))];
        if (tests.Length == 0)
        {
            return 0;
        }

        var random = new SeededRandom(seed);
        double[] signs = new double[numbers.Count];
        int bad = 0;
        for (int b = 0; b < flips; b++)
        {
            ulong bits = 0;
            for (int c = 0; c < signs.Length; c++)
            {
                bits = (c & 63) == 0 ? random.Next() : bits >> 1;
                signs[c] = (bits & 1) == 0 ? 1 : -1;
            }

            bad += Array.Exists(tests, t => t.IsBad(signs)) ? 1 : 0;
        }

        return (double)bad / flips;
    }

    // The t bound alone: Tango's makes the real bound only wider, so the share errs upwards.
    private sealed class Flipped
    {
        private readonly (int Cluster, double Sum, int Size)[] _changed;
        private readonly double _squares;
        private readonly double _sizeSquares;
        private readonly int _n;
        private readonly double _clusterFactor;
        private readonly double _quantile;
        private readonly double _least;
        private readonly double _tolerance;
        private readonly bool _hasInterval;

        public Flipped(PairedValues values, double tolerance, Dictionary<string, int> numbers)
        {
            var mean = ClusteredMean.Of(values.Differences, values.Clusters);
            var clusters = values.Rows.Select((row, i) => (row.Cluster, Difference: values.Differences[i])).GroupBy(r => r.Cluster, StringComparer.Ordinal)
                .Select(g => (Cluster: numbers[g.Key], Sum: g.Sum(r => r.Difference), Size: g.Count())).ToArray();
            _changed = [.. clusters.Where(c => c.Sum != 0).OrderBy(c => c.Cluster)];
            _squares = _changed.Sum(c => c.Sum * c.Sum);
            _sizeSquares = clusters.Sum(c => (double)c.Size * c.Size);
            _n = mean.N;
            _hasInterval = mean.HasInterval;
            _clusterFactor = mean.Clusters / (mean.Clusters - 1.0);
            _quantile = _hasInterval && mean.Effective > 1 ? StudentT.UpperQuantile(ThreeValuedTest.BadAlpha, mean.Effective - 1) : double.PositiveInfinity;
            _least = _hasInterval ? mean.Floor(ThreeValuedTest.BadAlpha, 1) : 1;
            _tolerance = tolerance;
        }

        // Hoeffding 1963: a sum of flipped signs goes below -t with probability exp(-t² / 2 sum of squares) at most.
        public bool MayBeBad(double negligible)
        {
            double needed = _n * (_tolerance + _least);
            return _hasInterval && _squares > 0 && Math.Exp(-needed * needed / (2 * _squares)) > negligible;
        }

        public bool IsBad(double[] signs)
        {
            double sum = 0;
            double weighted = 0;
            foreach (var (cluster, value, size) in _changed)
            {
                double flipped = signs[cluster] * value;
                sum += flipped;
                weighted += flipped * size;
            }

            double mean = sum / _n;
            double between = Math.Max(0, _squares - (2 * mean * weighted) + (mean * mean * _sizeSquares));
            double error = Math.Sqrt(between * _clusterFactor) / _n;
            return mean + Math.Max(error < 1e-12 ? 0 : _quantile * error, _least) < -_tolerance;
        }
    }
}
