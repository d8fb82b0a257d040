using System.Text;

namespace Nearfar.Text;

/// <summary>
/// A text as pieces of its words, four characters long: what keyword search by words cannot see, typos, inflections and compounds, they share.
/// </summary>
/// <remarks>
/// McNamee and Mayfield 2004, "Character n-gram tokenization for European language text retrieval", find lengths 4 and 5 best. Differs: pieces
/// stay within a word, whose ends count as a character. Scripts without spaces give the pairs of characters that <see cref="Words"/> gives.
/// </remarks>
internal static class CharacterGrams
{
    private const int Length = 4;

    public static void Split(ReadOnlySpan<char> text, List<string> into)
    {
        var words = new List<string>();
        Words.Split(text, words);
        foreach (string word in words)
        {
            Rune.DecodeFromUtf16(word, out var first, out _);
            if (Words.IsUnspaced(first.Value))
            {
                into.Add(word);
                continue;
            }

            string closed = $" {word} ";
            for (int i = 0; i + Length <= closed.Length; i++)
            {
                into.Add(closed.Substring(i, Length));
            }

            if (closed.Length < Length)
            {
                into.Add(closed);
            }
        }
    }
}
