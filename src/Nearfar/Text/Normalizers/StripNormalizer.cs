using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Takes white space off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        while (left && !text.IsEmpty && UnicodeTables.IsWhiteSpace(text[0]))
        {
            text = text[1..];
        }

        while (right && !text.IsEmpty && UnicodeTables.IsWhiteSpace(text[^1]))
        {
            text = text[..^1];
        }

        into.Add(text);
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Strip");
        json.Member("strip_left", left);
        json.Member("strip_right", right);
    }
}
