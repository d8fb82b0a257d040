using Nearfar.Vectors;

namespace Nearfar.Training.Sampling;

/// <summary>Several data sets, each batch out of one of them. Immutable, thread-safe.</summary>
internal sealed class MixedSampler : IBatchSampler
{
    private const int AnotherPass = 1_000_000;      // far above the most epochs: a further pass of a set is an epoch that no run reaches
    private readonly IBatchSampler[] _sets;
    private readonly int[] _rows;
    private readonly MixRule _rule;
    private readonly double _temperature;
    private readonly ulong _seed;

    /// <param name="sets">A sampler for each data set.</param>
    /// <param name="rows">Rows of each.</param>
    /// <param name="rule">How often each comes.</param>
    /// <param name="temperature">For <see cref="MixRule.Temperature"/>, at least 1.</param>
    /// <param name="seed">The run's seed.</param>
    public MixedSampler(IBatchSampler[] sets, int[] rows, MixRule rule, double temperature, ulong seed) =>
        (_sets, _rows, _rule, _temperature, _seed) = (sets, rows, rule, temperature, seed);

    public bool ReadsVectors => _sets.Any(s => s.ReadsVectors);

    public int CountOf(int epoch) => Quotas(epoch).Sum();

    public IReadOnlyList<int[]> Epoch(int epoch, Rows<float>? documents)
    {
        int[] quotas = Quotas(epoch);
        var batches = _sets.Select((set, s) => Take(set, epoch, quotas[s], documents)).ToArray();
        int[] order = [.. Enumerable.Range(0, _sets.Length).SelectMany(s => Enumerable.Repeat(s, quotas[s]))];
        if (_rule == MixRule.RoundRobin)
        {
            order = [.. Enumerable.Range(0, order.Length).Select(i => i % _sets.Length)];
        }
        else
        {
            SeededRandom.For(_seed, epoch, "mix").Shuffle(order);
        }

        int[] next = new int[_sets.Length];
        return [.. order.Select(s => batches[s][next[s]++])];
    }

    private static List<int[]> Take(IBatchSampler set, int epoch, int quota, Rows<float>? documents)
    {
        var taken = new List<int[]>(quota);
        for (int pass = 0; taken.Count < quota; pass++)
        {
            var more = set.Epoch(epoch + (pass * AnotherPass), documents);
            taken.AddRange(more.Take(quota - taken.Count));
        }

        return taken;
    }

    // Batches of each set. A set that makes no batch at all has none.
    private int[] Quotas(int epoch)
    {
        int[] counts = [.. _sets.Select(s => s.CountOf(epoch))];
        if (_rule == MixRule.Proportional)
        {
            return counts;
        }

        if (_rule == MixRule.RoundRobin)
        {
            return [.. counts.Select(_ => counts.Min())];
        }

        double[] weights = [.. _rows.Select((n, s) => counts[s] == 0 ? 0 : Math.Pow(n, 1 / _temperature))];
        double all = weights.Sum();
        int total = counts.Sum();
        return [.. weights.Select(w => w == 0 ? 0 : Math.Max(1, (int)Math.Round(total * w / all)))];
    }
}
