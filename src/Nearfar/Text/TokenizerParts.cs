using System.Text.Json;
using Nearfar.Text.Json;
using Nearfar.Text.Models;
using Nearfar.Text.Normalizers;
using Nearfar.Text.PreTokenizers;

namespace Nearfar.Text;

/// <summary>What a <c>tokenizer.json</c> holds. Equal parts write equal bytes.</summary>
internal sealed record TokenizerParts(TokenModel Model)
{
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public TokenTemplate? Template { get; init; }

    /// <summary>Kept for other readers, not applied: how long a text may be is the encoder's business.</summary>
    public JsonElement? Truncation { get; init; }

    /// <summary>Kept for other readers, not applied.</summary>
    public JsonElement? Padding { get; init; }

    /// <summary>Kept for other readers: how ids become text again plays no part in encoding.</summary>
    public JsonElement? Decoder { get; init; }

    public ReadOnlyMemory<byte> Write(bool withCut = true)
    {
        var json = new CanonicalJson();
        json.StartObject();
        json.Member("version", "1.0");
        WriteKept(json, "truncation", withCut ? Truncation : null);
        WriteKept(json, "padding", withCut ? Padding : null);
        json.StartArray("added_tokens");
        foreach (var token in AddedTokens.OrderBy(t => t.Id))
        {
            token.Write(json);
        }

        json.EndArray();
        WriteObject(json, "normalizer", Normalizer is null ? null : Normalizer.Write);
        WriteObject(json, "pre_tokenizer", PreTokenizer is null ? null : PreTokenizer.Write);
        WriteKept(json, "post_processor", Template?.Source);
        WriteKept(json, "decoder", Decoder);
        WriteObject(json, "model", Model.Write);
        json.EndObject();
        return json.Bytes;
    }

    private static void WriteKept(CanonicalJson json, string name, JsonElement? element)
    {
        json.Name(name);
        if (element is { } value)
        {
            TokenizerField.WriteSorted(value, json);
        }
        else
        {
            json.Value((string?)null);
        }
    }

    private static void WriteObject(CanonicalJson json, string name, Action<CanonicalJson>? members)
    {
        if (members is null)
        {
            json.Member(name, (string?)null);
            return;
        }

        json.StartObject(name);
        members(json);
        json.EndObject();
    }
}
