using System.Net;
using System.Text.RegularExpressions;
using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>Markdown as sections of plain text: front matter, ATX and setext headings, fenced code; links and emphasis give their text.</summary>
internal static partial class MarkdownPage
{
    private const int LongestMarkup = 20_000;
    private static readonly string[] s_dates = ["updated", "lastmod", "last_modified", "date"];

    public static Page Read(string markdown)
    {
        string[] lines = markdown.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        var front = FrontMatter(lines, out int start);
        var collector = new SectionCollector();
        var paragraph = new List<string>();
        string? fence = null;
        string? title = null;
        void Flush()
        {
            collector.Paragraph(string.Join('\n', paragraph));
            paragraph.Clear();
        }

        void Heading(string text, int level)
        {
            Flush();
            string plain = Plain(text);
            title ??= level == 1 && plain.Length > 0 ? plain : null;
            collector.Heading(plain);
        }

        for (int i = start; i < lines.Length; i++)
        {
            string line = lines[i];
            string trimmed = line.Trim();
            if (FenceForm().Match(trimmed) is { Success: true } mark && (fence is null || (mark.Value.StartsWith(fence, StringComparison.Ordinal) && trimmed == mark.Value)))
            {
                fence = fence is null ? mark.Value : null;
            }
            else if (fence is not null)
            {
                paragraph.Add(line);
            }
            else if (HeadingForm().Match(line) is { Success: true } atx)
            {
                Heading(atx.Groups[2].Value, atx.Groups[1].Length);
            }
            else if (paragraph.Count == 1 && SetextForm().Match(trimmed) is { Success: true })
            {
                string above = paragraph[0];
                paragraph.Clear();
                Heading(above, trimmed[0] == '=' ? 1 : 2);
            }
            else if (trimmed.Length == 0)
            {
                Flush();
            }
            else if (Plain(line) is { Length: > 0 } plain)
            {
                paragraph.Add(plain);
            }
        }

        Flush();
        return new Page(front.GetValueOrDefault("title") ?? title, front.GetValueOrDefault("language") ?? front.GetValueOrDefault("lang"), Day(front), collector.Close());
    }

    // Only flat "key: value" lines; what else stands there is the site generator's.
    private static Dictionary<string, string> FrontMatter(string[] lines, out int start)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        start = 0;
        int end = lines.Length > 0 && lines[0].Trim() == "---" ? Array.FindIndex(lines, 1, l => l.Trim() == "---") : -1;
        if (end < 0)
        {
            return values;
        }

        start = end + 1;
        foreach (string line in lines[1..end])
        {
            if (FrontForm().Match(line) is { Success: true } match)
            {
                values.TryAdd(match.Groups[1].Value, match.Groups[2].Value.Trim().Trim('"', '\''));
            }
        }

        return values;
    }

    private static string? Day(Dictionary<string, string> front) => s_dates
        .Select(k => front.GetValueOrDefault(k)).OfType<string>().FirstOrDefault(v => Dates.TryParseDay(v, out _));

    private static string Plain(string line)
    {
        if (line.Length > LongestMarkup)
        {
            return line.Trim(); // no prose; the patterns below are not for megabytes on one line
        }

        string text = RuleForm().IsMatch(line.Trim()) ? "" : line.Trim();
        text = LeadForm().Replace(text, "");
        text = LinkForm().Replace(text, "$1");
        text = TagForm().Replace(text, "");
        text = EmphasisForm().Replace(text, "$2");
        return WebUtility.HtmlDecode(CodeForm().Replace(text, "$1")).Trim();
    }

    [GeneratedRegex(@"^(`{3,}|~{3,})")]
    private static partial Regex FenceForm();

    [GeneratedRegex(@"^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")]
    private static partial Regex HeadingForm();

    [GeneratedRegex(@"^(=+|-{2,})$")]
    private static partial Regex SetextForm();

    [GeneratedRegex(@"^([A-Za-z_]+):[ \t]+(.+)$")]
    private static partial Regex FrontForm();

    [GeneratedRegex(@"^([-*_][ \t]*){3,}$|^\|?[ :|-]*-{2,}[ :|-]*$")]
    private static partial Regex RuleForm();

    [GeneratedRegex(@"^(>[ \t]*)+|^([-*+]|\d{1,9}[.)])[ \t]+(\[[ xX]\][ \t]+)?")]
    private static partial Regex LeadForm();

    [GeneratedRegex(@"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\s+""[^""]*"")?\)|\[[^\[\]]*\])")]
    private static partial Regex LinkForm();

    [GeneratedRegex(@"</?[A-Za-z][^<>]*>|<!--.*?-->")]
    private static partial Regex TagForm();

    [GeneratedRegex(@"(\*\*\*|\*\*|\*|__|~~)(?=\S)(.+?)(?<=\S)\1")]
    private static partial Regex EmphasisForm();

    [GeneratedRegex(@"`+([^`]+)`+")]
    private static partial Regex CodeForm();
}
