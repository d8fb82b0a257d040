using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Pieces of a text, each with its own characters (a pre-tokenizer may change them).</summary>
internal sealed class PieceBuffer
{
    private readonly CharBuffer _text = new();
    private (int Start, int Length, bool AtStart)[] _pieces = new (int, int, bool)[64];

    public int Count { get; private set; }

    public ReadOnlySpan<char> this[int index] => _text.Span.Slice(_pieces[index].Start, _pieces[index].Length);

    /// <summary>Whether a piece begins where the whole text begins.</summary>
    public bool IsAtStart(int index) => _pieces[index].AtStart;

    public void Clear()
    {
        _text.Clear();
        Count = 0;
    }

    /// <summary>Adds a piece; an empty one is dropped.</summary>
    public void Add(ReadOnlySpan<char> piece, bool atStart)
    {
        if (piece.IsEmpty)
        {
            return;
        }

        if (Count == _pieces.Length)
        {
            Array.Resize(ref _pieces, _pieces.Length * 2);
        }

        _pieces[Count++] = (_text.Count, piece.Length, atStart);
        _text.Add(piece);
    }
}
