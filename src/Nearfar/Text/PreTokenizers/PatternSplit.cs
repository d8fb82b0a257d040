using Nearfar.Text.Json;
using Nearfar.Text.Patterns;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts at the matches of a pattern, or, inverted, at what lies between them.</summary>
internal sealed class PatternSplit(TextPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> piece, bool atStart, TokenizerScratch scratch, PieceBuffer into)
    {
        var splitter = new Splitter(piece, atStart, behavior, into);
        int from = 0;
        int search = 0;
        while (search <= piece.Length && pattern.TryFind(piece, search, scratch, out int start, out int length))
        {
            if (length == 0)
            {
                search = start + 1;     // an empty match cuts nothing
                continue;
            }

            splitter.Add(from, start, isMatch: invert);
            splitter.Add(start, start + length, isMatch: !invert);
            from = search = start + length;
        }

        splitter.Add(from, piece.Length, isMatch: invert);
        splitter.Finish();
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Split");
        json.Name("pattern");
        pattern.Write(json);
        json.Member("behavior", behavior.ToString());
        json.Member("invert", invert);
    }
}
