using System.Globalization;

namespace Nearfar.Text.Patterns;

/// <summary>
/// Reads the regular expressions of tokenizer files: literals, classes, categories, groups without capture, alternatives, quantifiers
/// (greedy, lazy, possessive), look-ahead, (?i). Anything else is a <see cref="FormatException"/>, never a guess.
/// </summary>
internal sealed class PatternCompiler
{
    private const int Unlimited = int.MaxValue;
    private const int MostCopies = 1000;
    private const int Deepest = 50;

    private readonly string _source;
    private readonly List<PatternCode> _code = [];
    private int _at;
    private int _depth;
    private bool _foldCase;

    private PatternCompiler(string source) => _source = source;

    public static PatternCode[] Compile(string source)
    {
        var compiler = new PatternCompiler(source);
        compiler.Alternatives();
        if (compiler._at < source.Length)
        {
            throw compiler.Error("a closing parenthesis has no opening one");
        }

        compiler._code.Add(new(PatternOperation.Done));
        return [.. compiler._code];
    }

    private bool More => _at < _source.Length;

    private FormatException Error(string what) => new($"{what}, at character {_at} of the pattern");

    private bool Take(string text)
    {
        if (string.CompareOrdinal(_source, _at, text, 0, text.Length) != 0)
        {
            return false;
        }

        _at += text.Length;
        return true;
    }

    // a|b|c becomes: fork(a, next) a jump(end) … ; the code of each alternative is moved behind its fork.
    private void Alternatives()
    {
        if (++_depth > Deepest)
        {
            throw Error("groups lie too deep");
        }

        bool foldCase = _foldCase;
        int start = _code.Count;
        var jumps = new List<int>();
        Sequence();
        while (Take("|"))
        {
            Insert(start, new(PatternOperation.Fork, start + 1, _code.Count + 2));
            jumps.Add(_code.Count);
            _code.Add(default);
            start = _code.Count;
            Sequence();
        }

        foreach (int jump in jumps)
        {
            _code[jump] = new(PatternOperation.Jump, _code.Count);
        }

        _foldCase = foldCase;
        _depth--;
    }

    private void Sequence()
    {
        while (More && _source[_at] is not ('|' or ')'))
        {
            int start = _code.Count;
            if (Atom())
            {
                Quantifier(start);
            }
        }
    }

    /// <returns>Whether a quantifier may follow.</returns>
    private bool Atom()
    {
        switch (_source[_at])
        {
            case '(':
                return Group();
            case '[':
                _at++;
                AddOne(Class());
                return true;
            case '.':
                _at++;
                AddOne(new CodePointSet().Add('\n', '\n').Close(negated: true, foldCase: false));
                return true;
            case '^':
                _at++;
                _code.Add(new(PatternOperation.Start));
                return false;
            case '$':
                _at++;
                _code.Add(new(PatternOperation.End));
                return false;
            case '*' or '+' or '?' or '{':
                throw Error("a quantifier has nothing before it");
            case '\\':
                _at++;
                AddOne(Escape(out int literal) ?? Literal(literal));
                return true;
            default:
                AddOne(Literal(CodePoint()));
                return true;
        }
    }

    private int CodePoint()
    {
        int c = Unicode.CodePoints.At(_source.AsSpan(_at), out int length);
        _at += length;
        return c;
    }

    private void AddOne(CodePointSet set) => _code.Add(new(PatternOperation.One, Set: set));

    private CodePointSet Literal(int c) => new CodePointSet().Add(c, c).Close(negated: false, _foldCase);

    private bool Group()
    {
        bool foldCase = _foldCase;
        int start = _code.Count;
        PatternOperation? wrapper = null;
        if (Take("(?=") || Take("(?!"))
        {
            wrapper = _source[_at - 1] == '=' ? PatternOperation.Ahead : PatternOperation.NotAhead;
        }
        else if (Take("(?>"))
        {
            wrapper = PatternOperation.Atomic;
        }
        else if (Take("(?i)"))
        {
            _foldCase = true;       // to the end of the group around it
            return false;
        }
        else if (Take("(?i:"))
        {
            _foldCase = true;
        }
        else if (!Take("(?:"))
        {
            _at++;
            if (More && _source[_at] is '?' or '*')
            {
                throw Error("this kind of group is not supported");
            }
        }

        if (wrapper is not null)
        {
            _code.Add(default);
        }

        Alternatives();
        if (!Take(")"))
        {
            throw Error("a parenthesis is not closed");
        }

        _foldCase = foldCase;
        if (wrapper is { } operation)
        {
            _code.Add(new(PatternOperation.Done));
            _code[start] = new(operation, Max: _code.Count);
        }

        return wrapper is null or PatternOperation.Atomic;
    }

    private void Quantifier(int start)
    {
        if (!More || !Bounds(out int min, out int max))
        {
            return;
        }

        // Behind braces these signs mean other things from one dialect to the next: {n}? and {n,m}+ are refused.
        bool braces = _source[_at - 1] == '}';
        bool lazy = !(braces && min == max) && Take("?");
        bool possessive = !lazy && !braces && Take("+");
        if (More && _source[_at] is '*' or '+' or '?')
        {
            throw Error("a quantifier follows a quantifier");
        }

        var body = _code.GetRange(start, _code.Count - start);
        _code.RemoveRange(start, body.Count);
        if (body is [{ Operation: PatternOperation.One, Set: { } set }])
        {
            var operation = lazy ? PatternOperation.Lazy : possessive ? PatternOperation.Possessive : PatternOperation.Greedy;
            _code.Add(new(operation, min, max, set));
            return;
        }

        if ((long)body.Count * (max == Unlimited ? min + 1L : max) > MostCopies * 10)
        {
            throw Error("the repetition is too large");
        }

        int atomic = _code.Count;
        if (possessive)
        {
            _code.Add(default);
        }

        Repeat(body, start, min, max, lazy);
        if (possessive)
        {
            _code.Add(new(PatternOperation.Done));
            _code[atomic] = new(PatternOperation.Atomic, Max: _code.Count);
        }
    }

    private void Repeat(List<PatternCode> body, int from, int min, int max, bool lazy)
    {
        for (int i = 0; i < min; i++)
        {
            Append(body, from);
        }

        if (max == Unlimited)
        {
            int loop = _code.Count;
            _code.Add(default);
            Append(body, from);
            _code.Add(new(PatternOperation.Jump, loop));
            _code[loop] = Fork(loop + 1, _code.Count, lazy);
            return;
        }

        var forks = new List<int>();
        for (int i = min; i < max; i++)
        {
            forks.Add(_code.Count);
            _code.Add(default);
            Append(body, from);
        }

        foreach (int fork in forks)
        {
            _code[fork] = Fork(fork + 1, _code.Count, lazy);
        }
    }

    private static PatternCode Fork(int inside, int behind, bool lazy) =>
        lazy ? new(PatternOperation.Fork, behind, inside) : new(PatternOperation.Fork, inside, behind);

    private bool Bounds(out int min, out int max)
    {
        (min, max) = (0, Unlimited);
        switch (_source[_at])
        {
            case '*':
                break;
            case '+':
                min = 1;
                break;
            case '?':
                max = 1;
                break;
            case '{':
                return Braces(out min, out max);
            default:
                return false;
        }

        _at++;
        return true;
    }

    private bool Braces(out int min, out int max)
    {
        int close = _source.IndexOf('}', _at);
        if (close < 0)
        {
            throw Error("a brace is not closed");
        }

        string[] parts = _source[(_at + 1)..close].Split(',');
        min = parts[0].Length == 0 && parts.Length == 2 ? 0 : Count(parts[0]);
        max = parts.Length == 1 ? min : parts[1].Length == 0 ? Unlimited : Count(parts[1]);
        if (parts.Length > 2 || max < min)
        {
            throw Error("the bounds of a repetition are not understood");
        }

        _at = close + 1;
        return true;
    }

    private int Count(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MostCopies
            ? count
            : throw Error($"a count up to {MostCopies} is wanted in braces");

    // Moves what lies behind an insertion, targets included.
    private void Insert(int index, PatternCode instruction)
    {
        for (int i = index; i < _code.Count; i++)
        {
            _code[i] = Shifted(_code[i], 1);
        }

        _code.Insert(index, instruction);
    }

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

    private CodePointSet Class()
    {
        bool negated = Take("^");
        var set = new CodePointSet();
        bool first = true;
        while (true)
        {
            if (!More)
            {
                throw Error("a class is not closed");
            }

            if (_source[_at] == ']' && !first)
            {
                _at++;
                return set.Close(negated, _foldCase);
            }

            first = false;
            if (Take("&&") || string.CompareOrdinal(_source, _at, "[:", 0, 2) == 0)
            {
                throw Error("intersections and POSIX names in classes are not supported");
            }

            if (Take("["))
            {
                set.Add(Class());
            }
            else
            {
                Member(set);
            }
        }
    }

    private void Member(CodePointSet set)
    {
        if (ClassLiteral(out int low) is { } named)
        {
            set.Add(named);
            return;
        }

        int high = low;
        if (More && _source[_at] == '-' && _at + 1 < _source.Length && _source[_at + 1] != ']')
        {
            _at++;
            if (ClassLiteral(out high) is not null || high < low)
            {
                throw Error("a range in a class is not understood");
            }
        }

        set.Add(low, high);
    }

    private CodePointSet? ClassLiteral(out int literal)
    {
        if (Take("\\"))
        {
            return Escape(out literal);
        }

        literal = CodePoint();
        return null;
    }

    /// <returns>A set, or null when the escape stands for a literal.</returns>
    private CodePointSet? Escape(out int literal)
    {
        if (!More)
        {
            throw Error("a backslash ends the pattern");
        }

        int c = CodePoint();
        literal = c;
        if (c >= 128 || !char.IsAsciiLetterOrDigit((char)c))
        {
            return null;
        }

        switch ((char)c)
        {
            case 'n' or 'r' or 't' or 'f' or 'v':
                literal = "\n\r\t\f\v"["nrtfv".IndexOf((char)c, StringComparison.Ordinal)];
                return null;
            case 's' or 'S':
                return CodePointSet.WhiteSpace().Close(c == 'S', foldCase: false);
            case 'w' or 'W':
                return CodePointSet.Word().Close(c == 'W', foldCase: false);
            case 'd' or 'D':
                return CodePointSet.OfCategories(UnicodeCategory.DecimalDigitNumber).Close(c == 'D', foldCase: false);
            case 'p' or 'P':
                return Property(c == 'P');
            case 'x' or 'u':
                literal = Hexadecimal((char)c);
                return null;
            default:
                throw Error($"the escape \\{(char)c} is not supported");
        }
    }

    private int Hexadecimal(char kind)
    {
        string digits;
        if (Take("{"))
        {
            int close = _source.IndexOf('}', _at);
            digits = close < 0 ? "" : _source[_at..close];
            _at = close < 0 ? _at : close + 1;
        }
        else
        {
            int length = kind == 'x' ? 2 : 4;
            digits = _at + length <= _source.Length ? _source.Substring(_at, length) : "";
            _at += digits.Length;
        }

        return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int c) && c is >= 0 and <= 0x10FFFF
            ? c
            : throw Error("a hexadecimal escape is not understood");
    }

    private CodePointSet Property(bool negated)
    {
        int close = _source.IndexOf('}', _at);
        if (!Take("{") || close < 0)
        {
            throw Error("a category in braces is wanted");
        }

        negated ^= Take("^");
        string name = _source[_at..close];
        _at = close + 1;
        return Category(name)?.Close(negated, foldCase: false) ?? throw Error($"the property \"{name}\" is not supported");
    }

    private static readonly string[] s_categories =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
        "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static CodePointSet? Category(string name)
    {
        string prefix = name switch
        {
            "Letter" => "L",
            "Mark" => "M",
            "Number" => "N",
            "Punctuation" => "P",
            "Symbol" => "S",
            "Separator" => "Z",
            "Other" => "C",
            _ => name,
        };
        var categories = Enumerable.Range(0, s_categories.Length)
            .Where(i => s_categories[i] == prefix || (prefix.Length == 1 && s_categories[i][0] == prefix[0])).Select(i => (UnicodeCategory)i).ToArray();
        return categories.Length == 0 ? null : CodePointSet.OfCategories(categories);
    }
}
