using System.Net;
using System.Text;

namespace Nearfar.Data.Init;

/// <summary>HTML as sections of plain text. Tolerant: a broken tag is text, a missing end ends with the page; nothing is executed or fetched.</summary>
internal static class HtmlPage
{
    private static readonly HashSet<string> s_dropped = new(StringComparer.Ordinal)
        { "script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "form", "iframe", "select", "button" };

    // Elements whose end begins a new paragraph.
    private static readonly HashSet<string> s_blocks = new(StringComparer.Ordinal)
    {
        "p", "div", "section", "article", "main", "header", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "pre", "blockquote", "br", "hr", "figure", "figcaption", "body", "details", "summary",
    };

    public static Page Read(string html)
    {
        var state = new State();
        int i = 0;
        while (i < html.Length)
        {
            int open = html.IndexOf('<', i);
            state.Text(open < 0 ? html.AsSpan(i) : html.AsSpan(i, open - i));
            if (open < 0)
            {
                break;
            }

            i = html.AsSpan(open).StartsWith("<!--") ? Behind(html, "-->", open + 4)
                : Tag(html, open, out string name, out bool closing) is { } end ? state.Tag(html, open, end, name, closing)
                : state.Literal(open);
        }

        return state.ToPage();
    }

    /// <summary>Position behind the tag, or null when the bracket opens none.</summary>
    private static int? Tag(string html, int open, out string name, out bool closing)
    {
        closing = open + 1 < html.Length && html[open + 1] == '/';
        int start = open + (closing ? 2 : 1);
        int i = start;
        while (i < html.Length && (char.IsAsciiLetterOrDigit(html[i]) || html[i] is '-' or '!' or '?'))
        {
            i++;
        }

        name = html[start..i].ToLowerInvariant();
        if (i == start || !(char.IsAsciiLetter(name[0]) || name[0] is '!' or '?'))
        {
            return null;
        }

        char quote = '\0';
        for (; i < html.Length; i++)
        {
            if (quote == '\0' && html[i] == '>')
            {
                return i + 1;
            }

            quote = quote == '\0' && html[i] is '"' or '\'' ? html[i] : html[i] == quote ? '\0' : quote;
        }

        return html.Length;
    }

    private static int Behind(string html, string mark, int from)
    {
        int at = html.IndexOf(mark, Math.Min(from, html.Length), StringComparison.OrdinalIgnoreCase);
        return at < 0 ? html.Length : at + mark.Length;
    }

    private sealed class State
    {
        private readonly SectionCollector _collector = new();
        private readonly StringBuilder _text = new();
        private string? _title;
        private string? _firstHeading;
        private string? _language;
        private bool _inTitle;

        public void Text(ReadOnlySpan<char> text) => _text.Append(text);

        public int Literal(int open)
        {
            _text.Append('<');
            return open + 1;
        }

        public int Tag(string html, int open, int end, string name, bool closing)
        {
            if (!closing && s_dropped.Contains(name))
            {
                return html[end - 2] == '/' ? end : Skip(html, name, end);
            }

            if (name == "html" && !closing)
            {
                _language = Attribute(html[open..end], "lang");
            }
            else if (name == "title")
            {
                TitleTag(closing);
            }
            else if (name.Length == 2 && name[0] == 'h' && name[1] is >= '1' and <= '6')
            {
                HeadingTag(closing, name[1]);
            }
            else if (s_blocks.Contains(name))
            {
                Flush();
            }
            else if (name is "td" or "th")
            {
                _text.Append(' ');
            }

            return end;
        }

        public Page ToPage()
        {
            Flush();
            return new Page(string.IsNullOrEmpty(_title) ? _firstHeading : _title, _language, null, _collector.Close());
        }

        // Dropped elements nest (nav in header in nav …); scripts do not.
        private static int Skip(string html, string name, int from)
        {
            int depth = 1;
            int i = from;
            while (depth > 0)
            {
                int close = html.IndexOf("</" + name, i, StringComparison.OrdinalIgnoreCase);
                if (close < 0)
                {
                    return html.Length;
                }

                if (name is not ("script" or "style"))
                {
                    int inner = html.IndexOf("<" + name, i, close - i, StringComparison.OrdinalIgnoreCase);
                    if (inner >= 0)
                    {
                        depth++;
                        i = inner + name.Length + 1;
                        continue;
                    }
                }

                depth--;
                i = Behind(html, ">", close);
            }

            return i;
        }

        private void TitleTag(bool closing)
        {
            if (closing && _inTitle)
            {
                _title ??= Collapse();
                _text.Clear();
            }
            else
            {
                Flush();
            }

            _inTitle = !closing;
        }

        private void HeadingTag(bool closing, char level)
        {
            if (!closing)
            {
                Flush();
                return;
            }

            string heading = Collapse();
            _text.Clear();
            _firstHeading ??= level == '1' && heading.Length > 0 ? heading : null;
            _collector.Heading(heading);
        }

        private void Flush()
        {
            _collector.Paragraph(Collapse());
            _text.Clear();
        }

        private string Collapse() => string.Join(' ', WebUtility.HtmlDecode(_text.ToString()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

        private static string? Attribute(string tag, string name)
        {
            int at = tag.IndexOf(" " + name + "=", StringComparison.OrdinalIgnoreCase);
            string? value = at < 0 ? null : tag[(at + name.Length + 2)..].Trim('"', '\'', '>', ' ', '/').Split(['"', '\'', ' ', '>'])[0];
            return string.IsNullOrEmpty(value) ? null : value;
        }
    }
}
