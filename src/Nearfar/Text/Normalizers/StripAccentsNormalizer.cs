using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Drops all marks; precomposed letters keep theirs unless a decomposing form runs before.</summary>
internal sealed class StripAccentsNormalizer : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        while (!text.IsEmpty)
        {
            int c = CodePoints.Next(ref text);
            if (c < 0x300 || !UnicodeTables.IsMark(c))
            {
                into.AddCodePoint(c);
            }
        }
    }

    public override void Write(CanonicalJson json) => json.Member("type", "StripAccents");
}
