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
            case "Lowercase":
                field.Only("type");
                return new LowercaseNormalizer();
            default:
                throw field.Error($"the normalizer \"{type}\" is not supported.");
        }
    }
}
