using System.Globalization;

namespace Nearfar.Text.Patterns;

/// <summary>Reads what stands for one code point: classes in brackets, escapes and categories.</summary>
internal sealed class ClassParser(PatternReader reader)
{
    // In the order of UnicodeCategory.
    private static readonly string[] s_categories =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
        "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>A class behind its opening bracket.</summary>
    public CodePointSet Class(bool foldCase)
    {
        bool negated = reader.Take("^");
        var set = new CodePointSet();
        bool first = true;
        while (true)
        {
            if (!reader.More)
            {
                throw reader.Error("a class is not closed");
            }

            if (!first && reader.Take("]"))
            {
                return set.Close(negated, foldCase);
            }

            first = false;
            if (reader.Take("&&") || reader.Sees("[:"))
            {
                throw reader.Error("intersections and POSIX names in classes are not supported");
            }

            if (reader.Take("["))
            {
                set.Add(Class(foldCase));
            }
            else
            {
                Member(set);
            }
        }
    }

    /// <summary>An escape behind its backslash.</summary>
    /// <returns>A set, or null when the escape stands for a literal.</returns>
    public CodePointSet? Escape(out int literal)
    {
        if (!reader.More)
        {
            throw reader.Error("a backslash ends the pattern");
        }

        int c = reader.CodePoint();
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
                throw reader.Error($"the escape \\{(char)c} is not supported");
        }
    }

    private void Member(CodePointSet set)
    {
        if (Literal(out int low) is { } named)
        {
            set.Add(named);
            return;
        }

        int high = low;
        if (reader.Peek() == '-' && reader.Peek(1) is not (']' or -1))
        {
            reader.Skip(1);
            if (Literal(out high) is not null || high < low)
            {
                throw reader.Error("a range in a class is not understood");
            }
        }

        set.Add(low, high);
    }

    private CodePointSet? Literal(out int literal)
    {
        if (reader.Take("\\"))
        {
            return Escape(out literal);
        }

        literal = reader.CodePoint();
        return null;
    }

    private int Hexadecimal(char kind)
    {
        string digits = reader.Take("{") ? reader.TakeUpTo('}') ?? "" : reader.TakeCharacters(kind == 'x' ? 2 : 4);
        return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int c) && c is >= 0 and <= 0x10FFFF
            ? c
            : throw reader.Error("a hexadecimal escape is not understood");
    }

    private CodePointSet Property(bool negated)
    {
        if (!reader.Take("{") || reader.TakeUpTo('}') is not { } name)
        {
            throw reader.Error("a category in braces is wanted");
        }

        if (name.StartsWith('^'))
        {
            (negated, name) = (!negated, name[1..]);
        }

        return Category(name)?.Close(negated, foldCase: false) ?? throw reader.Error($"the property \"{name}\" is not supported");
    }

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
