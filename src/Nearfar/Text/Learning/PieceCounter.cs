using System.Runtime.InteropServices;
using Nearfar.Text.Normalizers;
using Nearfar.Text.PreTokenizers;

namespace Nearfar.Text.Learning;

/// <summary>Counts the pieces that a model will see.</summary>
internal static class PieceCounter
{
    /// <returns>The most frequent first, equally frequent ones in ordinal order: whatever the order of the texts.</returns>
    /// <exception cref="NearfarException">There is no piece.</exception>
    public static List<CountedPiece> Count(IEnumerable<string> texts, Normalizer normalizer, PreTokenizer preTokenizer)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var scratch = new TokenizerScratch();
        foreach (string text in texts)
        {
            var normalised = scratch.RentText();
            var pieces = scratch.RentPieces();
            normalizer.Apply(text, scratch, normalised);
            preTokenizer.Split(normalised.Span, atStart: true, scratch, pieces);
            for (int i = 0; i < pieces.Count; i++)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(lookup, pieces[i], out _)++;
            }

            scratch.Return(pieces);
            scratch.Return(normalised);
        }

        var words = counts.Select(p => new CountedPiece(p.Key, p.Value)).ToList();
        words.Sort((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : string.CompareOrdinal(a.Piece, b.Piece));
        return words.Count > 0 ? words : throw new NearfarException("A vocabulary is learnt from texts; these hold no word.");
    }
}
