namespace Nearfar.Text.Patterns;

/// <summary>The instructions of a pattern while it is compiled; what is moved or copied takes the targets inside it along.</summary>
internal sealed class PatternProgram
{
    /// <summary>A repetition without an upper bound.</summary>
    public const int Unlimited = int.MaxValue;

    private readonly List<PatternCode> _code = [];

    public int Count => _code.Count;

    public void Add(PatternCode instruction) => _code.Add(instruction);

    /// <summary>Keeps a place for an instruction whose target is not known yet.</summary>
    public int Reserve()
    {
        _code.Add(default);
        return _code.Count - 1;
    }

    public void Fill(int reserved, PatternCode instruction) => _code[reserved] = instruction;

    /// <summary>Ends the part that begins behind a reserved place; the pattern goes on behind it.</summary>
    public void Enclose(int reserved, PatternOperation operation)
    {
        _code.Add(new(PatternOperation.Done));
        _code[reserved] = new(operation, Max: _code.Count);
    }

    /// <summary>Moves what lies behind an insertion.</summary>
    public void Insert(int index, PatternCode instruction)
    {
        for (int i = index; i < _code.Count; i++)
        {
            _code[i] = Shifted(_code[i], 1);
        }

        _code.Insert(index, instruction);
    }

    /// <summary>Takes off all instructions from one on.</summary>
    public List<PatternCode> Cut(int start)
    {
        var body = _code.GetRange(start, _code.Count - start);
        _code.RemoveRange(start, body.Count);
        return body;
    }

    /// <summary>Writes a part out as often as it must match, then as often as it may.</summary>
    /// <param name="body">Cut off at <paramref name="from"/>.</param>
    /// <param name="from">Where it was.</param>
    /// <param name="min">At least.</param>
    /// <param name="max">At most, or <see cref="Unlimited"/>.</param>
    /// <param name="lazy">As few as possible first.</param>
    public void Repeat(List<PatternCode> body, int from, int min, int max, bool lazy)
    {
        for (int i = 0; i < min; i++)
        {
            Append(body, from);
        }

        if (max == Unlimited)
        {
            int loop = Reserve();
            Append(body, from);
            _code.Add(new(PatternOperation.Jump, loop));
            _code[loop] = Fork(loop + 1, _code.Count, lazy);
            return;
        }

        var forks = new List<int>();
        for (int i = min; i < max; i++)
        {
            forks.Add(Reserve());
            Append(body, from);
        }

        foreach (int fork in forks)
        {
            _code[fork] = Fork(fork + 1, _code.Count, lazy);
        }
    }

    public PatternCode[] ToArray() => [.. _code];

    private static PatternCode Fork(int inside, int behind, bool lazy) =>
        lazy ? new(PatternOperation.Fork, behind, inside) : new(PatternOperation.Fork, inside, behind);

    private void Append(List<PatternCode> body, int from)
    {
        int by = _code.Count - from;
        _code.AddRange(body.Select(c => Shifted(c, by)));
    }

    private static PatternCode Shifted(PatternCode code, int by) => code.Operation switch
    {
        PatternOperation.Fork => code with { Min = code.Min + by, Max = code.Max + by },
        PatternOperation.Jump => code with { Min = code.Min + by },
        PatternOperation.Ahead or PatternOperation.NotAhead or PatternOperation.Atomic => code with { Max = code.Max + by },
        _ => code,
    };
}
