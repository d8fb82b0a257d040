namespace Nearfar.Text;

/// <summary>A growing list of token ids that is reused from text to text, so that tokenising allocates nothing. Not thread-safe.</summary>
public sealed class TokenBuffer
{
    private int[] _ids = new int[256];

    /// <summary>Working memory of tokenizers, kept here so that calls allocate nothing and share nothing.</summary>
    internal TokenizerScratch Scratch => field ??= new TokenizerScratch();

    /// <summary>Number of ids.</summary>
    public int Count { get; private set; }

    /// <summary>The ids so far.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Forgets all ids, keeps the memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Forgets the ids behind the first <paramref name="count"/>.</summary>
    /// <param name="count">At most <see cref="Count"/>.</param>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Count);
        Count = count;
    }

    /// <summary>Adds one id.</summary>
    /// <param name="id">A token id.</param>
    public void Add(int id)
    {
        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, _ids.Length * 2);
        }

        _ids[Count++] = id;
    }
}
