using System.Globalization;

namespace Nearfar.Text.Patterns;

/// <summary>
/// Reads the regular expressions of tokenizer files: literals, classes, categories, groups without capture, alternatives, quantifiers
/// (greedy, lazy, possessive), look-ahead, (?i). Anything else is a <see cref="FormatException"/>, never a guess.
/// </summary>
internal sealed class PatternCompiler
{
    private const int MostCopies = 1000;
    private const int Deepest = 50;

    private readonly PatternReader _reader;
    private readonly ClassParser _classes;
    private readonly PatternProgram _program = new();
    private int _depth;
    private bool _foldCase;

    private PatternCompiler(string source)
    {
        _reader = new PatternReader(source);
        _classes = new ClassParser(_reader);
    }

    public static PatternCode[] Compile(string source)
    {
        var compiler = new PatternCompiler(source);
        compiler.Alternatives();
        if (compiler._reader.More)
        {
            throw compiler._reader.Error("a closing parenthesis has no opening one");
        }

        compiler._program.Add(new(PatternOperation.Done));
        return compiler._program.ToArray();
    }

    // a|b|c becomes: fork(a, next) a jump(end) … ; the code of each alternative is moved behind its fork.
    private void Alternatives()
    {
        if (++_depth > Deepest)
        {
            throw _reader.Error("groups lie too deep");
        }

        bool foldCase = _foldCase;
        int start = _program.Count;
        var jumps = new List<int>();
        Sequence();
        while (_reader.Take("|"))
        {
            _program.Insert(start, new(PatternOperation.Fork, start + 1, _program.Count + 2));
            jumps.Add(_program.Reserve());
            start = _program.Count;
            Sequence();
        }

        foreach (int jump in jumps)
        {
            _program.Fill(jump, new(PatternOperation.Jump, _program.Count));
        }

        _foldCase = foldCase;
        _depth--;
    }

    private void Sequence()
    {
        while (_reader.Peek() is not (-1 or '|' or ')'))
        {
            int start = _program.Count;
            if (Atom())
            {
                Quantifier(start);
            }
        }
    }

    /// <returns>Whether a quantifier may follow.</returns>
    private bool Atom()
    {
        switch (_reader.Peek())
        {
            case '(':
                return Group();
            case '[':
                _reader.Skip(1);
                AddOne(_classes.Class(_foldCase));
                return true;
            case '.':
                _reader.Skip(1);
                AddOne(new CodePointSet().Add('\n', '\n').Close(negated: true, foldCase: false));
                return true;
            case '^':
                _reader.Skip(1);
                _program.Add(new(PatternOperation.Start));
                return false;
            case '$':
                _reader.Skip(1);
                _program.Add(new(PatternOperation.End));
                return false;
            case '*' or '+' or '?' or '{':
                throw _reader.Error("a quantifier has nothing before it");
            case '\\':
                _reader.Skip(1);
                AddOne(_classes.Escape(out int literal) ?? Literal(literal));
                return true;
            default:
                AddOne(Literal(_reader.CodePoint()));
                return true;
        }
    }

    private void AddOne(CodePointSet set) => _program.Add(new(PatternOperation.One, Set: set));

    private CodePointSet Literal(int c) => new CodePointSet().Add(c, c).Close(negated: false, _foldCase);

    private bool Group()
    {
        bool foldCase = _foldCase;
        PatternOperation? wrapper = _reader.Take("(?=") ? PatternOperation.Ahead
            : _reader.Take("(?!") ? PatternOperation.NotAhead
            : _reader.Take("(?>") ? PatternOperation.Atomic
            : null;
        if (wrapper is null)
        {
            if (_reader.Take("(?i)"))
            {
                _foldCase = true;       // to the end of the group around it
                return false;
            }

            Opening();
        }

        int start = _program.Count;
        if (wrapper is not null)
        {
            _program.Reserve();
        }

        Alternatives();
        if (!_reader.Take(")"))
        {
            throw _reader.Error("a parenthesis is not closed");
        }

        _foldCase = foldCase;
        if (wrapper is { } operation)
        {
            _program.Enclose(start, operation);
        }

        return wrapper is null or PatternOperation.Atomic;
    }

    // Of a group that is nothing but its content; captures are not kept.
    private void Opening()
    {
        if (_reader.Take("(?i:"))
        {
            _foldCase = true;
        }
        else if (!_reader.Take("(?:"))
        {
            _reader.Skip(1);
            if (_reader.Peek() is '?' or '*')
            {
                throw _reader.Error("this kind of group is not supported");
            }
        }
    }

    private void Quantifier(int start)
    {
        bool braces = _reader.Peek() == '{';
        if (!Bounds(out int min, out int max))
        {
            return;
        }

        // Behind braces these signs mean other things from one dialect to the next: {n}? and {n,m}+ are refused.
        bool lazy = !(braces && min == max) && _reader.Take("?");
        bool possessive = !lazy && !braces && _reader.Take("+");
        if (_reader.Peek() is '*' or '+' or '?')
        {
            throw _reader.Error("a quantifier follows a quantifier");
        }

        var body = _program.Cut(start);
        if (body is [{ Operation: PatternOperation.One, Set: { } set }])
        {
            var operation = lazy ? PatternOperation.Lazy : possessive ? PatternOperation.Possessive : PatternOperation.Greedy;
            _program.Add(new(operation, min, max, set));
            return;
        }

        if ((long)body.Count * (max == PatternProgram.Unlimited ? min + 1L : max) > MostCopies * 10)
        {
            throw _reader.Error("the repetition is too large");
        }

        if (possessive)
        {
            int atomic = _program.Reserve();
            _program.Repeat(body, start, min, max, lazy);
            _program.Enclose(atomic, PatternOperation.Atomic);
        }
        else
        {
            _program.Repeat(body, start, min, max, lazy);
        }
    }

    private bool Bounds(out int min, out int max)
    {
        (min, max) = (0, PatternProgram.Unlimited);
        switch (_reader.Peek())
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
                Braces(out min, out max);
                return true;
            default:
                return false;
        }

        _reader.Skip(1);
        return true;
    }

    private void Braces(out int min, out int max)
    {
        string bounds = _reader.UpTo('}') ?? throw _reader.Error("a brace is not closed");
        string[] parts = bounds[1..].Split(',');
        min = parts[0].Length == 0 && parts.Length == 2 ? 0 : Count(parts[0]);
        max = parts.Length == 1 ? min : parts[1].Length == 0 ? PatternProgram.Unlimited : Count(parts[1]);
        if (parts.Length > 2 || max < min)
        {
            throw _reader.Error("the bounds of a repetition are not understood");
        }

        _reader.Skip(bounds.Length + 1);
    }

    private int Count(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MostCopies
            ? count
            : throw _reader.Error($"a count up to {MostCopies} is wanted in braces");
}
