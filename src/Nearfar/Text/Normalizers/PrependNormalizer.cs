using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Puts a fixed text before any text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        if (!text.IsEmpty)
        {
            into.Add(prefix);
            into.Add(text);
        }
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Prepend");
        json.Member("prepend", prefix);
    }
}
