using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Runs of word characters, and runs of what is neither word nor white space: <c>\w+|[^\w\s]+</c>.</summary>
internal sealed class WordSplit : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> piece, bool atStart, TokenizerScratch scratch, PieceBuffer into)
    {
        int start = 0;
        int last = -1;
        for (int i = 0; i < piece.Length;)
        {
            int c = CodePoints.At(piece[i..], out int length);
            int kind = UnicodeTables.IsWhiteSpace(c) ? 0 : UnicodeTables.IsWord(c) ? 1 : 2;
            if (kind != last)
            {
                Add(piece, start, i, last, atStart, into);
                (start, last) = (i, kind);
            }

            i += length;
        }

        Add(piece, start, piece.Length, last, atStart, into);
    }

    private static void Add(ReadOnlySpan<char> piece, int start, int end, int kind, bool atStart, PieceBuffer into)
    {
        if (kind > 0)
        {
            into.Add(piece[start..end], atStart && start == 0);
        }
    }

    public override void Write(CanonicalJson json) => json.Member("type", "Whitespace");
}
