using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation.Statistics;

/// <summary>Moves values among questions as "no attribute matters" allows when questions of one cluster are not independent: whole clusters, never single questions.</summary>
/// <remarks>
/// Clusters of one size and block trade places, values inside in random order: exact. Sizes that fewer than <see cref="LeastExact"/> clusters of a block share are
/// pooled: their means trade places in units of sqrt(between + within / size), the variance of a mean of that size (one-way random effects,
/// moments), and their deviations are shuffled at home: right in mean and variance. With single-question clusters this is the plain
/// permutation, and (expected - sum) / spread is (mu - mean_S) / (sigma sqrt(1/n_S - 1/n)). Immutable, thread-safe.
/// </remarks>
internal sealed class ClusterPermutation
{
    /// <summary>Fewest clusters of one size that trade places among themselves.</summary>
    public const int LeastExact = 10;

    // Any sum of any arrangement stays below this, so that 32 bits hold it.
    private const double Whole = 1 << 30;
    private readonly int[] _starts;
    private readonly int[] _clusterOf;
    private readonly int[] _stratumOf;
    private readonly Stratum[] _strata;
    private readonly double[] _deviations;
    private readonly double[] _units;
    private readonly double[] _means;
    private readonly double[] _squares;

    /// <param name="values">By question, clusters contiguous.</param>
    /// <param name="starts">First question of each cluster, then the number of questions [K + 1].</param>
    /// <param name="blocks">By cluster: only clusters of one block trade places.</param>
    public ClusterPermutation(ReadOnlySpan<double> values, int[] starts, int[] blocks)
    {
        _starts = starts;
        int clusters = starts.Length - 1;
        _means = new double[clusters];
        _squares = new double[clusters];
        _units = new double[clusters];
        _deviations = new double[values.Length];
        _clusterOf = new int[values.Length];
        for (int c = 0; c < clusters; c++)
        {
            Describe(values, c);
        }

        SetUnits();
        int[] sizes = [.. Enumerable.Range(0, clusters).Select(c => starts[c + 1] - starts[c])];
        var exact = Enumerable.Range(0, clusters).GroupBy(c => (blocks[c], sizes[c])).Where(g => g.Count() >= LeastExact).SelectMany(g => g).ToHashSet();
        _strata = [.. Enumerable.Range(0, clusters).GroupBy(c => (blocks[c], exact.Contains(c) ? sizes[c] : 0)).Select(g => new Stratum([.. g], g.Key.Item2))];
        _stratumOf = new int[clusters];
        for (int s = 0; s < _strata.Length; s++)
        {
            foreach (int c in _strata[s].Clusters)
            {
                _stratumOf[c] = s;
            }
        }

        Scale = ScaleOf(values);
        Values = [.. values.ToArray().Select(v => (int)Math.Round(v * Scale))];
        foreach (var stratum in _strata)
        {
            Moments(stratum);
        }
    }

    /// <summary>Values as whole numbers: times <see cref="Scale"/>, rounded.</summary>
    public int[] Values { get; }

    /// <summary>Whole units in 1; 0 when all values are 0.</summary>
    public double Scale { get; }

    /// <summary>Clusters with a question among the members.</summary>
    public int ClustersOf(ReadOnlySpan<int> members)
    {
        int count = 0;
        int last = -1;
        foreach (int member in members)
        {
            count += _clusterOf[member] != last ? 1 : 0;
            last = _clusterOf[member];
        }

        return count;
    }

    /// <summary>The observed sum of some questions with its mean and standard deviation over all arrangements, in closed form.</summary>
    /// <param name="members">Ascending.</param>
    public StepDown.Test Test(ReadOnlySpan<int> members)
    {
        Span<double> first = stackalloc double[_strata.Length];
        Span<double> second = stackalloc double[_strata.Length];
        first.Clear();
        second.Clear();
        int sum = 0;
        double variance = 0;
        for (int i = 0; i < members.Length;)
        {
            int cluster = _clusterOf[members[i]];
            int inside = 0;
            for (; i < members.Length && _clusterOf[members[i]] == cluster; i++, inside++)
            {
                sum += Values[members[i]];
            }

            var stratum = _strata[_stratumOf[cluster]];
            double weight = inside * _units[cluster];
            first[_stratumOf[cluster]] += weight;
            second[_stratumOf[cluster]] += weight * weight;
            double size = _starts[cluster + 1] - _starts[cluster];
            variance += size > 1 ? inside * (size - inside) / (size * (size - 1)) * (stratum.Size > 0 ? stratum.Within : _squares[cluster]) : 0;
        }

        double expected = 0;
        for (int s = 0; s < _strata.Length; s++)
        {
            var stratum = _strata[s];
            double count = stratum.Clusters.Length;
            expected += first[s] * stratum.Mean;
            variance += count > 1 ? Math.Max(0, second[s] - (first[s] * first[s] / count)) / (count - 1) * stratum.Between : 0;
        }

        return new(sum, expected, Math.Sqrt(variance));
    }

    /// <summary>One arrangement at random.</summary>
    /// <param name="random">Drawn from in an order that the clusters alone decide.</param>
    /// <param name="scratch">As many as questions.</param>
    /// <param name="into">Receives value i at i x <paramref name="stride"/>.</param>
    /// <param name="stride">At least 1.</param>
    public void Draw(SeededRandom random, Span<int> scratch, Span<int> into, int stride)
    {
        foreach (var stratum in _strata)
        {
            int[] clusters = stratum.Clusters;
            var order = scratch[..clusters.Length];
            if (stratum.Size == 1)
            {
                for (int i = 0; i < order.Length; i++)
                {
                    order[i] = Values[_starts[clusters[i]]];
                }

                Shuffle(random, order);
                for (int i = 0; i < order.Length; i++)
                {
                    into[_starts[clusters[i]] * stride] = order[i];
                }

                continue;
            }

            clusters.CopyTo(order);
            Shuffle(random, order);
            for (int i = 0; i < order.Length; i++)
            {
                MoveTo(clusters[i], order[i], stratum, random, scratch[clusters.Length..], into, stride);
            }
        }
    }

    private void MoveTo(int cluster, int source, Stratum stratum, SeededRandom random, Span<int> scratch, Span<int> into, int stride)
    {
        int start = _starts[cluster];
        int from = stratum.Size > 0 ? _starts[source] : start;
        var places = scratch[..(_starts[cluster + 1] - start)];
        for (int j = 0; j < places.Length; j++)
        {
            places[j] = from + j;
        }

        Shuffle(random, places);
        double mean = stratum.Size > 0 ? 0 : _means[source] * _units[cluster];
        for (int j = 0; j < places.Length; j++)
        {
            into[(start + j) * stride] = stratum.Size > 0 ? Values[places[j]] : (int)Math.Round(mean + _deviations[places[j]]);
        }
    }

    // Fisher and Yates; the high half of a product of 64 bits is even to n / 2^64.
    private static void Shuffle(SeededRandom random, Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = (int)Math.BigMul(random.Next(), (ulong)(i + 1), out _);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private void Describe(ReadOnlySpan<double> values, int cluster)
    {
        var own = values[_starts[cluster].._starts[cluster + 1]];
        double sum = 0;
        foreach (double value in own)
        {
            sum += value;
        }

        _means[cluster] = sum / own.Length;
        for (int j = 0; j < own.Length; j++)
        {
            double deviation = own[j] - _means[cluster];
            _clusterOf[_starts[cluster] + j] = cluster;
            _deviations[_starts[cluster] + j] = deviation;
            _squares[cluster] += deviation * deviation;
        }
    }

    // One-way random effects by moments (Searle, Casella and McCulloch 1992, ch. 3): the standard deviation of a mean of each size.
    private void SetUnits()
    {
        double n = _clusterOf.Length;
        double clusters = _means.Length;
        double within = n > clusters ? _squares.Sum() / (n - clusters) : 0;
        double all = 0;
        double sizes = 0;
        for (int c = 0; c < _means.Length; c++)
        {
            double size = _starts[c + 1] - _starts[c];
            all += size * _means[c] / n;
            sizes += size * size / n;
        }

        double between = 0;
        for (int c = 0; c < _means.Length; c++)
        {
            between += (_starts[c + 1] - _starts[c]) * (_means[c] - all) * (_means[c] - all);
        }

        double component = clusters > 1 && n > sizes ? Math.Max(0, ((between / (clusters - 1)) - within) * (clusters - 1) / (n - sizes)) : 0;
        for (int c = 0; c < _means.Length; c++)
        {
            double variance = component + (within / (_starts[c + 1] - _starts[c]));
            _units[c] = variance > 0 ? Math.Sqrt(variance) : 1;
        }
    }

    // The largest sum of absolute values that an arrangement can have, made to fit.
    private double ScaleOf(ReadOnlySpan<double> values)
    {
        double bound = 0;
        foreach (var stratum in _strata)
        {
            if (stratum.Size > 0)
            {
                foreach (int c in stratum.Clusters)
                {
                    foreach (double value in values[_starts[c].._starts[c + 1]])
                    {
                        bound += Math.Abs(value);
                    }
                }

                continue;
            }

            double[] weights = [.. stratum.Clusters.Select(c => (_starts[c + 1] - _starts[c]) * _units[c]).Order()];
            double[] sizes = [.. stratum.Clusters.Select(c => Math.Abs(_means[c]) / _units[c]).Order()];
            bound += weights.Zip(sizes, (w, s) => w * s).Sum();
            bound += stratum.Clusters.Sum(c => _deviations.AsSpan(_starts[c], _starts[c + 1] - _starts[c]).ToArray().Sum(Math.Abs));
        }

        return bound > 0 ? Whole / bound : 0;
    }

    // From here on everything is in whole units; a block's clusters of one size need no other unit than 1.
    private void Moments(Stratum stratum)
    {
        foreach (int c in stratum.Clusters)
        {
            _units[c] = stratum.Size > 0 ? 1 : _units[c];
            _means[c] *= Scale / _units[c];
            stratum.Mean += _means[c] / stratum.Clusters.Length;
            _squares[c] *= Scale * Scale;
            stratum.Within += _squares[c] / stratum.Clusters.Length;
            for (int i = _starts[c]; i < _starts[c + 1]; i++)
            {
                _deviations[i] *= Scale;
            }
        }

        stratum.Between = stratum.Clusters.Sum(c => (_means[c] - stratum.Mean) * (_means[c] - stratum.Mean));
    }

    /// <summary>Clusters that trade places; size 0: of several sizes.</summary>
    private sealed class Stratum(int[] clusters, int size)
    {
        public int[] Clusters => clusters;

        public int Size => size;

        public double Mean { get; set; }

        public double Between { get; set; }

        public double Within { get; set; }
    }
}
