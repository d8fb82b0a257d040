using System.Buffers;
using System.Numerics.Tensors;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Exact search by dot product over unit vectors. Immutable, thread-safe.</summary>
/// <remarks>
/// Zero rows (texts without any known token) are never returned. Scores are one chain of fused multiply-adds in dimension order, so they have
/// the same bits for any number of threads or queries of a call. The first search packs the rows for the kernel, which doubles their memory.
/// </remarks>
public sealed class FlatIndex
{
    private const int QueryBlock = 64;
    private const int DocumentBlock = 1024;
    private readonly int[] _order;
    private readonly bool[] _present;
    private readonly Lazy<float[][]> _packed;

    /// <param name="vectors">Unit rows; ids break ties.</param>
    public FlatIndex(VectorSet vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        Vectors = vectors;
        _order = DocumentOrder.Of(vectors.Ids);
        _present = new bool[vectors.Rows.Count];
        for (int i = 0; i < _present.Length; i++)
        {
            _present[i] = vectors.Rows[i].ContainsAnyExcept(0f);
        }

        _packed = new Lazy<float[][]>(Pack);
    }

    /// <summary>What is searched.</summary>
    public VectorSet Vectors { get; }

    /// <summary>The best k documents of each query, best first, ties by id descending in UTF-8 bytes. A zero query finds nothing.</summary>
    /// <param name="queries">[Q, D] unit rows.</param>
    /// <param name="space">The space of the queries; must be the index's.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <exception cref="NearfarException">Another space, or a query that is not finite.</exception>
    public IReadOnlyList<IReadOnlyList<Hit>> Search(Rows<float> queries, EmbeddingSpace space, int k, CancellationToken cancellationToken = default)
    {
        EmbeddingSpace.ThrowUnlessSame(space, Vectors.Space, "The index", "Rebuild it: nearfar embed, then nearfar index, with the model of the queries.");
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(queries.Dimensions, Vectors.Rows.Dimensions, nameof(queries));
        for (int q = 0; q < queries.Count; q++)
        {
            if (!TensorPrimitives.IsFiniteAll<float>(queries[q]))
            {
                throw new NearfarException($"Query {q + 1} of {queries.Count} holds NaN or infinity in space {space}. Mend the encoder; such a vector is never compared.");
            }
        }

        float[][] packed = _packed.Value;
        var results = new IReadOnlyList<Hit>[queries.Count];
        int blocks = (queries.Count + QueryBlock - 1) / QueryBlock;
        Parallel.For(0, blocks, new ParallelOptions { CancellationToken = cancellationToken }, block =>
        {
            int start = block * QueryBlock;
            SearchBlock(packed, queries.Slice(start, Math.Min(QueryBlock, queries.Count - start)), k, results.AsSpan(start));
        });
        return results;
    }

    /// <summary>The score that <see cref="Search"/> gives a query and a document, bit for bit.</summary>
    internal static float Similarity(ReadOnlySpan<float> query, ReadOnlySpan<float> document)
    {
        float sum = 0;
        for (int i = 0; i < query.Length; i++)
        {
            sum = MathF.FusedMultiplyAdd(query[i], document[i], sum);
        }

        return sum;
    }

    private float[][] Pack()
    {
        var rows = Vectors.Rows;
        float[][] blocks = new float[(rows.Count + DocumentBlock - 1) / DocumentBlock][];
        Parallel.For(0, blocks.Length, block =>
        {
            int start = block * DocumentBlock;
            int count = Math.Min(DocumentBlock, rows.Count - start);
            blocks[block] = new float[MatrixKernels.PackedLength(count, rows.Dimensions)];
            MatrixKernels.PackTransposed(rows.Data.Span[(start * rows.Stride)..], count, rows.Dimensions, rows.Stride, blocks[block]);
        });
        return blocks;
    }

    private void SearchBlock(float[][] blocks, Rows<float> queries, int k, Span<IReadOnlyList<Hit>> results)
    {
        var best = new TopK[queries.Count];
        for (int q = 0; q < queries.Count; q++)
        {
            best[q] = new TopK(k, _order);
        }

        float[] scores = ArrayPool<float>.Shared.Rent(queries.Count * DocumentBlock);
        for (int block = 0; block < blocks.Length; block++)
        {
            int start = block * DocumentBlock;
            int count = Math.Min(DocumentBlock, Vectors.Rows.Count - start);
            MatrixKernels.Multiply(queries.Data.Span, queries.Count, queries.Dimensions, queries.Stride, blocks[block], count, scores, DocumentBlock);
            for (int q = 0; q < queries.Count; q++)
            {
                Offer(best[q], scores.AsSpan(q * DocumentBlock, count), start);
            }
        }

        ArrayPool<float>.Shared.Return(scores);
        for (int q = 0; q < queries.Count; q++)
        {
            results[q] = queries[q].ContainsAnyExcept(0f) ? best[q].Drain() : [];
        }
    }

    private void Offer(TopK best, ReadOnlySpan<float> scores, int start)
    {
        float threshold = best.Threshold;
        for (int d = 0; d < scores.Length; d++)
        {
            if (scores[d] >= threshold && _present[start + d])
            {
                best.Offer(start + d, scores[d]);
                threshold = best.Threshold;
            }
        }
    }
}
