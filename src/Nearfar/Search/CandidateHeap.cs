namespace Nearfar.Search;

/// <summary>The best candidates by an integer score, ties by the smaller position. What is kept does not depend on the order of offering.</summary>
internal sealed class CandidateHeap(int capacity)
{
    private readonly PriorityQueue<long, long> _heap = new(Math.Min(capacity, 4096));

    /// <summary>A score below this cannot enter.</summary>
    public int Threshold => _heap.Count < capacity ? int.MinValue : (int)(_heap.Peek() >> 32);

    public IEnumerable<int> Positions => _heap.UnorderedItems.Select(e => int.MaxValue - (int)(uint)e.Element);

    public void Offer(int position, int score) => Offer(((long)score << 32) | (uint)(int.MaxValue - position));

    public void Merge(CandidateHeap other)
    {
        foreach (var (key, _) in other._heap.UnorderedItems)
        {
            Offer(key);
        }
    }

    private void Offer(long key)
    {
        if (_heap.Count < capacity)
        {
            _heap.Enqueue(key, key);
        }
        else if (key > _heap.Peek())
        {
            _heap.DequeueEnqueue(key, key);
        }
    }
}
