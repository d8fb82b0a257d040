using Nearfar.Text.Unicode;

namespace Nearfar.Text.Learning;

/// <summary>
/// Counts the substrings of words, shorter ones first: one of length k can be frequent only where its beginning of length k - 1 is,
/// so most positions drop out early and memory stays in proportion to what is frequent.
/// </summary>
internal sealed class SubstringCounter(List<CountedPiece> words, int longest, int minCount)
{
    /// <returns>Substrings of 2 to the longest code points that occur often enough, with their lengths in code points.</returns>
    public List<(string Piece, long Count, int Length)> Count()
    {
        // Places of the text: where a substring begins (word, offset in it), where it ends by now, and which substring of the level it is.
        var places = new List<(int Word, int Start, int End, int Substring)>();
        for (int word = 0; word < words.Count; word++)
        {
            string text = words[word].Piece;
            for (int i = 0; i < text.Length;)
            {
                CodePoints.At(text.AsSpan(i), out int width);
                places.Add((word, i, i + width, CodePoints.At(text.AsSpan(i), out _)));
                i += width;
            }
        }

        var found = new List<(string, long, int)>();
        for (int length = 2; length <= longest && places.Count > 0; length++)
        {
            places = Extend(places, length, found);
        }

        return found;
    }

    private List<(int Word, int Start, int End, int Substring)> Extend(
        List<(int Word, int Start, int End, int Substring)> places, int length, List<(string, long, int)> found)
    {
        var numbers = new Dictionary<long, int>();
        var counts = new List<(long Count, int Place)>();
        var longer = new List<(int Word, int Start, int End, int Substring)>();
        foreach (var (word, start, end, substring) in places)
        {
            string text = words[word].Piece;
            if (end == text.Length)
            {
                continue;
            }

            int next = CodePoints.At(text.AsSpan(end), out int width);
            long key = ((long)substring << 21) | (uint)next;
            if (!numbers.TryGetValue(key, out int number))
            {
                number = counts.Count;
                numbers.Add(key, number);
                counts.Add((0, longer.Count));
            }

            counts[number] = (counts[number].Count + words[word].Count, counts[number].Place);
            longer.Add((word, start, end + width, number));
        }

        foreach (var (count, place) in counts)
        {
            if (count >= minCount)
            {
                var (word, start, end, _) = longer[place];
                found.Add((words[word].Piece[start..end], count, length));
            }
        }

        longer.RemoveAll(p => counts[p.Substring].Count < minCount);
        return longer;
    }
}
