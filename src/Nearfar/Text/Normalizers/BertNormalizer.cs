using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Drops controls, sets CJK ideographs apart, strips accents, lowers: in this order, each if asked for.</summary>
internal sealed class BertNormalizer(bool cleanText, bool spaceIdeographs, bool? stripAccents, bool lowercase) : Normalizer
{
    public bool CleansText => cleanText;

    public bool StripsAccents => stripAccents ?? lowercase;

    public bool Lowers => lowercase;

    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        var codePoints = scratch.CodePoints;
        codePoints.Clear();
        while (!text.IsEmpty)
        {
            int c = CodePoints.Next(ref text);
            if (cleanText)
            {
                if (IsDropped(c))
                {
                    continue;
                }

                c = UnicodeTables.IsWhiteSpace(c) ? ' ' : c;
            }

            bool apart = spaceIdeographs && IsIdeograph(c);
            Add(apart, ' ', codePoints);
            if (StripsAccents)
            {
                Normalization.Decompose(c, compatibility: false, codePoints);
            }
            else
            {
                codePoints.Add(c);
            }

            Add(apart, ' ', codePoints);
        }

        if (StripsAccents)
        {
            Normalization.Reorder(codePoints.Span);
        }

        foreach (int c in codePoints.Span)
        {
            AddLowered(c, into);
        }
    }

    private static void Add(bool wanted, int codePoint, CodePointBuffer into)
    {
        if (wanted)
        {
            into.Add(codePoint);
        }
    }

    private void AddLowered(int c, CharBuffer into)
    {
        if (c >= 0x300 && StripsAccents && UnicodeTables.IsBertMark(c))
        {
            return;
        }

        if (lowercase)
        {
            LowercaseNormalizer.Append(c, into);
        }
        else
        {
            into.AddCodePoint(c);
        }
    }

    // Unassigned code points stay. Tab, line feed and carriage return count as white space although they are controls.
    private static bool IsDropped(int c) => c is 0 or CodePoints.Replacement
        || (c is not ('\t' or '\n' or '\r') && UnicodeTables.IsBertControl(c));

    // Ranges as the original has them, its gap at 2B820 included.
    private static bool IsIdeograph(int c) => c >= 0x3400 && c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0x2F800 and <= 0x2FA1F);

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "BertNormalizer");
        json.Member("clean_text", cleanText);
        json.Member("handle_chinese_chars", spaceIdeographs);
        json.Member("strip_accents", stripAccents);
        json.Member("lowercase", lowercase);
    }
}
