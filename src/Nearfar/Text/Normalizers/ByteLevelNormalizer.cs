using Nearfar.Text.Json;
using Nearfar.Text.PreTokenizers;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Spells each UTF-8 byte as one printable character.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into) => ByteAlphabet.Append(text, into);

    public override void Write(CanonicalJson json) => json.Member("type", "ByteLevel");
}
