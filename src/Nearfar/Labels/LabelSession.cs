namespace Nearfar.Labels;

/// <summary>One person judging a sheet, a key a row. Each key that changes something saves the whole sheet. Not thread-safe.</summary>
/// <remarks>Keys: 0, 1, 2, 3 a grade (y is 1 and n is 0); s skips the row, which stays unjudged; u undoes the last key; q ends.</remarks>
public sealed class LabelSession
{
    private readonly LabelRow[] _rows;
    private readonly string _rater;
    private readonly TimeProvider _clock;
    private readonly Action<IReadOnlyList<LabelRow>> _save;
    private readonly Stack<(int Row, LabelRow Before)> _undo = [];

    /// <param name="rows">The sheet; rows that this rater judged already are passed over.</param>
    /// <param name="rater">Who judges.</param>
    /// <param name="clock">Dates the judgements.</param>
    /// <param name="save">Keeps the sheet; called after each key that changed it.</param>
    /// <exception cref="NearfarException">Somebody else judged rows of this sheet: two raters need a sheet each, or the second sees what the first said.</exception>
    public LabelSession(IReadOnlyList<LabelRow> rows, string rater, TimeProvider clock, Action<IReadOnlyList<LabelRow>> save)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentException.ThrowIfNullOrWhiteSpace(rater);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(save);
        if (rows.FirstOrDefault(r => r.Grade is not null && r.Rater != rater) is { } other)
        {
            throw new NearfarException($"Rows of this sheet were judged by \"{other.Rater}\", and you are \"{rater}\". Judge a sheet of your own (--out), then compare both: nearfar label agree.");
        }

        _rows = [.. rows];
        (_rater, _clock, _save) = (rater, clock, save);
        MoveOn(0);
    }

    /// <summary>Position of the row to judge; null when none is left.</summary>
    public int? Position { get; private set; }

    /// <summary>The row to judge; null when none is left.</summary>
    public LabelRow? Current => Position is { } i ? _rows[i] : null;

    /// <summary>The sheet as it stands.</summary>
    public IReadOnlyList<LabelRow> Rows => _rows;

    /// <summary>Rows with a grade.</summary>
    public int Judged => _rows.Count(r => r.Grade is not null);

    /// <summary>Takes one key.</summary>
    /// <param name="key">See the remarks of the class; case does not matter.</param>
    public LabelKey Press(char key)
    {
        char lower = char.ToLowerInvariant(key);
        if (lower == 'q')
        {
            return LabelKey.Quit;
        }

        if (lower == 'u')
        {
            return Undo();
        }

        int? grade = lower switch { >= '0' and <= '3' => lower - '0', 'y' => 1, 'n' => 0, _ => null };
        if (Position is not { } i || (grade is null && lower != 's'))
        {
            return LabelKey.Unknown;
        }

        _undo.Push((i, _rows[i]));
        if (grade is not null)
        {
            _rows[i] = _rows[i] with { Grade = grade, Rater = _rater, Time = _clock.GetUtcNow() };
            _save(_rows);
        }

        MoveOn(i + 1);
        return LabelKey.Taken;
    }

    private LabelKey Undo()
    {
        if (!_undo.TryPop(out var last))
        {
            return LabelKey.Unknown;
        }

        bool changed = _rows[last.Row] != last.Before;
        _rows[last.Row] = last.Before;
        Position = last.Row;
        if (changed)
        {
            _save(_rows);
        }

        return LabelKey.Taken;
    }

    private void MoveOn(int from)
    {
        int next = Array.FindIndex(_rows, from, r => r.Grade is null);
        Position = next < 0 ? null : next;
    }
}

/// <summary>What came of a key.</summary>
public enum LabelKey
{
    /// <summary>It did what it stands for.</summary>
    Taken,

    /// <summary>It stands for nothing here.</summary>
    Unknown,

    /// <summary>The rater ends.</summary>
    Quit,
}
