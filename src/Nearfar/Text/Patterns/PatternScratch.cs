namespace Nearfar.Text.Patterns;

/// <summary>The ways that a pattern has yet to try.</summary>
internal sealed class PatternScratch
{
    private (int Code, int Position, int Limit)[] _ways = new (int, int, int)[64];

    public int Count { get; set; }

    /// <summary>Keeps a way: instruction, position in the text, and for repetitions the position beyond which it may not go.</summary>
    public void Push(int code, int position, int limit)
    {
        if (Count == _ways.Length)
        {
            Array.Resize(ref _ways, _ways.Length * 2);
        }

        _ways[Count++] = (code, position, limit);
    }

    public (int Code, int Position, int Limit) Pop() => _ways[--Count];
}
