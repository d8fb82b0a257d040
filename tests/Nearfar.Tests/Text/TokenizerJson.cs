using System.Text.Json;
using System.Text.Json.Nodes;
using Nearfar.Text;

namespace Nearfar.Tests.Text;

/// <summary>Small tokenizer.json files for tests.</summary>
internal static class TokenizerJson
{
    public static JsonObject WordPiece(params string[] pieces)
    {
        var vocab = new JsonObject();
        foreach (string piece in pieces)
        {
            vocab[piece] = vocab.Count;
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(0, pieces[0])),
            ["normalizer"] = JsonNode.Parse("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"BertPreTokenizer"}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = pieces[0],
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = vocab,
            },
        };
    }

    public static JsonObject Added(int id, string content, bool normalized = false, bool singleWord = false, bool left = false, bool right = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = singleWord,
        ["lstrip"] = left,
        ["rstrip"] = right,
        ["normalized"] = normalized,
        ["special"] = !normalized,
    };

    public static Tokenizer Load(JsonNode json) => Tokenizer.FromJson(JsonSerializer.SerializeToUtf8Bytes(json), "test.json");

    public static int[] Encode(this Tokenizer tokenizer, string text)
    {
        var buffer = new TokenBuffer();
        tokenizer.Encode(text, buffer);
        return buffer.Ids.ToArray();
    }

    public static string[] Tokens(this Tokenizer tokenizer, string text) => [.. tokenizer.Encode(text).Select(tokenizer.TokenOf)];
}
