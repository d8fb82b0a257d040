using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Text;

public class WordPieceTests
{
    private static readonly Tokenizer s_small = TokenizerJson.Load(TokenizerJson.WordPiece(
        "[UNK]", "un", "##aff", "##able", "a", "##b", "want", "##ed", ".", "é", "e", "日", "本", "i", "[", "]", "unk"));

    [Theory]
    [InlineData("unaffable", "un,##aff,##able")]
    [InlineData("UNAFFABLE.", "un,##aff,##able,.")]
    [InlineData("wanted unwanted", "want,##ed,[UNK]")]
    [InlineData("abb  ab\tab\nab", "a,##b,##b,a,##b,a,##b,a,##b")]
    [InlineData("é e\u0301 É", "e,e,e")]
    [InlineData("a日本a", "a,日,本,a")]
    [InlineData("a\u200bb a\u00adb a\u0000b", "a,##b,a,##b,a,##b")]
    [InlineData("İ", "i")]
    [InlineData("[UNK] [unk]", "[UNK],[,unk,]")]
    [InlineData("a\ud800b", "a,##b")]
    [InlineData("", "")]
    [InlineData(" \t\n", "")]
    public void Tokens_SmallVocabulary_FollowTheRules(string text, string expected) =>
        Assert.Equal(expected, string.Join(',', s_small.Tokens(text)));

    [Fact]
    public void Encode_WordOverTheLimit_IsUnknown()
    {
        Assert.Equal(100, s_small.Encode("a" + new string('b', 99)).Length);
        Assert.Equal([0], s_small.Encode("a" + new string('b', 100)));
    }

    [Fact]
    public void Encode_PretrainedModel_GivesKnownIds()
    {
        string? data = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        string path = Path.Combine(data ?? "", "models", "potion-base-4M-int8", "tokenizer.json");
        Assert.SkipWhen(!File.Exists(path), $"NEARFAR_DATA has no {path}");
        var tokenizer = Tokenizer.Load(path);
        Assert.Equal(29528, tokenizer.VocabularySize);
        Assert.Equal(1, tokenizer.UnknownId);
        Assert.Equal(["how", "do", "i", "get", "a", "ref", "##und", "for", "my", "annual", "plan", "?"], tokenizer.Tokens("How do I get a refund for my annual plan?"));
        Assert.Equal(tokenizer.ToJson().ToArray(), Tokenizer.FromJson(tokenizer.ToJson(), "again").ToJson().ToArray());
    }
}
