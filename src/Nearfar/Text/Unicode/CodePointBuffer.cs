namespace Nearfar.Text.Unicode;

/// <summary>A growing list of code points that is reused from call to call.</summary>
internal sealed class CodePointBuffer
{
    private int[] _codePoints = new int[256];

    public int Count { get; private set; }

    public Span<int> Span => _codePoints.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(int codePoint)
    {
        if (Count == _codePoints.Length)
        {
            Array.Resize(ref _codePoints, _codePoints.Length * 2);
        }

        _codePoints[Count++] = codePoint;
    }
}
