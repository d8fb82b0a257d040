using System.Globalization;

namespace Nearfar.Reporting;

/// <summary>The beginning of a text on one line.</summary>
internal static class Snippet
{
    /// <param name="text">Any text; white space is collapsed.</param>
    /// <param name="longest">Text elements kept, so that no letter loses its accent and no emoji is halved.</param>
    public static string Of(string text, int longest)
    {
        var kept = new System.Text.StringBuilder();
        int count = 0;
        bool space = false;
        for (int at = 0; at < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text.AsSpan(at));
            if (char.IsWhiteSpace(text[at]))
            {
                space = kept.Length > 0;
            }
            else if (count + (space ? 1 : 0) >= longest || kept.Length + length > (4 * longest) + 32)      // a letter may bear ten thousand accents
            {
                return kept.Append('…').ToString();
            }
            else
            {
                count += space ? 2 : 1;
                kept.Append(space ? " " : "").Append(text, at, length);
                space = false;
            }

            at += length;
        }

        return kept.ToString();
    }
}
