using System.Numerics.Tensors;
using Nearfar.Search;

namespace Nearfar.Evaluation;

/// <summary>The best documents of every query by exhaustive dot products, ties as trec_eval orders them.</summary>
internal static class ExactSearch
{
    private const int QueryBlock = 32;
    private const int DocumentBlock = 128;

    /// <param name="queries">Unit rows [Q, D]; zero rows are ranked nothing.</param>
    /// <param name="documents">Unit rows [N, D]; zero rows are never ranked.</param>
    /// <param name="dimensions">D.</param>
    /// <param name="tiePlaces">Place of each document among equal scores.</param>
    /// <param name="k">Ranks kept.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="cancellationToken">Looked at between blocks of queries.</param>
    public static Hit[][] Rank(
        ReadOnlyMemory<float> queries, ReadOnlyMemory<float> documents, int dimensions, int[] tiePlaces, int k, int threads, CancellationToken cancellationToken)
    {
        int count = queries.Length / dimensions;
        var hits = new Hit[count][];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        Parallel.For(0, (count + QueryBlock - 1) / QueryBlock, options, block =>
            RankBlock(queries.Span, documents.Span, dimensions, tiePlaces, k, block * QueryBlock, Math.Min(count, (block + 1) * QueryBlock), hits));
        return hits;
    }

    private static void RankBlock(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> documents, int dimensions, int[] tiePlaces, int k, int start, int end, Hit[][] hits)
    {
        int documentCount = documents.Length / dimensions;
        var best = new BestHits[end - start];
        for (int q = 0; q < best.Length; q++)
        {
            best[q] = new BestHits(Math.Min(k, documentCount), tiePlaces);
        }

        for (int first = 0; first < documentCount; first += DocumentBlock)
        {
            int last = Math.Min(documentCount, first + DocumentBlock);
            for (int q = start; q < end; q++)
            {
                var query = queries.Slice(q * dimensions, dimensions);
                if (IsZero(query))
                {
                    continue;
                }

                var kept = best[q - start];
                for (int d = first; d < last; d++)
                {
                    var document = documents.Slice(d * dimensions, dimensions);
                    float score = TensorPrimitives.Dot(query, document);
                    if (kept.Wants(score, d) && !(score == 0 && IsZero(document)))
                    {
                        kept.Add(score, d);
                    }
                }
            }
        }

        for (int q = start; q < end; q++)
        {
            hits[q] = best[q - start].Sorted();
        }
    }

    public static bool IsZero(ReadOnlySpan<float> row) => !row.ContainsAnyExcept(0f);

    /// <summary>The k best of a stream: a heap whose root is the worst kept.</summary>
    private sealed class BestHits(int k, int[] tiePlaces)
    {
        private readonly Hit[] _heap = new Hit[k];
        private int _count;

        public bool Wants(float score, int document) => _count < _heap.Length || IsBetter(new(document, score), _heap[0]);

        public void Add(float score, int document)
        {
            var hit = new Hit(document, score);
            if (_count < _heap.Length)
            {
                Rise(_count++, hit);
            }
            else
            {
                Sink(hit);
            }
        }

        public Hit[] Sorted()
        {
            var sorted = _heap[.._count];
            Array.Sort(sorted, (a, b) => IsBetter(a, b) ? -1 : IsBetter(b, a) ? 1 : 0);
            return sorted;
        }

        private bool IsBetter(Hit a, Hit b) => a.Score > b.Score || (a.Score == b.Score && tiePlaces[a.Document] < tiePlaces[b.Document]);

        private void Rise(int at, Hit hit)
        {
            while (at > 0 && IsBetter(_heap[(at - 1) / 2], hit))
            {
                _heap[at] = _heap[(at - 1) / 2];
                at = (at - 1) / 2;
            }

            _heap[at] = hit;
        }

        private void Sink(Hit hit)
        {
            int at = 0;
            while (true)
            {
                int child = (2 * at) + 1;
                if (child >= _count)
                {
                    break;
                }

                if (child + 1 < _count && IsBetter(_heap[child], _heap[child + 1]))
                {
                    child++;
                }

                if (!IsBetter(hit, _heap[child]))
                {
                    break;
                }

                _heap[at] = _heap[child];
                at = child;
            }

            _heap[at] = hit;
        }
    }
}
