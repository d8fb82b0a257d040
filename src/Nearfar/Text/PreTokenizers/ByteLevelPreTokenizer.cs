using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts as GPT-2 does, if asked, and spells each UTF-8 byte as one printable character.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool trimOffsets, bool useRegex) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> piece, bool atStart, TokenizerScratch scratch, PieceBuffer into)
    {
        var text = scratch.RentText();
        if (addPrefixSpace && !piece.IsEmpty && piece[0] != ' ')
        {
            text.Add(' ');
        }

        text.Add(piece);
        var spelled = scratch.RentText();
        var rest = text.Span;
        while (!rest.IsEmpty)
        {
            int length = useRegex ? NextLength(rest) : rest.Length;
            spelled.Clear();
            ByteAlphabet.Append(rest[..length], spelled);
            into.Add(spelled.Span, atStart);
            rest = rest[length..];
            atStart = false;
        }

        scratch.Return(spelled);
        scratch.Return(text);
    }

    /// <summary>
    /// The length of the first match of GPT-2's pattern, written out:
    /// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, which leaves nothing unmatched.
    /// </summary>
    private static int NextLength(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && Contraction(text) is > 0 and int contraction)
        {
            return contraction;
        }

        int start = text[0] == ' ' && text.Length > 1 ? 1 : 0;
        var kind = KindAt(text[start..], out int length);
        if (kind != Kind.Space)
        {
            int end = start + length;
            while (end < text.Length && KindAt(text[end..], out length) == kind)
            {
                end += length;
            }

            return end;
        }

        // White space up to the last one before something else, which belongs to what follows.
        int spaces = 1;
        while (spaces < text.Length && UnicodeTables.IsWhiteSpace(text[spaces]))
        {
            spaces++;
        }

        return spaces == text.Length || spaces == 1 ? spaces : spaces - 1;
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.Length > 1 && text[1] is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        return text.Length > 2 && text[1..3] is "re" or "ve" or "ll" ? 3 : 0;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, out int length)
    {
        int c = CodePoints.At(text, out length);
        if (c < 0x80)
        {
            return char.IsAsciiLetter((char)c) ? Kind.Letter : char.IsAsciiDigit((char)c) ? Kind.Number
                : UnicodeTables.IsWhiteSpace(c) ? Kind.Space : Kind.Other;
        }

        return UnicodeTables.IsLetter(c) ? Kind.Letter : UnicodeTables.IsNumber(c) ? Kind.Number
            : UnicodeTables.IsWhiteSpace(c) ? Kind.Space : Kind.Other;
    }

    private enum Kind
    {
        Letter,
        Number,
        Space,
        Other,
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "ByteLevel");
        json.Member("add_prefix_space", addPrefixSpace);
        json.Member("trim_offsets", trimOffsets);
        json.Member("use_regex", useRegex);
    }
}
