using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Drops some controls and turns format characters and line ends into spaces, as translation models do.</summary>
internal sealed class NmtNormalizer : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        foreach (char c in text)
        {
            switch (c)
            {
                case (>= '\x01' and <= '\x08') or '\x0B' or (>= '\x0E' and <= '\x1F') or '\x7F' or '\x8F' or '\x9F':
                    break;
                case '\t' or '\n' or '\f' or '\r' or '\u1680' or (>= '\u200B' and <= '\u200F') or '\u2028' or '\u2029' or '\u2581' or '\uFEFF' or '\uFFFD':
                    into.Add(' ');
                    break;
                default:
                    into.Add(c);
                    break;
            }
        }
    }

    public override void Write(CanonicalJson json) => json.Member("type", "Nmt");
}
