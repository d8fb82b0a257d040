using System.Text;

namespace Nearfar.Reporting;

/// <summary>Text and tables for Markdown; texts from data cannot open markup, links, mentions or cells.</summary>
internal static class MarkdownText
{
    /// <summary>One line, every character that Markdown or HTML could read escaped.</summary>
    public static string Escape(string text)
    {
        var line = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '<' => line.Append("&lt;"),
                '>' => line.Append("&gt;"),
                '&' => line.Append("&amp;"),
                '@' => line.Append("&#64;"),                  // would notify whoever bears the name
                '\\' or '`' or '*' or '_' or '{' or '}' or '[' or ']' or '(' or ')' or '#' or '|' or '~' or '!' or '$' => line.Append('\\').Append((char)rune.Value),
                ':' => line.Append("&#58;"),                  // no autolink
                '\n' or '\r' or '\t' => line.Append(' '),
                < 0x20 or (>= 0x7F and < 0xA0) => line.Append('\uFFFD'),
                // Direction marks would turn the rest of the line around; Markdown has nothing that isolates them.
                (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0x061C => line.Append('\uFFFD'),
                _ => line.Append(rune.ToString()),
            };
        }

        return line.ToString().Trim();
    }

    /// <summary>A row; the cells are escaped already.</summary>
    public static void Row(StringBuilder into, IEnumerable<string> cells) => into.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    /// <summary>A head: the first column to the left, the others to the right.</summary>
    public static void Head(StringBuilder into, IReadOnlyList<string> titles)
    {
        Row(into, titles);
        into.Append("|---").Insert(into.Length, "|---:", titles.Count - 1).Append("|\n");
    }
}
