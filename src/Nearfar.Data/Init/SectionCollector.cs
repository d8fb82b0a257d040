using System.Text;

namespace Nearfar.Data.Init;

/// <summary>Gathers paragraphs under the heading that stands above them.</summary>
internal sealed class SectionCollector
{
    private readonly List<PageSection> _sections = [];
    private readonly StringBuilder _text = new();
    private string? _heading;

    public void Heading(string heading)
    {
        Close();
        _heading = heading.Length == 0 ? null : heading;
    }

    public void Paragraph(string text)
    {
        string trimmed = text.Trim();
        if (trimmed.Length > 0)
        {
            _text.Append(_text.Length > 0 ? "\n\n" : "").Append(trimmed);
        }
    }

    public IReadOnlyList<PageSection> Close()
    {
        if (_heading is not null || _text.Length > 0)
        {
            _sections.Add(new PageSection(_heading, _text.ToString()));
        }

        _text.Clear();
        _heading = null;
        return _sections;
    }
}
