using System.Collections.Concurrent;

namespace Nearfar.Evaluation.Statistics;

/// <summary>95 % interval of a share of n independent questions, from 30 on, whose ends are chosen together so that the coverage stays between 93.5 and 97 % wherever an interval can do that.</summary>
/// <remarks>
/// <para>
/// n questions have n + 1 outcomes, so the coverage of any interval jumps with the share; Wilson's falls to 90 and rises to 98. An interval is the same thing as a
/// range of counts [a(p), b(p)] taken as likely at every share p, neither end falling as p rises (Blyth and Still 1983, Journal of the American Statistical
/// Association 78:108). On a net of shares, <see cref="Net"/> of a standard error apart, the cheapest way through these ranges is found by dynamic
/// programming: what lies outside the band costs most, then the distance from 95 %, then the distance from Wilson's ranges.
/// </para>
/// <para>
/// Two coverages count: of all counts, and of those with at least <see cref="MeanBounds.EnoughEvents"/> of either outcome, whose intervals are printed without a mark.
/// Shares of more than 80 expected successes (and failures) keep Wilson's ends, whose coverage is smooth there. Only +, -, *, / and square roots
/// are used, so that every machine finds the same ends. docs/decisions/intervals-with-few-changes.md.
/// </para>
/// </remarks>
internal sealed class ShareInterval
{
    /// <summary>Fewest questions; below, <see cref="Of"/> is Wilson's.</summary>
    public const int Least = 30;

    /// <summary>Half of what both ends may miss; the only level that it has.</summary>
    public const double Alpha = 0.025;

    private const double Z = 1.959963984540054;     // the normal quantile, written out: its last bit may differ between systems
    private const double Net = 0.02;
    private const double Expected = 80;
    private const double BandLow = 0.9355, BandHigh = 0.9693;       // the wanted band less what lies between two shares of the net
    private const double TooLow = 0.6, TooHigh = 0.2;               // what a coverage of all counts outside the band weighs, where one of the unmarked weighs 1
    private const double OffLevel = 0.02, OffWilson = 0.01;         // a deviation from 95 % of 1.5 points, and a count away from Wilson's: these only decide where the band does not
    private const double LikelyTail = 0.08, RareTail = 0.002;      // no tail of a range may be heavier, and lighter ones are not told apart

    private static readonly ConcurrentDictionary<int, ShareInterval> s_known = new();

    private readonly int _n;
    private readonly bool _whole;
    private readonly double[] _shares;      // the net, ascending
    private readonly (int Low, int High)[] _ranges;

    private ShareInterval(int n)
    {
        _n = n;
        _whole = n <= 2 * Expected;     // then the net ends at 1/2, and what lies above mirrors it
        _shares = Shares();
        _ranges = Cheapest([.. _shares.Select(p => new LikelyCounts(n, p))]);
    }

    /// <summary>Both ends. Together they leave the truth out 3 to 6.5 times in 100, not each as often as the other.</summary>
    /// <param name="successes">0 to <paramref name="n"/>.</param>
    /// <param name="n">Independent questions, at least 1.</param>
    public static (double Low, double High) Of(int successes, int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, n);
        return n < Least ? Proportions.Wilson(successes, n, Alpha) : s_known.GetOrAdd(n, size => new(size)).Ends(successes);
    }

    private (double Low, double High) Ends(int successes)
    {
        if (2 * successes > _n)
        {
            var (low, high) = Ends(_n - successes);
            return (1 - high, 1 - low);
        }

        return (Low(successes) ?? Proportions.Wilson(successes, _n, Alpha).Low, High(successes) ?? (_whole ? 1 - Low(_n - successes)!.Value : Proportions.Wilson(successes, _n, Alpha).High));
    }

    // Midway between the last share that leaves the count out and the first that takes it in; null where no share of the net does.
    private double? Low(int successes)
    {
        int first = Array.FindIndex(_ranges, r => r.High >= successes);
        return first < 0 ? null : first == 0 ? 0 : (_shares[first - 1] + _shares[first]) / 2;
    }

    private double? High(int successes)
    {
        int first = Array.FindIndex(_ranges, r => r.Low > successes);
        return first < 0 ? null : (_shares[first - 1] + _shares[first]) / 2;
    }

    private double[] Shares()
    {
        double last = _whole ? 0.5 : Expected / _n;
        var shares = new List<double>();
        for (double p = 0.02 / _n; p < last; p += Net * Math.Max(0.5, Math.Sqrt(_n * p * (1 - p))) / _n)
        {
            shares.Add(p);
        }

        return [.. shares, last];
    }

    private (int Low, int High)[] Cheapest(LikelyCounts[] net)
    {
        double[,] costs = net[0].Costs();
        var cameFrom = new int[net.Length][,];
        for (int i = 1; i < net.Length; i++)
        {
            (costs, cameFrom[i]) = net[i].After(net[i - 1], costs);
        }

        var range = Last(net[^1], costs);
        var ranges = new (int Low, int High)[net.Length];
        for (int i = net.Length - 1; ; i--)
        {
            ranges[i] = range;
            if (i == 0)
            {
                return ranges;
            }

            range = net[i - 1].RangeAt(cameFrom[i][range.Low - net[i].FirstLow, range.High - net[i].FirstHigh]);
        }
    }

    // At 1/2 both outcomes are alike; at the end of a shorter net Wilson's range goes on.
    private (int Low, int High) Last(LikelyCounts last, double[,] costs)
    {
        if (!_whole)
        {
            return last.Wilson;
        }

        (int Low, int High) best = (-1, -1);
        for (int low = last.FirstLow; low < last.FirstLow + costs.GetLength(0); low++)
        {
            int high = _n - low - last.FirstHigh;
            if (high >= 0 && high < costs.GetLength(1) && (best.Low < 0 || costs[low - last.FirstLow, high] < costs[best.Low - last.FirstLow, best.High - last.FirstHigh]))
            {
                best = (low, _n - low);
            }
        }

        return best;
    }

    /// <summary>The ranges of counts that may be taken as likely at one share, with what each costs.</summary>
    private sealed class LikelyCounts
    {
        private readonly double[] _below;           // probability of fewer than i successes
        private readonly double[] _clearBelow;      // and of that with enough of either outcome
        private readonly bool _isClearUsual;
        private readonly int _lows, _highs;

        public LikelyCounts(int n, double share)
        {
            double deviation = Math.Sqrt(n * share * (1 - share));
            int most = (int)Math.Min(n, (n * share) + (8 * deviation) + 20);
            (_below, _clearBelow) = (new double[most + 2], new double[most + 2]);
            double p = Power(1 - share, n);
            for (int x = 0; x <= most; x++)
            {
                _below[x + 1] = _below[x] + p;
                _clearBelow[x + 1] = _clearBelow[x] + (Math.Min(x, n - x) >= MeanBounds.EnoughEvents ? p : 0);
                p *= (n - x) / (x + 1.0) * (share / (1 - share));
            }

            // Every other set at least, and a little fewer, as the net stops short of the share where it is every other.
            _isClearUsual = n >= MeanBounds.EnoughForShare && _clearBelow[^1] >= 0.45;
            FirstLow = First(x => _below[x + 1] >= RareTail);
            _lows = First(x => _below[x] > LikelyTail, most + 1) - FirstLow;
            FirstHigh = First(x => _below[^1] - _below[x + 1] <= LikelyTail);
            _highs = First(x => _below[^1] - _below[x + 1] < RareTail) + 1 - FirstHigh;
            Wilson = (Math.Clamp((int)Math.Ceiling((n * share) - (Z * deviation)), FirstLow, FirstLow + _lows - 1), Math.Clamp((int)Math.Floor((n * share) + (Z * deviation)), FirstHigh, FirstHigh + _highs - 1));
        }

        public int FirstLow { get; }

        public int FirstHigh { get; }

        public (int Low, int High) Wilson { get; }

        public (int Low, int High) RangeAt(int state) => (FirstLow + (state / _highs), FirstHigh + (state % _highs));

        public double[,] Costs()
        {
            double[,] costs = new double[_lows, _highs];
            for (int i = 0; i < _lows; i++)
            {
                for (int j = 0; j < _highs; j++)
                {
                    costs[i, j] = Cost(FirstLow + i, FirstHigh + j);
                }
            }

            return costs;
        }

        /// <summary>The costs of the cheapest ways that end in each range, and the state before it: a range whose ends are both at most its own.</summary>
        public (double[,] Costs, int[,] From) After(LikelyCounts before, double[,] costs)
        {
            var (least, states) = before.CheapestUpTo(costs);
            double[,] sums = Costs();
            int[,] from = new int[_lows, _highs];
            for (int i = 0; i < _lows; i++)
            {
                for (int j = 0; j < _highs; j++)
                {
                    int low = Math.Min(FirstLow + i - before.FirstLow, before._lows - 1);
                    int high = Math.Min(FirstHigh + j - before.FirstHigh, before._highs - 1);
                    sums[i, j] += least[low, high];
                    from[i, j] = states[low, high];
                }
            }

            return (sums, from);
        }

        private (double[,] Least, int[,] States) CheapestUpTo(double[,] costs)
        {
            double[,] least = (double[,])costs.Clone();
            int[,] states = new int[_lows, _highs];
            for (int i = 0; i < _lows; i++)
            {
                for (int j = 0; j < _highs; j++)
                {
                    states[i, j] = (i * _highs) + j;
                    if (i > 0 && least[i - 1, j] < least[i, j])
                    {
                        (least[i, j], states[i, j]) = (least[i - 1, j], states[i - 1, j]);
                    }

                    if (j > 0 && least[i, j - 1] < least[i, j])
                    {
                        (least[i, j], states[i, j]) = (least[i, j - 1], states[i, j - 1]);
                    }
                }
            }

            return (least, states);
        }

        private double Cost(int low, int high)
        {
            double all = _below[high + 1] - _below[low];
            double cost = ((all < BandLow ? TooLow : TooHigh) * Outside(all)) + (OffLevel * Square((all - 0.95) / 0.015)) + (OffWilson * (Math.Abs(low - Wilson.Low) + Math.Abs(high - Wilson.High)));
            return _isClearUsual ? cost + Outside((_clearBelow[high + 1] - _clearBelow[low]) / _clearBelow[^1]) : cost;
        }

        private static double Outside(double coverage) =>
            coverage < BandLow ? 1 + (200 * (BandLow - coverage)) : coverage > BandHigh ? 1 + (200 * (coverage - BandHigh)) : 0;

        private static double Square(double x) => x * x;

        private static int First(Func<int, bool> meets, int atMost = int.MaxValue)
        {
            int x = 0;
            for (; x < atMost && !meets(x); x++) { }

            return x;
        }

        // By squares: Math.Pow may differ in its last bit between systems.
        private static double Power(double x, int exponent)
        {
            double power = 1;
            for (; exponent > 0; exponent >>= 1, x *= x)
            {
                power *= (exponent & 1) == 1 ? x : 1;
            }

            return power;
        }
    }
}
