using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.Init;

/// <summary>A sentence of a document as a training question (inverse cloze task).</summary>
internal static class Sentences
{
    private static readonly char[] s_ends = ['.', '!', '?', '。', '！', '？', '؟', '।', '\n'];

    /// <summary>One sentence of 4 to 40 words, chosen by the document's id; null when the text has fewer than two.</summary>
    public static Pair? Of(Document document)
    {
        var sentences = Split(document.Text).ToList();
        var usable = sentences.Where(s => Words.Count(s) is >= 4 and <= 40).ToList();
        if (sentences.Count < 2 || usable.Count == 0)
        {
            return null;
        }

        int chosen = (int)(DocumentClusters.FractionOf("sentence " + document.Id) * usable.Count);
        return new Pair
        {
            Id = "s-" + document.Id,
            Query = usable[chosen],
            PositiveIds = [document.Id],
            Provenance = new Provenance { Source = "synthetic", DocumentId = document.Id, Rule = "sentence of the document" },
        };
    }

    /// <summary>Sentences without their ends; a dot inside a number or a name such as e.g. does not end one.</summary>
    public static IEnumerable<string> Split(string text)
    {
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool ends = s_ends.Contains(text[i]) && (text[i] > 127 || i + 1 == text.Length || char.IsWhiteSpace(text[i + 1]) || text[i] == '\n');
            if (ends && text[start..i].Trim() is { Length: > 0 } sentence)
            {
                yield return sentence;
            }

            start = ends ? i + 1 : start;
        }

        if (text[start..].Trim() is { Length: > 0 } rest)
        {
            yield return rest;
        }
    }
}
