using Nearfar.Vectors;

namespace Nearfar.Training.Sampling;

/// <summary>Several data sets, each batch out of one of them. Immutable, thread-safe.</summary>
internal sealed class MixedSampler : IBatchSampler
{
    private const int AnotherPass = 1_000_000;      // far above the most epochs: a further pass of a set is an epoch that no run reaches
    private readonly IBatchSampler[] _sets;
    private readonly long[] _rows;
    private readonly MixRule _rule;
    private readonly double _temperature;
    private readonly ulong _seed;

    /// <param name="sets">A sampler for each data set.</param>
    /// <param name="rows">Rows of each.</param>
    /// <param name="rule">How often each comes.</param>
    /// <param name="temperature">For <see cref="MixRule.Temperature"/>, at least 1.</param>
    /// <param name="seed">The run's seed.</param>
    public MixedSampler(IBatchSampler[] sets, long[] rows, MixRule rule, double temperature, ulong seed) =>
        (_sets, _rows, _rule, _temperature, _seed) = (sets, rows, rule, temperature, seed);

    public bool ReadsVectors => _sets.Any(s => s.ReadsVectors);

    public int CountOf(int epoch) => Quotas(epoch).Sum();

    public IReadOnlyList<int[]> Epoch(int epoch, Rows<float>? documents)
    {
        int[] quotas = Quotas(epoch);
        return InOrder([.. _sets.Select((set, s) => Take(set, epoch, quotas[s], documents))], _rule, SeededRandom.For(_seed, epoch, "mix"));
    }

    /// <summary>The batches of all sets in one list: in random order, or in turn; those of one set stay in theirs.</summary>
    public static List<int[]> InOrder(IReadOnlyList<int[]>[] batches, MixRule rule, SeededRandom random)
    {
        int[] order = rule == MixRule.RoundRobin
            ? [.. Enumerable.Range(0, batches.Max(b => b.Count)).SelectMany(turn => Enumerable.Range(0, batches.Length).Where(s => turn < batches[s].Count))]
            : [.. Enumerable.Range(0, batches.Length).SelectMany(s => Enumerable.Repeat(s, batches[s].Count))];
        if (rule != MixRule.RoundRobin)
        {
            random.Shuffle(order);
        }

        int[] next = new int[batches.Length];
        return [.. order.Select(s => batches[s][next[s]++])];
    }

    /// <summary>So many batches of a set, out of further passes where one has too few.</summary>
    public static List<int[]> Take(IBatchSampler set, int epoch, int quota, Rows<float>? documents)
    {
        var taken = new List<int[]>(quota);
        for (int pass = 0; taken.Count < quota; pass++)
        {
            var more = set.Epoch(epoch + (pass * AnotherPass), documents);
            taken.AddRange(more.Take(quota - taken.Count));
        }

        return taken;
    }

    /// <summary>Batches that each set gives in an epoch. A set that makes no batch at all has none.</summary>
    /// <param name="counts">Batches that each makes of all its rows.</param>
    /// <param name="rows">Rows of each.</param>
    /// <param name="rule">How often each comes.</param>
    /// <param name="temperature">For <see cref="MixRule.Temperature"/>, at least 1.</param>
    public static int[] Quotas(int[] counts, IReadOnlyList<long> rows, MixRule rule, double temperature)
    {
        if (rule == MixRule.Proportional)
        {
            return counts;
        }

        if (rule == MixRule.RoundRobin)
        {
            return [.. counts.Select(_ => counts.Min())];
        }

        double[] weights = [.. rows.Select((n, s) => counts[s] == 0 ? 0 : Math.Pow(n, 1 / temperature))];
        double all = weights.Sum();
        int total = counts.Sum();
        return [.. weights.Select(w => w == 0 ? 0 : Math.Max(1, (int)Math.Round(total * w / all)))];
    }

    private int[] Quotas(int epoch) => Quotas([.. _sets.Select(s => s.CountOf(epoch))], _rows, _rule, _temperature);
}
