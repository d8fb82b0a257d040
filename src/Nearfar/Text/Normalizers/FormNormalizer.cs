using System.Text;
using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>One of the four normalization forms.</summary>
internal sealed class FormNormalizer(NormalizationForm form) : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into) =>
        Normalization.Append(text, form, scratch.CodePoints, into);

    public override void Write(CanonicalJson json) => json.Member("type", form switch
    {
        NormalizationForm.FormC => "NFC",
        NormalizationForm.FormD => "NFD",
        NormalizationForm.FormKC => "NFKC",
        _ => "NFKD",
    });
}
