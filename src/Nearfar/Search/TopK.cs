namespace Nearfar.Search;

/// <summary>The k best of a stream of scored documents: a heap whose root is the worst kept. Ties go by <see cref="DocumentOrder"/>.</summary>
internal sealed class TopK
{
    private readonly int _k;
    private readonly int[]? _order;
    private readonly string[] _ids;
    private readonly List<Hit> _heap = [];

    /// <param name="k">At least 1.</param>
    /// <param name="order">What <see cref="DocumentOrder"/> gave: for rankings in which many scores tie.</param>
    public TopK(int k, int[] order) => (_k, _order, _ids) = (k, order, []);

    /// <param name="k">At least 1.</param>
    /// <param name="ids">Compared where scores tie, which is seldom between vectors: nothing is sorted beforehand.</param>
    public TopK(int k, string[] ids) => (_k, _ids) = (k, ids);

    /// <summary>A score below this cannot enter.</summary>
    public float Threshold => _heap.Count < _k ? float.NegativeInfinity : _heap[0].Score;

    public void Offer(int document, float score)
    {
        var hit = new Hit(document, score);
        if (_heap.Count < _k)
        {
            _heap.Add(hit);
            Up(_heap.Count - 1);
        }
        else if (IsBefore(hit, _heap[0]))
        {
            _heap[0] = hit;
            Down(0);
        }
    }

    /// <summary>Offers what another kept.</summary>
    public void Merge(TopK other)
    {
        foreach (var hit in other._heap)
        {
            Offer(hit.Document, hit.Score);
        }
    }

    /// <summary>Best first; empties the heap.</summary>
    public Hit[] Drain()
    {
        Hit[] hits = [.. _heap];
        _heap.Clear();
        Array.Sort(hits, (a, b) => IsBefore(a, b) ? -1 : IsBefore(b, a) ? 1 : 0);
        return hits;
    }

    private bool IsBefore(Hit a, Hit b) => a.Score > b.Score || (a.Score == b.Score && IsBefore(a.Document, b.Document));

    private bool IsBefore(int a, int b) => _order is null ? Utf8Order.Compare(_ids[a], _ids[b]) > 0 : _order[a] < _order[b];

    private void Up(int i)
    {
        while (i > 0 && IsBefore(_heap[(i - 1) / 2], _heap[i]))
        {
            (_heap[i], _heap[(i - 1) / 2]) = (_heap[(i - 1) / 2], _heap[i]);
            i = (i - 1) / 2;
        }
    }

    private void Down(int i)
    {
        while (true)
        {
            int worst = i;
            for (int child = (2 * i) + 1; child <= (2 * i) + 2 && child < _heap.Count; child++)
            {
                worst = IsBefore(_heap[worst], _heap[child]) ? child : worst;
            }

            if (worst == i)
            {
                return;
            }

            (_heap[i], _heap[worst]) = (_heap[worst], _heap[i]);
            i = worst;
        }
    }
}
