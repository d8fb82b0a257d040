namespace Nearfar.Text.PreTokenizers;

/// <summary>Receives the stretches of a text from left to right, matches and what lies between them, and adds pieces by a behaviour.</summary>
internal ref struct Splitter(ReadOnlySpan<char> text, bool atStart, SplitBehavior behavior, PieceBuffer into)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _start;         // of the piece that is still open
    private int _end;
    private bool _open;
    private bool _lastWasMatch;

    /// <summary>A stretch up to <paramref name="end"/>; an empty one counts for nothing.</summary>
    public void Add(int start, int end, bool isMatch)
    {
        if (start == end)
        {
            return;
        }

        bool join = _open && behavior switch
        {
            SplitBehavior.MergedWithPrevious => isMatch && !_lastWasMatch,
            SplitBehavior.MergedWithNext => !isMatch && _lastWasMatch,
            SplitBehavior.Contiguous => isMatch == _lastWasMatch,
            _ => false,
        };
        if (join)
        {
            _end = end;
        }
        else
        {
            Finish();
            _open = behavior != SplitBehavior.Removed || !isMatch;
            (_start, _end) = (start, end);
        }

        _lastWasMatch = isMatch;
    }

    /// <summary>Adds the piece that is still open.</summary>
    public void Finish()
    {
        if (_open)
        {
            into.Add(_text[_start.._end], atStart && _start == 0);
        }

        _open = false;
    }
}
