using System.IO.Hashing;
using System.Numerics;

namespace Nearfar.Evaluation.Ranking;

/// <summary>The documents of one query: its judgements first, then what is ranked. Finds a document's grade and its second appearance.</summary>
/// <remarks>Open addressing over hashes, ids compared whole. Used again for query after query; one thread.</remarks>
internal sealed class DocumentTable
{
    private int[] _slots = new int[4096];      // 0: free; else 1 + index, judged ones first
    private Ranked[] _ranked = new Ranked[1024];
    private bool[] _found = [];
    private byte[] _poolBytes = [];
    private List<PooledDocument> _pool = [];

    /// <summary>Documents ranked so far.</summary>
    public int Count { get; private set; }

    /// <summary>A document that is ranked.</summary>
    /// <param name="Start">First byte of its id in the block.</param>
    /// <param name="Length">Bytes of its id.</param>
    /// <param name="Hash">Of the id.</param>
    /// <param name="Grade">Negative: unjudged.</param>
    /// <param name="Score">Higher is nearer.</param>
    public readonly record struct Ranked(int Start, int Length, uint Hash, int Grade, double Score);

    /// <summary>The first <see cref="Count"/> of it: the documents in the order they were added.</summary>
    public Ranked[] Array => _ranked;

    public static uint Hash(ReadOnlySpan<byte> id) => (uint)XxHash3.HashToUInt64(id);

    /// <summary>Empties the table and enters a query's judgements.</summary>
    /// <param name="poolBytes">Where their ids lie.</param>
    /// <param name="pool">The judgements.</param>
    /// <param name="repeated">Called with each judgement of a document that has one already.</param>
    public void Begin(byte[] poolBytes, List<PooledDocument> pool, Action<PooledDocument>? repeated = null)
    {
        Count = 0;
        _poolBytes = poolBytes;
        _pool = pool;
        if (_slots.Length < pool.Count * 4)
        {
            _slots = new int[BitOperations.RoundUpToPowerOf2((uint)pool.Count * 4)];
        }
        else
        {
            System.Array.Clear(_slots);
        }

        if (_found.Length < pool.Count)
        {
            _found = new bool[pool.Count];
        }

        System.Array.Clear(_found);
        for (int i = 0; i < pool.Count; i++)
        {
            var document = pool[i];
            int slot = Find(poolBytes.AsSpan(document.Start, document.Length), default, document.Hash);
            if (_slots[slot] > 0)
            {
                repeated?.Invoke(document);
            }
            else
            {
                _slots[slot] = i + 1;
            }
        }
    }

    /// <summary>Adds a ranked document.</summary>
    /// <param name="block">The bytes in which it and all others of the query lie.</param>
    /// <param name="start">First byte of its id.</param>
    /// <param name="length">Bytes of its id.</param>
    /// <param name="score">Finite.</param>
    /// <returns>False: it was ranked already.</returns>
    public bool TryAdd(ReadOnlySpan<byte> block, int start, int length, double score)
    {
        var id = block.Slice(start, length);
        uint hash = Hash(id);
        int slot = Find(id, block, hash);
        int grade = Judgements.NotPooled;
        int at = _slots[slot] - 1;
        if (at >= _pool.Count || (at >= 0 && _found[at]))
        {
            return false;
        }

        if (at >= 0)
        {
            _found[at] = true;
            grade = Judgements.Ranked(_pool[at].Grade);
        }
        else
        {
            _slots[slot] = 1 + _pool.Count + Count;
        }

        if (Count == _ranked.Length)
        {
            System.Array.Resize(ref _ranked, Count * 2);
        }

        _ranked[Count++] = new Ranked(start, length, hash, grade, score);
        if ((_pool.Count + Count) * 2 > _slots.Length)
        {
            Grow();
        }

        return true;
    }

    // The slot of a document, or the free one where it belongs.
    private int Find(ReadOnlySpan<byte> id, ReadOnlySpan<byte> block, uint hash)
    {
        int mask = _slots.Length - 1;
        int slot = (int)(hash & (uint)mask);
        for (int at; (at = _slots[slot] - 1) >= 0; slot = (slot + 1) & mask)
        {
            if (at < _pool.Count)
            {
                var judged = _pool[at];
                if (judged.Hash == hash && id.SequenceEqual(_poolBytes.AsSpan(judged.Start, judged.Length)))
                {
                    break;
                }
            }
            else
            {
                ref readonly var ranked = ref _ranked[at - _pool.Count];
                if (ranked.Hash == hash && id.SequenceEqual(block.Slice(ranked.Start, ranked.Length)))
                {
                    break;
                }
            }
        }

        return slot;
    }

    private void Grow()
    {
        int[] old = _slots;
        _slots = new int[old.Length * 2];
        int mask = _slots.Length - 1;
        foreach (int entry in old)
        {
            if (entry > 0)
            {
                int slot = (int)((entry <= _pool.Count ? _pool[entry - 1].Hash : _ranked[entry - 1 - _pool.Count].Hash) & (uint)mask);
                while (_slots[slot] != 0)
                {
                    slot = (slot + 1) & mask;
                }

                _slots[slot] = entry;
            }
        }
    }
}
