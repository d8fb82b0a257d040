using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts at white space, which goes, and around each punctuation character, which stays.</summary>
internal sealed class BertPreTokenizer : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> piece, bool atStart, TokenizerScratch scratch, PieceBuffer into)
    {
        int position = 0;
        while (Next(piece, ref position, out var part))
        {
            into.Add(part, atStart && part.Overlaps(piece[..1]));
        }
    }

    /// <summary>The next word or punctuation character from a position on.</summary>
    public static bool Next(ReadOnlySpan<char> text, ref int position, out ReadOnlySpan<char> part)
    {
        int start = position;
        while (position < text.Length)
        {
            int c = CodePoints.At(text[position..], out int length);
            bool space = UnicodeTables.IsWhiteSpace(c);
            if (!space && !UnicodeTables.IsBertPunctuation(c))
            {
                position += length;
                continue;
            }

            if (position > start)
            {
                break;
            }

            position += length;
            if (!space)
            {
                break;
            }

            start = position;
        }

        part = text[start..position];
        return position > start;
    }

    public override void Write(CanonicalJson json) => json.Member("type", "BertPreTokenizer");
}
