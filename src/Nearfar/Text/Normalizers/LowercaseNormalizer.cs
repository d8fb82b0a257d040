using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Full lower case of each code point by itself; there is no rule for a final sigma.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        while (!text.IsEmpty)
        {
            Append(CodePoints.Next(ref text), into);
        }
    }

    public static void Append(int codePoint, CharBuffer into)
    {
        if (codePoint == UnicodeTables.CapitalDottedI)
        {
            into.Add('i');
            into.Add('\u0307');
        }
        else
        {
            into.AddCodePoint(UnicodeTables.ToLower(codePoint));
        }
    }

    public override void Write(CanonicalJson json) => json.Member("type", "Lowercase");
}
