using System.Globalization;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Patterns;

/// <summary>A character class: ranges, general categories, white space and word characters, perhaps negated.</summary>
internal sealed class CodePointSet
{
    private readonly List<(int First, int Last)> _ranges = [];
    private readonly List<CodePointSet> _sets = [];
    private readonly bool[] _ascii = new bool[128];
    private uint _categories;
    private bool _space;
    private bool _word;
    private bool _foldCase;
    private bool _negated;

    public static CodePointSet OfCategories(params ReadOnlySpan<UnicodeCategory> categories)
    {
        var set = new CodePointSet();
        foreach (var category in categories)
        {
            set._categories |= 1u << (int)category;
        }

        return set;
    }

    public static CodePointSet WhiteSpace() => new() { _space = true };

    public static CodePointSet Word() => new() { _word = true };

    public CodePointSet Add(int first, int last)
    {
        _ranges.Add((first, last));
        return this;
    }

    /// <summary>Adds what a closed set contains.</summary>
    public CodePointSet Add(CodePointSet set)
    {
        _sets.Add(set);
        return this;
    }

    /// <summary>Fixes the set; from now on <see cref="Contains"/> answers.</summary>
    public CodePointSet Close(bool negated, bool foldCase)
    {
        _negated = negated;
        _foldCase = foldCase;
        for (int c = 0; c < 128; c++)
        {
            _ascii[c] = Decide(c);
        }

        return this;
    }

    public bool Contains(int c) => c < 128 ? _ascii[c] : Decide(c);

    /// <summary>Simple case folding, as far as letters of one code point have a lower case; long s and the Kelvin sign fold to ASCII.</summary>
    public static int Fold(int c) => c == 0x17F ? 's' : UnicodeTables.ToLower(c);

    private bool Decide(int c) => Holds(c) != _negated;

    private bool Holds(int c)
    {
        foreach (var (first, last) in _ranges)
        {
            if ((c >= first && c <= last) || (_foldCase && HoldsFolded(c, first, last)))
            {
                return true;
            }
        }

        foreach (var set in _sets)
        {
            if (set.Contains(c))
            {
                return true;
            }
        }

        // \w of these patterns leaves the joiners out, unlike that of the Whitespace pre-tokenizer.
        return (_categories >> (int)UnicodeTables.CategoryOf(c) & 1) != 0 || (_space && UnicodeTables.IsWhiteSpace(c))
            || (_word && UnicodeTables.IsWord(c) && c is not (0x200C or 0x200D));
    }

    // Upper case of a range matters for ASCII only; other letters fold by their lower case.
    private static bool HoldsFolded(int c, int first, int last)
    {
        int folded = Fold(c);
        int upper = folded is >= 'a' and <= 'z' ? folded - 32 : folded;
        return (folded >= first && folded <= last) || (upper >= first && upper <= last);
    }
}
