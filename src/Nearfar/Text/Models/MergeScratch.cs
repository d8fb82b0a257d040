namespace Nearfar.Text.Models;

/// <summary>The symbols of one piece while pairs of them merge: a linked list and a queue of possible merges.</summary>
internal sealed class MergeScratch
{
    private int[] _previous = new int[64];
    private long[] _heap = new long[64];
    private int _heapCount;

    public int[] Ids { get; private set; } = new int[64];

    public int[] Next { get; private set; } = new int[64];

    public int[] Ranks { get; private set; } = new int[64];

    public int Count { get; private set; }

    public Span<int> Previous => _previous.AsSpan(0, Count);

    public void Clear()
    {
        Count = 0;
        _heapCount = 0;
    }

    public void Add(int id)
    {
        if (Count == Ids.Length)
        {
            Ids = Grown(Ids);
            Next = Grown(Next);
            Ranks = Grown(Ranks);
            _previous = Grown(_previous);
        }

        Ids[Count++] = id;
    }

    /// <summary>Queues a merge; the lowest rank comes out first, of equal ranks the leftmost.</summary>
    public void Push(int rank, int position)
    {
        if (_heapCount == _heap.Length)
        {
            Array.Resize(ref _heap, _heap.Length * 2);
        }

        long entry = ((long)rank << 32) | (uint)position;
        int child = _heapCount++;
        while (child > 0 && _heap[(child - 1) / 2] > entry)
        {
            _heap[child] = _heap[(child - 1) / 2];
            child = (child - 1) / 2;
        }

        _heap[child] = entry;
    }

    public bool TryPop(out int rank, out int position)
    {
        if (_heapCount == 0)
        {
            (rank, position) = (0, 0);
            return false;
        }

        (rank, position) = ((int)(_heap[0] >> 32), (int)_heap[0]);
        long entry = _heap[--_heapCount];
        int parent = 0;
        for (int child = 1; child < _heapCount; child = (2 * parent) + 1)
        {
            if (child + 1 < _heapCount && _heap[child + 1] < _heap[child])
            {
                child++;
            }

            if (_heap[child] >= entry)
            {
                break;
            }

            _heap[parent] = _heap[child];
            parent = child;
        }

        _heap[parent] = entry;
        return true;
    }

    private static int[] Grown(int[] array)
    {
        Array.Resize(ref array, array.Length * 2);
        return array;
    }
}
