using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts at each character of a kind.</summary>
internal abstract class CharacterSplit(SplitBehavior behavior) : PreTokenizer
{
    protected SplitBehavior Behavior => behavior;

    protected abstract bool IsMatch(int codePoint);

    public override void Split(ReadOnlySpan<char> piece, bool atStart, TokenizerScratch scratch, PieceBuffer into)
    {
        var splitter = new Splitter(piece, atStart, behavior, into);
        int from = 0;
        for (int i = 0; i < piece.Length;)
        {
            int c = CodePoints.At(piece[i..], out int length);
            if (IsMatch(c))
            {
                splitter.Add(from, i, isMatch: false);
                splitter.Add(i, i + length, isMatch: true);
                from = i + length;
            }

            i += length;
        }

        splitter.Add(from, piece.Length, isMatch: false);
        splitter.Finish();
    }
}
