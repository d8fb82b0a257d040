using Nearfar.Vectors;

namespace Nearfar.Training.Sampling;

/// <summary>Batches that hold two or more rows of each of their labels, and at least two labels: what losses over groups need. Immutable, thread-safe.</summary>
/// <remarks>
/// The rows of a label are cut into twos; the twos, in random order, fill the batches. The odd row of a label waits for another epoch, and so do
/// twos that repeat a question of the batch or would leave it with one label.
/// </remarks>
internal sealed class LabelSampler : IBatchSampler
{
    private readonly RowDraws _draws;
    private readonly int[] _labels, _anchors;
    private readonly int _batch;
    private readonly double _minShare;
    private readonly ulong _seed;

    /// <param name="draws">Rows of an epoch.</param>
    /// <param name="labels">Label of every row.</param>
    /// <param name="anchors">Text number of every row's anchor: none stands twice.</param>
    /// <param name="batch">Most rows of a batch, at least 4; an odd one is lowered by 1.</param>
    /// <param name="minBatchShare">0 to 1.</param>
    /// <param name="seed">The run's seed.</param>
    public LabelSampler(RowDraws draws, int[] labels, int[] anchors, int batch, double minBatchShare, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 4);
        (_draws, _labels, _anchors, _batch, _minShare, _seed) = (draws, labels, anchors, batch - (batch % 2), minBatchShare, seed);
    }

    public bool ReadsVectors => false;

    public int CountOf(int epoch) => Epoch(epoch, null).Count;

    public IReadOnlyList<int[]> Epoch(int epoch, Rows<float>? documents)
    {
        var waiting = Twos(epoch);
        var batches = new List<int[]>();
        while (true)
        {
            var batch = new List<int>(_batch);
            var conflicting = new List<(int A, int B)>();
            var anchors = new HashSet<int>();
            int at = 0;
            for (; at < waiting.Count && batch.Count < _batch; at++)
            {
                var (a, b) = waiting[at];
                if (anchors.Contains(_anchors[a]) || anchors.Contains(_anchors[b]))
                {
                    conflicting.Add(waiting[at]);
                    continue;
                }

                anchors.Add(_anchors[a]);
                anchors.Add(_anchors[b]);
                batch.Add(a);
                batch.Add(b);
            }

            double least = batches.Count == 0 ? 4 : Math.Max(4, _minShare * batches[0].Length);
            if (batch.Count < least || batch.All(r => _labels[r] == _labels[batch[0]]))
            {
                return batches;
            }

            batches.Add([.. batch]);
            waiting = [.. conflicting, .. waiting.Skip(at)];
        }
    }

    private List<(int A, int B)> Twos(int epoch)
    {
        var open = new Dictionary<int, int>();
        var twos = new List<(int A, int B)>();
        foreach (int row in _draws.Of(epoch))
        {
            if (!open.Remove(_labels[row], out int other))
            {
                open.Add(_labels[row], row);
            }
            else if (_anchors[other] == _anchors[row])
            {
                open.Add(_labels[row], other);      // one question with two answers is no pair of questions
            }
            else
            {
                twos.Add((other, row));
            }
        }

        int[] order = [.. Enumerable.Range(0, twos.Count)];
        SeededRandom.For(_seed, epoch, "labels").Shuffle(order);
        return [.. order.Select(i => twos[i])];
    }
}
