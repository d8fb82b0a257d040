using System.Text.Json.Nodes;
using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Text;

/// <summary>Our ids against those of Hugging Face's own library, for hard texts and tokenizers of every kind (see Fixtures/README.md).</summary>
public class HuggingFaceIdsTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (string kind in (string[])["wordpiece", "bpe", "unigram"])
        {
            foreach (var item in Read(kind)["cases"]!.AsArray())
            {
                data.Add(kind, item!["name"]!.GetValue<string>());
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Encode_HardTexts_GivesTheSameIds(string kind, string name)
    {
        var fixture = Read(kind);
        var item = fixture["cases"]!.AsArray().Single(c => c!["name"]!.GetValue<string>() == name)!;
        var json = item["tokenizer"]!.DeepClone();
        json["model"] = fixture["models"]![json["model"]!.GetValue<string>()]!.DeepClone();
        var tokenizer = TokenizerJson.Load(json);
        var again = Tokenizer.FromJson(tokenizer.ToJson(), "again.json");
        Assert.Equal(tokenizer.ToJson().ToArray(), again.ToJson().ToArray());
        var buffer = new TokenBuffer();
        var texts = fixture["texts"]!.AsArray();
        for (int i = 0; i < texts.Count; i++)
        {
            string text = texts[i]!.GetValue<string>();
            int[] expected = [.. item["ids"]![i]!.AsArray().Select(id => id!.GetValue<int>())];
            foreach (var reader in (Tokenizer[])[tokenizer, tokenizer, again])
            {
                buffer.Clear();
                reader.EncodeWithSpecialTokens(text, buffer);
                Assert.True(expected.AsSpan().SequenceEqual(buffer.Ids),
                    $"\"{text}\": {string.Join(' ', expected)} wanted, {string.Join(' ', buffer.Ids.ToArray())} came");
            }
        }
    }

    internal static JsonNode Read(string kind) => JsonNode.Parse(File.ReadAllBytes(Fixture.PathOf($"ids-{kind}.json")))!;
}
