namespace Nearfar.Search;

/// <summary>The k best of a stream of scored documents: a heap whose root is the worst kept. Ties go by <see cref="DocumentOrder"/>.</summary>
internal sealed class TopK(int k, int[] order)
{
    private readonly List<Hit> _heap = new(Math.Min(k, 1024));

    /// <summary>A score below this cannot enter.</summary>
    public float Threshold => _heap.Count < k ? float.NegativeInfinity : _heap[0].Score;

    public void Offer(int document, float score)
    {
        var hit = new Hit(document, score);
        if (_heap.Count < k)
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

    /// <summary>Best first; empties the heap.</summary>
    public Hit[] Drain()
    {
        Hit[] hits = [.. _heap];
        _heap.Clear();
        Array.Sort(hits, (a, b) => IsBefore(a, b) ? -1 : IsBefore(b, a) ? 1 : 0);
        return hits;
    }

    private bool IsBefore(Hit a, Hit b) => a.Score > b.Score || (a.Score == b.Score && order[a.Document] < order[b.Document]);

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
