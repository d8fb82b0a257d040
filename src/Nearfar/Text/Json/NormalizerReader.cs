using System.Text;
using Nearfar.Text.Normalizers;

namespace Nearfar.Text.Json;

/// <summary>Reads the <c>normalizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class NormalizerReader
{
    public static Normalizer Read(TokenizerField field)
    {
        string type = field.TypeName;
        switch (type)
        {
            case "BertNormalizer":
                field.Only("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
                return new BertNormalizer(field.FlagOr("clean_text", true), field.FlagOr("handle_chinese_chars", true),
                    field.Find("strip_accents")?.Flag(), field.FlagOr("lowercase", true));
            case "Strip":
                field.Only("type", "strip_left", "strip_right");
                return new StripNormalizer(field.Get("strip_left").Flag(), field.Get("strip_right").Flag());
            case "Replace":
                field.Only("type", "pattern", "content");
                return new ReplaceNormalizer(PatternReader.Read(field.Get("pattern")), field.Get("content").Text());
            case "Prepend":
                field.Only("type", "prepend");
                return new PrependNormalizer(field.Get("prepend").Text());
            case "Precompiled":
                field.Only("type", "precompiled_charsmap");
                return ReadPrecompiled(field.Get("precompiled_charsmap"));
            case "Sequence":
                field.Only("type", "normalizers");
                return new SequenceNormalizer([.. field.Get("normalizers").Items().Select(Read)]);
            default:
                field.Only("type");
                return ReadPlain(type) ?? throw field.Error($"the normalizer \"{type}\" is not supported.");
        }
    }

    private static Normalizer? ReadPlain(string type) => type switch
    {
        "Lowercase" => new LowercaseNormalizer(),
        "NFC" => new FormNormalizer(NormalizationForm.FormC),
        "NFD" => new FormNormalizer(NormalizationForm.FormD),
        "NFKC" => new FormNormalizer(NormalizationForm.FormKC),
        "NFKD" => new FormNormalizer(NormalizationForm.FormKD),
        "StripAccents" => new StripAccentsNormalizer(),
        "Nmt" => new NmtNormalizer(),
        "ByteLevel" => new ByteLevelNormalizer(),
        _ => null,
    };

    private static PrecompiledNormalizer ReadPrecompiled(TokenizerField map)
    {
        try
        {
            return new PrecompiledNormalizer(map.Text());
        }
        catch (FormatException e)
        {
            throw map.Error($"a character map in base64 is wanted: {e.Message}.");
        }
    }
}
