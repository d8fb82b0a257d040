using Nearfar.Text.Json;

namespace Nearfar.Text.Patterns;

/// <summary>A text that is not empty, character by character.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    public override bool TryFind(ReadOnlySpan<char> text, int from, TokenizerScratch scratch, out int start, out int length)
    {
        int at = text[from..].IndexOf(literal, StringComparison.Ordinal);
        start = from + at;
        length = literal.Length;
        return at >= 0;
    }

    public override void Write(CanonicalJson json)
    {
        json.StartObject();
        json.Member("String", literal);
        json.EndObject();
    }
}
