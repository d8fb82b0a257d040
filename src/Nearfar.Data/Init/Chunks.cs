using Nearfar.Text;

namespace Nearfar.Data.Init;

/// <summary>Cuts a text into chunks of at most so many words: between paragraphs, else between sentences, else between words.</summary>
internal static class Chunks
{
    public static IReadOnlyList<string> Of(string text, int maxWords)
    {
        var chunks = new List<string>();
        string current = "";
        foreach (var (piece, separator) in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).SelectMany(p => Pieces(p, maxWords)))
        {
            string joined = current.Length == 0 ? piece : current + separator + piece;
            if (current.Length > 0 && Words.Count(joined) > maxWords)
            {
                chunks.Add(current);
                joined = piece;
            }

            current = joined;
        }

        if (current.Length > 0)
        {
            chunks.Add(current);
        }

        return chunks;
    }

    private static IEnumerable<(string Text, string Separator)> Pieces(string paragraph, int maxWords)
    {
        if (Words.Count(paragraph) <= maxWords)
        {
            return [(paragraph, "\n\n")];
        }

        return WithEnds(paragraph).SelectMany(s => Words.Count(s) <= maxWords ? [s] : Cut(s, maxWords)).Select(s => (s, " "));
    }

    // The sentences with the marks that end them.
    private static IEnumerable<string> WithEnds(string paragraph)
    {
        int from = 0;
        foreach (string sentence in Sentences.Split(paragraph))
        {
            int end = paragraph.IndexOf(sentence, from, StringComparison.Ordinal) + sentence.Length;
            while (end < paragraph.Length && !char.IsLetterOrDigit(paragraph[end]) && !char.IsWhiteSpace(paragraph[end]))
            {
                end++;
            }

            yield return paragraph[from..end].Trim();
            from = end;
        }
    }

    private static IEnumerable<string> Cut(string sentence, int maxWords)
    {
        int start = 0;
        double words = 0;
        for (int i = 0; i < sentence.Length; i++)
        {
            bool spaced = char.IsWhiteSpace(sentence[i]);
            words += spaced ? 1 : Words.IsUnspaced(sentence[i]) ? 0.5 : 0;
            if (words >= maxWords && (spaced || Words.IsUnspaced(sentence[i])))
            {
                yield return sentence[start..i].Trim();
                (start, words) = (i, 0);
            }
        }

        yield return sentence[start..].Trim();
    }
}
