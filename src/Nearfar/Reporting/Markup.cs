using System.Collections.Frozen;
using System.Text;

namespace Nearfar.Reporting;

/// <summary>Writes HTML in the form that XML readers accept too, and escapes every text. Not thread-safe.</summary>
/// <remarks>Questions and documents are hostile text: what a browser must not see as markup, and what XML 1.0 cannot hold, is replaced here and nowhere else.</remarks>
internal sealed class Markup
{
    // Elements that end a line in the file; all others may stand inside a sentence, where white space shows.
    private static readonly FrozenSet<string> LineEnders = new[]
    {
        "head", "title", "meta", "style", "body", "header", "main", "footer", "section", "article", "nav", "div", "p", "h1", "h2", "h3", "h4", "ul", "ol", "li",
        "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "details", "summary", "figure", "figcaption", "svg", "html", "testsuites", "testsuite", "testcase",
    }.ToFrozenSet(StringComparer.Ordinal);

    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = new();

    /// <summary>Opens an element; disposing the result closes it.</summary>
    public Scope In(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(element, attributes);
        _text.Append('>');
        _open.Push(element);
        return new Scope(this);
    }

    /// <summary>An element that holds text alone.</summary>
    public Markup Leaf(string element, string text, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        using (In(element, attributes))
        {
            Text(text);
        }

        return this;
    }

    /// <summary>An element without content, such as <c>meta</c> or <c>rect</c>.</summary>
    public Markup Empty(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(element, attributes);
        _text.Append(" />");
        return EndLine(element);
    }

    /// <summary>Escaped text.</summary>
    public Markup Text(string text)
    {
        Escape(_text, text);
        return this;
    }

    /// <summary>Text as it stands: constants of this library, never data.</summary>
    public Markup Trusted(string text)
    {
        _text.Append(text);
        return this;
    }

    public override string ToString() =>
        _open.Count == 0 ? _text.ToString() : throw new InvalidOperationException($"Element <{_open.Peek()}> is still open.");

    private void Start(string element, ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _text.Append('<').Append(element);
        foreach (var (name, value) in attributes)
        {
            _text.Append(' ').Append(name).Append("=\"");
            Escape(_text, value);
            _text.Append('"');
        }
    }

    private void Close()
    {
        string element = _open.Pop();
        _text.Append("</").Append(element).Append('>');
        EndLine(element);
    }

    private Markup EndLine(string element)
    {
        if (LineEnders.Contains(element))
        {
            _text.Append('\n');
        }

        return this;
    }

    private static void Escape(StringBuilder into, string text)
    {
        foreach (var rune in text.EnumerateRunes())      // a lone surrogate comes as U+FFFD
        {
            _ = rune.Value switch
            {
                '&' => into.Append("&amp;"),
                '<' => into.Append("&lt;"),
                '>' => into.Append("&gt;"),
                '"' => into.Append("&quot;"),
                '\'' => into.Append("&#39;"),
                '\t' or '\n' => into.Append((char)rune.Value),
                '\r' => into.Append(' '),                // a reader would turn it into a line feed
                < 0x20 or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF => into.Append('\uFFFD'),
                _ => into.Append(rune.ToString()),
            };
        }
    }

    /// <summary>An open element.</summary>
    public readonly struct Scope(Markup markup) : IDisposable
    {
        public void Dispose() => markup.Close();
    }
}
