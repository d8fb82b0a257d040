using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Text;

/// <summary>Files that are broken, hostile or ask for what we do not support: refused by name, never half read.</summary>
public class TokenizerFilesTests
{
    private static JsonObject Base() => TokenizerJson.WordPiece("[UNK]", "a", "##b");

    private static JsonNode Bpe(string members) => JsonNode.Parse("""{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},""" + members + "}}")!;

    public static TheoryData<string, string> Refused => new()
    {
        { """{"x":1}""", "$.x" },
        { """{}""", "\"model\" is missing" },
        { """[]""", "$: an object is wanted" },
        { """{"version":"2.0","model":{}}""", "$.version" },
        { """{"model":{"type":"WordLevel"}}""", "$.model: the model type \"WordLevel\"" },
        { """{"model":{"type":"WordPiece","vocab":{"a":0},"unk_token":"[UNK]"}}""", "unk_token \"[UNK]\"" },
        { """{"model":{"type":"WordPiece","vocab":{},"unk_token":"a"}}""", "the vocabulary is empty" },
        { """{"model":{"type":"WordPiece","vocab":{"a":0,"b":0},"unk_token":"a"}}""", "$.model.vocab.b: the id 0 stands twice" },
        { """{"model":{"type":"WordPiece","vocab":{"a":0,"a":1},"unk_token":"a"}}""", "no valid JSON" },
        { """{"model":{"type":"WordPiece","vocab":{"a":-1},"unk_token":"a"}}""", "$.model.vocab.a" },
        { """{"model":{"type":"WordPiece","vocab":{"a":2000000000},"unk_token":"a"}}""", "2000000000 came" },
        { """{"model":{"type":"WordPiece","vocab":{"a":1.5},"unk_token":"a"}}""", "1.5 came" },
        { """{"model":{"type":"WordPiece","vocab":{"a":0},"unk_token":"a","extra":1}}""", "$.model.extra" },
        { """{"model":{"type":"WordPiece","vocab":{"\ud800":0},"unk_token":"a"}}""", "broken.json" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "$.model.merges[0]: the merge of \"a\" and \"b\" wants \"b\"" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}""", "$.model.merges[0]" },
        { """{"model":{"type":"BPE","vocab":{"a":0,"":1},"merges":[["","a"]]}}""", "one is empty" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}""", "$.model.dropout" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}}""", "$.model.unk_token" },
        { """{"model":{"type":"Unigram","vocab":[["a",-1],["a",-2]],"unk_id":0}}""", "$.model.vocab[1]" },
        { """{"model":{"type":"Unigram","vocab":[["a",-1]],"unk_id":1}}""", "$.model.unk_id" },
        { """{"model":{"type":"Unigram","vocab":[["a",-1]],"unk_id":null}}""", "unk_id is wanted" },
        { """{"model":{"type":"Unigram","vocab":[["a",1e999]],"unk_id":0}}""", "broken.json" },
        { """{"model":{"type":"Unigram","vocab":[["a"]],"unk_id":0}}""", "a piece and its score" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void FromJson_BrokenFile_NamesFileAndPlace(string json, string place)
    {
        var error = Assert.Throws<NearfarException>(() => Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(json), "broken.json"));
        Assert.Contains("broken.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("normalizer", """{"type":"Bogus"}""", "$.normalizer: the normalizer \"Bogus\"")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Bogus"}]}""", "$.normalizer.normalizers[1]")]
    [InlineData("normalizer", """{"type":"Lowercase","locale":"tr"}""", "$.normalizer.locale")]
    [InlineData("normalizer", """{"type":"BertNormalizer","lowercase":"yes"}""", "$.normalizer.lowercase: true or false")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":"AAAA"}""", "$.normalizer.precompiled_charsmap")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":"?"}""", "$.normalizer.precompiled_charsmap")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"(?<=a)b"},"content":""}""", "this kind of group is not supported")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"\\p{Greek}"},"content":""}""", "the property \"Greek\"")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"\\bx"},"content":""}""", "the escape \\b")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"(a"},"content":""}""", "a parenthesis is not closed")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"a)"},"content":""}""", "a closing parenthesis")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"[a"},"content":""}""", "a class is not closed")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"*"},"content":""}""", "a quantifier has nothing before it")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"a{2,3}+"},"content":""}""", "a quantifier follows a quantifier")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"String":""},"content":""}""", "an empty pattern")]
    [InlineData("pre_tokenizer", """{"type":"UnicodeScripts"}""", "the pre-tokenizer \"UnicodeScripts\"")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"String":"a"},"behavior":"Odd"}""", "the behavior \"Odd\"")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","prepend_scheme":"sometimes"}""", "$.pre_tokenizer.prepend_scheme")]
    [InlineData("post_processor", """{"type":"Odd"}""", "the post-processor \"Odd\"")]
    [InlineData("post_processor", """{"type":"BertProcessing","sep":["[SEP]",99],"cls":["[CLS]",0]}""", "$.post_processor.sep[1]")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{}}""", "\"x\" is not among")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[],"special_tokens":{}}""", "wants the sequence A")]
    [InlineData("truncation", "5", "$.truncation")]
    [InlineData("added_tokens", """[{"id":7,"content":"x"}]""", "must have id 3")]
    [InlineData("added_tokens", """[{"id":1,"content":"[UNK]"}]""", "must have id 0")]
    [InlineData("added_tokens", """[{"id":0,"content":"[UNK]"},{"id":0,"content":"[UNK]"}]""", "stands twice")]
    [InlineData("added_tokens", """[{"id":3,"content":""}]""", "may not be empty")]
    public void FromJson_UnsupportedPart_IsRefusedByName(string member, string value, string place)
    {
        var json = Base();
        json[member] = JsonNode.Parse(value);
        var error = Assert.Throws<NearfarException>(() => TokenizerJson.Load(json));
        Assert.Contains("test.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromJson_DeepNesting_IsAnError()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"type\":\"Sequence\",\"normalizers\":[", 100_000));
        var error = Assert.Throws<NearfarException>(() => Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes("{\"normalizer\":" + deep), "deep.json"));
        Assert.Contains("deep.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromJson_CutAnywhere_IsAnErrorOfOurs()
    {
        byte[] whole = TokenizerJson.Load(Base()).ToJson().ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<NearfarException>(() => Tokenizer.FromJson(whole.AsMemory(0, length), "cut.json"));
        }
    }

    [Fact]
    public void FromJson_AnyByteChanged_LoadsOrIsAnErrorOfOurs()
    {
        byte[] whole = File.ReadAllBytes(Fixture.PathOf("learnt-bpe.json"));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, 900], Gen.Byte).Sample((at, to, near, other) =>
        {
            byte[] changed = [.. whole];
            changed[at] = to;
            changed[near] = other;
            try
            {
                Tokenizer.FromJson(changed, "changed.json").Encode("Wie geht's?");
            }
            catch (NearfarException)
            {
            }
        }, iter: 400);
    }

    [Fact]
    public void ToJson_EqualTokenizersWrittenDifferently_AreEqual()
    {
        string plain = """{"version":"1.0","model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}""";
        string other = "\uFEFF{ \"model\": {\"merges\":[[\"a\",\"b\"]],\"vocab\":{\"ab\":2,\"b\":1,\"\\u0061\":0},\"fuse_unk\":false,\"dropout\":null}, \"added_tokens\":[],\"decoder\":null}";
        Assert.Equal(
            Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(plain), "a").ToJson().ToArray(),
            Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(other), "b").ToJson().ToArray());
    }

    [Fact]
    public void ToJson_TruncationPaddingDecoder_AreKeptAndNotApplied()
    {
        var json = Base();
        json["truncation"] = JsonNode.Parse("""{"max_length":1,"direction":"Right","strategy":"LongestFirst","stride":0}""");
        json["padding"] = JsonNode.Parse("""{"strategy":{"Fixed":9},"pad_id":0}""");
        var tokenizer = TokenizerJson.Load(json);
        Assert.Equal([1, 2], tokenizer.Encode("ab"));
        var written = JsonNode.Parse(tokenizer.ToJson().Span)!;
        Assert.Equal(1, written["truncation"]!["max_length"]!.GetValue<int>());
        Assert.Equal(9, written["padding"]!["strategy"]!["Fixed"]!.GetValue<int>());
    }

    [Fact]
    public void Load_NoFile_NamesIt() =>
        Assert.Contains("nowhere.json", Assert.Throws<NearfarException>(() => Tokenizer.Load("nowhere.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void TokenOf_NoSuchId_Throws()
    {
        var tokenizer = TokenizerJson.Load(Base());
        Assert.Equal("##b", tokenizer.TokenOf(2));
        Assert.Equal(2, tokenizer.IdOf("##b"));
        Assert.Null(tokenizer.IdOf("c"));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenOf(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenOf(-1));
    }

    [Fact]
    public void Encode_HostilePattern_IsAnErrorNotAHang()
    {
        var json = Bpe("\"merges\":[\"a b\"]");
        json["pre_tokenizer"] = JsonNode.Parse("""{"type":"Split","pattern":{"Regex":"(?:(?:a|aa)+)+$"},"behavior":"Isolated"}""");
        var tokenizer = TokenizerJson.Load(json);
        Assert.Throws<NearfarException>(() => tokenizer.Encode(new string('a', 60) + "b"));
    }

    [Fact]
    public void FromJson_LoneSurrogateInAContent_IsRefused()
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes(Base().ToJsonString().Replace("\"##b\"", "\"\\ud800\"", StringComparison.Ordinal));
        Assert.Throws<NearfarException>(() => Tokenizer.FromJson(json, "x.json"));
    }
}
