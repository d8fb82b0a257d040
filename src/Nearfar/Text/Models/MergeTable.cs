namespace Nearfar.Text.Models;

/// <summary>The merges of a byte-pair encoding, and how they are applied to the symbols of a piece. Immutable.</summary>
internal sealed class MergeTable
{
    private const int ShortPiece = 48;      // above it the queue wins over looking through all pairs

    private readonly PairTable _pairs;
    private readonly int[] _products;       // by rank
    private readonly bool _productsDiffer;

    /// <param name="vocabulary">Holds both sides and the product of each merge.</param>
    /// <param name="merges">In the order in which training joined them: a merge's place is its rank.</param>
    /// <param name="prefix">Of every character but the first of a piece.</param>
    public MergeTable(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, string prefix)
    {
        _pairs = new PairTable(merges.Count);
        _products = new int[merges.Count];
        for (int rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            _products[rank] = vocabulary.IdOf(Product(left, right, prefix))!.Value;
            _pairs.Set(vocabulary.IdOf(left)!.Value, vocabulary.IdOf(right)!.Value, rank);
        }

        _productsDiffer = _products.Distinct().Count() == _products.Length;
    }

    /// <summary>What a merge makes; the right side loses its prefix.</summary>
    public static string Product(string left, string right, string prefix) =>
        string.Concat(left, right.AsSpan(right.StartsWith(prefix, StringComparison.Ordinal) ? prefix.Length : 0));

    /// <summary>Merges until no pair of neighbours can; the lowest rank first, of equal ranks the leftmost.</summary>
    /// <param name="symbols">Of one piece; scratch afterwards.</param>
    /// <param name="into">Receives the ids that are left.</param>
    public void Merge(MergeScratch symbols, TokenBuffer into)
    {
        if (_productsDiffer && symbols.Count <= ShortPiece)
        {
            MergeShort(symbols.Ids.AsSpan(0, symbols.Count), symbols.Ranks, into);
        }
        else
        {
            MergeLong(symbols, into);
        }
    }

    private void MergeShort(Span<int> ids, Span<int> ranks, TokenBuffer into)
    {
        for (int i = 0; i + 1 < ids.Length; i++)
        {
            ranks[i] = _pairs.RankOf(ids[i], ids[i + 1]);
        }

        while (ids.Length > 1)
        {
            var pairs = ranks[..(ids.Length - 1)];
            int best = 0;
            for (int i = 1; i < pairs.Length; i++)
            {
                best = pairs[i] < pairs[best] ? i : best;
            }

            if (pairs[best] == int.MaxValue)
            {
                break;
            }

            ids[best] = _products[pairs[best]];
            ids[(best + 2)..].CopyTo(ids[(best + 1)..]);
            pairs[(best + 1)..].CopyTo(pairs[best..]);
            ids = ids[..^1];
            if (best > 0)
            {
                ranks[best - 1] = _pairs.RankOf(ids[best - 1], ids[best]);
            }

            if (best + 1 < ids.Length)
            {
                ranks[best] = _pairs.RankOf(ids[best], ids[best + 1]);
            }
        }

        foreach (int id in ids)
        {
            into.Add(id);
        }
    }

    // A queue entry that went stale still merges what stands there now if that makes the same product: as the original does.
    private void MergeLong(MergeScratch merge, TokenBuffer into)
    {
        const int Merged = -1;
        int count = merge.Count;
        var ids = merge.Ids;
        var next = merge.Next;
        var previous = merge.Previous;
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            Queue(merge, i, i + 1);
        }

        while (merge.TryPop(out int rank, out int position))
        {
            int right = ids[position] == Merged ? count : next[position];
            if (right >= count)
            {
                continue;
            }

            int current = _pairs.RankOf(ids[position], ids[right]);
            if (current == int.MaxValue || _products[current] != _products[rank])
            {
                continue;
            }

            ids[position] = _products[rank];
            ids[right] = Merged;
            next[position] = next[right];
            if (next[right] < count)
            {
                previous[next[right]] = position;
            }

            Queue(merge, previous[position], position);
            Queue(merge, position, next[position]);
        }

        for (int i = 0; i < count; i = next[i])
        {
            into.Add(ids[i]);
        }
    }

    private void Queue(MergeScratch merge, int left, int right)
    {
        if (left >= 0 && right < merge.Count)
        {
            int rank = _pairs.RankOf(merge.Ids[left], merge.Ids[right]);
            if (rank != int.MaxValue)
            {
                merge.Push(rank, left);
            }
        }
    }
}
