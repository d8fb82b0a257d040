namespace Nearfar.Text.Unicode;

/// <summary>Growing UTF-16 text that is reused from call to call.</summary>
internal sealed class CharBuffer
{
    private char[] _chars = new char[256];

    public int Count { get; private set; }

    public ReadOnlySpan<char> Span => _chars.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Truncate(int count) => Count = count;

    public void Add(char c)
    {
        if (Count == _chars.Length)
        {
            Grow(1);
        }

        _chars[Count++] = c;
    }

    public void Add(ReadOnlySpan<char> text) => text.CopyTo(Reserve(text.Length));

    public void AddCodePoint(int codePoint)
    {
        if (codePoint < 0x10000)
        {
            Add((char)codePoint);
        }
        else
        {
            Add((char)(0xD800 + ((codePoint - 0x10000) >> 10)));
            Add((char)(0xDC00 + (codePoint & 0x3FF)));
        }
    }

    /// <summary>Appends room that the caller fills.</summary>
    public Span<char> Reserve(int length)
    {
        if (_chars.Length - Count < length)
        {
            Grow(length);
        }

        var room = _chars.AsSpan(Count, length);
        Count += length;
        return room;
    }

    private void Grow(int extra) => Array.Resize(ref _chars, Math.Max(checked(_chars.Length * 2), checked(Count + extra)));
}
