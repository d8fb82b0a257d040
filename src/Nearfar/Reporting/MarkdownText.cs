using System.Text;

namespace Nearfar.Reporting;

/// <summary>Text and tables for Markdown; texts from data cannot open markup, links, mentions or cells.</summary>
internal static class MarkdownText
{
    /// <summary>One line that Markdown and HTML read as text. Escapes no more than that: the raw form is read too, in terminals and mails.</summary>
    public static string Escape(string text)
    {
        var line = new StringBuilder(text.Length + 8);
        Rune[] runes = [.. text.EnumerateRunes()];
        for (int i = 0; i < runes.Length; i++)
        {
            Append(line, runes[i], i > 0 ? runes[i - 1] : new Rune(' '), i + 1 < runes.Length ? runes[i + 1] : new Rune(' '));
        }

        return line.ToString().Trim();
    }

    private static void Append(StringBuilder line, Rune rune, Rune before, Rune after) => _ = rune.Value switch
    {
        '<' => line.Append("&lt;"),
        '>' => line.Append("&gt;"),
        '&' => line.Append("&amp;"),
        '@' when !Rune.IsLetterOrDigit(before) => line.Append("&#64;"),           // would notify whoever bears the name
        ':' when after.Value == '/' => line.Append("&#58;"),                      // would become a link
        '.' when before.Value is 'w' or 'W' => line.Append("&#46;"),              // www. likewise
        '_' when Rune.IsLetterOrDigit(before) && Rune.IsLetterOrDigit(after) => line.Append('_'),
        '\\' or '`' or '*' or '_' or '[' or ']' or '#' or '|' or '~' or '$' => line.Append('\\').Append((char)rune.Value),
        '\n' or '\r' or '\t' => line.Append(' '),
        < 0x20 or (>= 0x7F and < 0xA0) => line.Append('\uFFFD'),
        // Direction marks would turn the rest of the line around; Markdown has nothing that isolates them.
        (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0x061C => line.Append('\uFFFD'),
        _ => line.Append(rune.ToString()),
    };

    /// <summary>A row; the cells are escaped already.</summary>
    public static void Row(StringBuilder into, IEnumerable<string> cells) => into.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    /// <summary>A head: the first column to the left, the others to the right.</summary>
    public static void Head(StringBuilder into, IReadOnlyList<string> titles)
    {
        Row(into, titles);
        into.Append("|---").Insert(into.Length, "|---:", titles.Count - 1).Append("|\n");
    }
}
