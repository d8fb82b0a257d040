using System.Globalization;
using System.Text;
using Nearfar.Text.Unicode;

namespace Nearfar.Text;

/// <summary>Words of a text for keyword search and for the <c>query_length</c> cohort.</summary>
public static class Words
{
    /// <summary>
    /// Lower-case runs of letters, marks and digits (Unicode word characters, as UAX #29 joins them in scripts that write spaces); runs of
    /// Han, Hiragana, Katakana, Thai, Lao, Khmer and Burmese, which write none, as overlapping pairs of characters (a lone one by itself).
    /// </summary>
    /// <remarks>Differs from UAX #29: a full stop or comma always parts, so "3.5" and "example.com" are two words.</remarks>
    /// <param name="text">Any text.</param>
    /// <param name="into">Receives the words in order.</param>
    public static void Split(ReadOnlySpan<char> text, List<string> into) => Part(text, into, apostrophesJoin: true);

    /// <summary>
    /// The same, but an apostrophe parts words, for keyword search: "Luther" is to find "Luther's" and the Turkish "Luther'in", "avion" the French "l'avion".
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <param name="into">Receives the words in order.</param>
    internal static void SplitAtApostrophes(ReadOnlySpan<char> text, List<string> into) => Part(text, into, apostrophesJoin: false);

    private static void Part(ReadOnlySpan<char> text, List<string> into, bool apostrophesJoin)
    {
        ArgumentNullException.ThrowIfNull(into);
        string folded = Normalization.NfkcLower(text.ToString());
        int start = -1;
        int i = 0;
        while (i < folded.Length)
        {
            Rune.DecodeFromUtf16(folded.AsSpan(i), out var rune, out int length);
            if (IsUnspaced(rune.Value))
            {
                Flush(folded, ref start, i, into);
                i = SplitUnspaced(folded, i, into);
                continue;
            }

            if (IsWordRune(rune))
            {
                start = start < 0 ? i : start;
            }
            else if (!(IsMidWord(rune) && (apostrophesJoin || rune.Value == 0x00B7) && start >= 0 && i + length < folded.Length && IsWordAt(folded, i + length)))
            {
                Flush(folded, ref start, i, into);
            }

            i += length;
        }

        Flush(folded, ref start, folded.Length, into);
    }

    /// <summary>Words as people count them: runs of word characters, and half a word for each character of scripts without spaces.</summary>
    /// <param name="text">Any text.</param>
    public static double Count(ReadOnlySpan<char> text)
    {
        double count = 0;
        bool inside = false;
        int i = 0;
        while (i < text.Length)
        {
            Rune.DecodeFromUtf16(text[i..], out var rune, out int length);
            if (IsUnspaced(rune.Value))
            {
                count += 0.5;
                inside = false;
            }
            else if (IsWordRune(rune))
            {
                count += inside ? 0 : 1;
                inside = true;
            }
            else if (!(inside && IsMidWord(rune) && i + length < text.Length && IsWordAt(text, i + length)))
            {
                inside = false;
            }

            i += length;
        }

        return count;
    }

    /// <summary>Whether a code point belongs to a script written without spaces between words (Han, kana, Thai, Lao, Khmer, Burmese).</summary>
    internal static bool IsUnspaced(int c) =>
        c is (>= 0x3041 and <= 0x309F) or (>= 0x30A0 and <= 0x30FF and not 0x30FB) or (>= 0x31F0 and <= 0x31FF) or 0x3005 or 0x3007
            or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x323AF)
            or (>= 0x0E01 and <= 0x0E3A) or (>= 0x0E40 and <= 0x0E4E) or (>= 0x0E80 and <= 0x0EFF and not (>= 0x0ED0 and <= 0x0ED9))
            or (>= 0x1780 and <= 0x17D3) or (>= 0x1000 and <= 0x109F and not (>= 0x1040 and <= 0x104F));

    private static int SplitUnspaced(string text, int from, List<string> into)
    {
        int previous = -1;
        int i = from;
        int pairs = 0;
        while (i < text.Length)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out int length);
            if (!IsUnspaced(rune.Value))
            {
                break;
            }

            if (previous >= 0)
            {
                into.Add(text[previous..(i + length)]);
                pairs++;
            }

            previous = i;
            i += length;
        }

        if (pairs == 0)
        {
            into.Add(text[from..i]);
        }

        return i;
    }

    private static void Flush(string text, ref int start, int end, List<string> into)
    {
        if (start >= 0)
        {
            into.Add(text[start..end]);
            start = -1;
        }
    }

    // UAX #29 WB6, WB7: an apostrophe or a middle dot between two letters does not break a word.
    private static bool IsMidWord(Rune rune) => rune.Value is '\'' or 0x2019 or 0x00B7;

    private static bool IsWordAt(ReadOnlySpan<char> text, int i)
    {
        Rune.DecodeFromUtf16(text[i..], out var rune, out _);
        return IsWordRune(rune) && !IsUnspaced(rune.Value);
    }

    private static bool IsWordRune(Rune rune) => rune.Value == '_' || UnicodeTables.CategoryOf(rune.Value) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
