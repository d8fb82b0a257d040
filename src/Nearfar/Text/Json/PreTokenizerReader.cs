using Nearfar.Text.PreTokenizers;

namespace Nearfar.Text.Json;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class PreTokenizerReader
{
    public static PreTokenizer Read(TokenizerField field)
    {
        string type = field.TypeName;
        switch (type)
        {
            case "BertPreTokenizer":
                field.Only("type");
                return new BertPreTokenizer();
            default:
                throw field.Error($"the pre-tokenizer \"{type}\" is not supported.");
        }
    }
}
