using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Writes spaces as a visible character, which begins each word.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, MetaspacePrepend prepend, bool split) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> piece, bool atStart, TokenizerScratch scratch, PieceBuffer into)
    {
        var text = scratch.RentText();
        bool wanted = prepend == MetaspacePrepend.Always || (prepend == MetaspacePrepend.First && atStart);
        if (wanted && !piece.IsEmpty && piece[0] != ' ' && piece[0] != replacement)
        {
            text.Add(replacement);
        }

        piece.Replace(text.Reserve(piece.Length), ' ', replacement);
        var splitter = new Splitter(text.Span, atStart, SplitBehavior.MergedWithNext, into);
        int from = 0;
        for (int i = 0; split && i < text.Count; i++)
        {
            if (text.Span[i] == replacement)
            {
                splitter.Add(from, i, isMatch: false);
                splitter.Add(i, i + 1, isMatch: true);
                from = i + 1;
            }
        }

        splitter.Add(from, text.Count, isMatch: false);
        splitter.Finish();
        scratch.Return(text);
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Metaspace");
        json.Member("replacement", replacement.ToString());
        json.Member("prepend_scheme", prepend switch
        {
            MetaspacePrepend.Always => "always",
            MetaspacePrepend.First => "first",
            _ => "never",
        });
        json.Member("split", split);
    }
}
