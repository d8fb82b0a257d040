using Nearfar.Vectors;

namespace Nearfar.Training.Sampling;

/// <summary>Batches of rows whose documents lie near each other, by the vectors at the epoch's begin: harder negatives than chance gives. Immutable, thread-safe.</summary>
/// <remarks>
/// Topic-aware sampling, Hofstätter et al. 2021, arXiv:2104.06967, section 3.2, with two differences: documents are clustered, anew in every
/// epoch, by the encoder that is trained; and a document within <see cref="Twin"/> of one in the batch is taken for another wording of the
/// same answer and waits for another batch (the false-negative filter).
/// </remarks>
internal sealed class NeighbourSampler : IBatchSampler
{
    /// <summary>Cosine from which on two documents count as one answer.</summary>
    public const float Twin = 0.95f;

    private const int Rounds = 3;               // of k-means; the clusters need not be good, only near
    private const int Tries = 8;                // batches that a row which fits nowhere is offered to
    private readonly RowDraws _draws;
    private readonly RowConflicts _conflicts;
    private readonly int[] _documentOf;
    private readonly BatchSampler _plain;
    private readonly ulong _seed;

    /// <param name="draws">Rows of an epoch.</param>
    /// <param name="conflicts">Which rows may not meet.</param>
    /// <param name="documentOf">Document slot of every row.</param>
    /// <param name="batch">Most rows of a batch.</param>
    /// <param name="minBatchShare">0 to 1.</param>
    /// <param name="seed">The run's seed.</param>
    public NeighbourSampler(RowDraws draws, RowConflicts conflicts, int[] documentOf, int batch, double minBatchShare, ulong seed) =>
        (_draws, _conflicts, _documentOf, _plain, _seed) = (draws, conflicts, documentOf, new BatchSampler(draws, conflicts, batch, minBatchShare), seed);

    public bool ReadsVectors => true;

    // As many as random batches would be: known before there is a vector.
    public int CountOf(int epoch) => _plain.Epoch(epoch).Count;

    public IReadOnlyList<int[]> Epoch(int epoch, Rows<float>? documents)
    {
        var vectors = documents ?? throw new ArgumentNullException(nameof(documents));
        var plain = _plain.Epoch(epoch);
        int[] drawn = _draws.Of(epoch);
        if (plain.Count < 2)
        {
            return plain;       // one batch holds all: nothing to arrange
        }

        int[] clusters = Cluster(vectors, plain.Count, epoch);
        int[] order = [.. Enumerable.Range(0, plain.Count)];
        SeededRandom.For(_seed, epoch, "clusters").Shuffle(order);
        int[] walk = [.. drawn.OrderBy(row => order[clusters[_documentOf[row]]])];      // stable: the draw's order within a cluster
        var batches = Deal(walk, [.. plain.Select(b => b.Length)], vectors);
        return batches.All(b => b.Count >= 2) ? [.. batches.Select(b => b.ToArray())] : plain;
    }

    private List<int>[] Deal(int[] walk, int[] sizes, Rows<float> vectors)
    {
        var batches = sizes.Select(s => new List<int>(s)).ToArray();
        var table = new RowConflicts.Table(_conflicts);
        var waiting = new Queue<int>();
        int at = 0;
        for (int b = 0; b < sizes.Length; b++)
        {
            for (int w = waiting.Count; w > 0 && batches[b].Count < sizes[b]; w--)
            {
                Offer(waiting.Dequeue(), b);
            }

            while (at < walk.Length && batches[b].Count < sizes[b])
            {
                Offer(walk[at++], b);
            }
        }

        return batches;

        // A row that does not fit waits for the next batch; after some it is left for another epoch.
        void Offer(int row, int b)
        {
            if (table.Admits(row, b + 1) && !HasTwin(row, batches[b], vectors))
            {
                table.Take(row, b + 1);
                batches[b].Add(row);
            }
            else if (waiting.Count < Tries * sizes[b])
            {
                waiting.Enqueue(row);
            }
        }
    }

    private unsafe bool HasTwin(int row, List<int> batch, Rows<float> vectors)
    {
        fixed (float* data = vectors.Data.Span)
        {
            float* own = data + ((long)_documentOf[row] * vectors.Stride);
            foreach (int other in batch)
            {
                if (Lanes.Dot(own, data + ((long)_documentOf[other] * vectors.Stride), vectors.Stride) >= Twin)
                {
                    return true;
                }
            }
        }

        return false;
    }

    // Spherical k-means from documents drawn at random.
    private int[] Cluster(Rows<float> vectors, int count, int epoch)
    {
        int[] drawn = [.. Enumerable.Range(0, vectors.Count)];
        SeededRandom.For(_seed, epoch, "centres").Shuffle(drawn);
        count = Math.Min(count, vectors.Count);
        float[] centres = new float[count * vectors.Stride];
        for (int c = 0; c < count; c++)
        {
            Padded(vectors, drawn[c]).CopyTo(centres.AsSpan(c * vectors.Stride));
        }

        int[] assigned = new int[vectors.Count];
        for (int round = 0; round < Rounds; round++)
        {
            Assign(vectors, centres, count, assigned);
            if (round < Rounds - 1)
            {
                Recentre(vectors, centres, count, assigned);
            }
        }

        return assigned;
    }

    private static ReadOnlySpan<float> Padded(Rows<float> rows, int i) => rows.Data.Span.Slice(i * rows.Stride, rows.Stride);

    private static void Assign(Rows<float> vectors, float[] centres, int count, int[] assigned)
    {
        float[] packed = new float[MatrixKernels.PackedLength(count, vectors.Stride)];
        MatrixKernels.PackTransposed(centres, count, vectors.Stride, vectors.Stride, packed);
        float[] scores = new float[Blocks.Rows * count];
        for (int first = 0; first < vectors.Count; first += Blocks.Rows)
        {
            int rows = Math.Min(Blocks.Rows, vectors.Count - first);
            MatrixKernels.Multiply(vectors.Data.Span[(first * vectors.Stride)..], rows, vectors.Stride, vectors.Stride, packed, count, scores, count);
            for (int i = 0; i < rows; i++)
            {
                var row = scores.AsSpan(i * count, count);
                int best = 0;
                for (int c = 1; c < count; c++)
                {
                    best = row[c] > row[best] ? c : best;
                }

                assigned[first + i] = best;
            }
        }
    }

    private static void Recentre(Rows<float> vectors, float[] centres, int count, int[] assigned)
    {
        double[] sums = new double[count * vectors.Stride];
        for (int i = 0; i < vectors.Count; i++)
        {
            var row = Padded(vectors, i);
            for (int k = 0; k < row.Length; k++)
            {
                sums[(assigned[i] * vectors.Stride) + k] += row[k];
            }
        }

        for (int c = 0; c < count; c++)
        {
            double square = 0;
            for (int k = 0; k < vectors.Stride; k++)
            {
                square += sums[(c * vectors.Stride) + k] * sums[(c * vectors.Stride) + k];
            }

            double inverse = square > 0 ? 1 / Math.Sqrt(square) : 0;        // an empty cluster stays where it was
            for (int k = 0; k < vectors.Stride && square > 0; k++)
            {
                centres[(c * vectors.Stride) + k] = (float)(sums[(c * vectors.Stride) + k] * inverse);
            }
        }
    }
}
