using Nearfar.Vectors;

namespace Nearfar.Training.Sampling;

/// <summary>Batches in which no text stands twice. A row that conflicts with its batch waits for a later one. Immutable, thread-safe.</summary>
/// <remarks>
/// An in-batch negative that is a right answer teaches the wrong thing; equal texts are such answers. An epoch ends when the rows that are
/// left no longer fill <c>minBatchShare</c> of its first batch: tiny batches of leftovers cost time and hardly teach.
/// </remarks>
public sealed class BatchSampler : IBatchSampler
{
    private readonly RowDraws _draws;
    private readonly RowConflicts _conflicts;
    private readonly int _batch;
    private readonly double _minShare;

    /// <param name="anchors">Text number of each row's anchor.</param>
    /// <param name="positives">Text number of each row's positive, in the same numbering.</param>
    /// <param name="batch">Most rows of a batch, at least 2.</param>
    /// <param name="minBatchShare">0 to 1.</param>
    /// <param name="seed">The run's seed.</param>
    public BatchSampler(IReadOnlyList<int> anchors, IReadOnlyList<int> positives, int batch, double minBatchShare, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(anchors);
        ArgumentNullException.ThrowIfNull(positives);
        ArgumentOutOfRangeException.ThrowIfNotEqual(positives.Count, anchors.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(minBatchShare, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBatchShare, 1);
        (_batch, _minShare) = (batch, minBatchShare);
        _draws = new RowDraws([.. Enumerable.Range(0, anchors.Count)], seed);
        _conflicts = RowConflicts.Equal([.. anchors.Zip(positives, (a, p) => new[] { a, p })]);
    }

    internal BatchSampler(RowDraws draws, RowConflicts conflicts, int batch, double minBatchShare) => (_draws, _conflicts, _batch, _minShare) = (draws, conflicts, batch, minBatchShare);

    bool IBatchSampler.ReadsVectors => false;

    /// <summary>The batches of an epoch, each a list of row numbers; deterministic in the seed and the epoch.</summary>
    /// <param name="epoch">0-based.</param>
    public IReadOnlyList<int[]> Epoch(int epoch) => Fill(_draws.Of(epoch));

    int IBatchSampler.CountOf(int epoch) => Epoch(epoch).Count;

    IReadOnlyList<int[]> IBatchSampler.Epoch(int epoch, Rows<float>? documents) => Epoch(epoch);

    private List<int[]> Fill(int[] waiting)
    {
        var table = new RowConflicts.Table(_conflicts);
        var batches = new List<int[]>();
        int left = waiting.Length;
        int start = 0;                          // rows before it are used up; conflicting ones are moved in front of what is left
        var batch = new List<int>(_batch);
        var conflicting = new List<int>();
        while (left > 0)
        {
            int number = batches.Count + 1;
            int next = start;
            for (; next < waiting.Length && batch.Count < _batch; next++)
            {
                int row = waiting[next];
                if (!table.Admits(row, number))
                {
                    conflicting.Add(row);
                    continue;
                }

                table.Take(row, number);
                batch.Add(row);
            }

            int least = batches.Count == 0 ? 2 : Math.Max(2, (int)Math.Ceiling(_minShare * batches[0].Length));
            if (batch.Count < least)
            {
                break;
            }

            start = next - conflicting.Count;
            conflicting.CopyTo(waiting, start);
            left = waiting.Length - start;
            batches.Add([.. batch]);
            batch.Clear();
            conflicting.Clear();
        }

        return batches;
    }
}
