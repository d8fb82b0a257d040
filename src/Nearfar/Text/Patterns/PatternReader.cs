using Nearfar.Text.Unicode;

namespace Nearfar.Text.Patterns;

/// <summary>The source of a pattern and the place that is read next.</summary>
internal sealed class PatternReader(string source)
{
    private int _at;

    public bool More => _at < source.Length;

    /// <summary>The character so many places on; -1 behind the end.</summary>
    public int Peek(int places = 0) => _at + places < source.Length ? source[_at + places] : -1;

    public bool Sees(string text) => string.CompareOrdinal(source, _at, text, 0, text.Length) == 0;

    /// <summary>Passes over a text, if it stands here.</summary>
    public bool Take(string text)
    {
        bool sees = Sees(text);
        _at += sees ? text.Length : 0;
        return sees;
    }

    public void Skip(int characters) => _at += characters;

    public int CodePoint()
    {
        int c = CodePoints.At(source.AsSpan(_at), out int length);
        _at += length;
        return c;
    }

    /// <summary>So many characters; empty, and nothing is passed over, where there are fewer.</summary>
    public string TakeCharacters(int count)
    {
        string text = _at + count <= source.Length ? source.Substring(_at, count) : "";
        _at += text.Length;
        return text;
    }

    /// <summary>What stands before a closing sign; null without one. Nothing is passed over.</summary>
    public string? UpTo(char close)
    {
        int end = source.IndexOf(close, _at);
        return end < 0 ? null : source[_at..end];
    }

    /// <summary>The same, and both are passed over.</summary>
    public string? TakeUpTo(char close)
    {
        string? text = UpTo(close);
        _at += text is null ? 0 : text.Length + 1;
        return text;
    }

    public FormatException Error(string what) => new($"{what}, at character {_at} of the pattern");
}
