using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Text;

public sealed class GramTokenizerTests
{
    private static readonly Tokenizer s_words = TokenizerTrainer.Train(TokenizerKind.WordPiece, 100, Enumerable.Repeat("refund the order refund the order", 50).ToArray());

    private static int[] Ids(ITokenizer tokenizer, string text)
    {
        var buffer = new TokenBuffer();
        tokenizer.Encode(text, buffer);
        return buffer.Ids.ToArray();
    }

    [Fact]
    public void Encode_KnownWord_IsItsTokenAlone()
    {
        Assert.Single(Ids(s_words, "refund"));
        Assert.Equal(Ids(s_words, "refund the order"), Ids(new GramTokenizer(s_words, new GramOptions(), 10), "refund the order"));
    }

    [Fact]
    public void Encode_AllWords_TakesKnownWordsApartToo()
    {
        var tokenizer = new GramTokenizer(s_words, new GramOptions { Buckets = 1_000_000, Min = 3, Max = 4, AllWords = true }, 100);
        int[] ids = Ids(tokenizer, "refund");
        Assert.Equal(Ids(s_words, "refund"), ids[..1]);
        Assert.Equal(6 + 5, ids.Length - 1);        // <refund> has 8 characters
        Assert.NotEmpty(new GramOptions { AllWords = true, Characters = false, WordPairs = true }.Problems());
    }

    [Fact]
    public void Encode_UnknownWord_AddsEveryPartOfItsLengths()
    {
        var tokenizer = new GramTokenizer(s_words, new GramOptions { Buckets = 1_000_000, Min = 3, Max = 5 }, 100);
        int[] inner = Ids(s_words, "zebra");
        int[] parts = Ids(tokenizer, "zebra")[inner.Length..];
        Assert.Equal(5 + 4 + 3, parts.Length);      // <zebra> has 7 characters
        Assert.Equal(12, parts.Distinct().Count());
        Assert.All(parts, id => Assert.InRange(id, s_words.VocabularySize, tokenizer.VocabularySize - 1));
        int[] other = Ids(tokenizer, "zebras")[Ids(s_words, "zebras").Length..];
        Assert.Equal(3 + 3 + 2 + 1, parts.Intersect(other).Count());     // all parts but those that hold the end
    }

    [Fact]
    public void Encode_ScriptWithoutSpaces_IsItsPairsOfCharacters()
    {
        var tokenizer = new GramTokenizer(s_words, new GramOptions { Buckets = 1_000_000 }, 100);
        int[] text = Ids(tokenizer, "返品方法");
        Assert.Equal(3, text.Count(id => id >= s_words.VocabularySize));
        Assert.Equal(1, Ids(tokenizer, "返品").Count(id => id >= s_words.VocabularySize && text.Contains(id)));
    }

    [Fact]
    public void Encode_WordPairs_FollowTheirOrder()
    {
        var tokenizer = new GramTokenizer(s_words, new GramOptions { Buckets = 1_000_000, Characters = false, WordPairs = true }, 100);
        int[] pairs = Ids(tokenizer, "refund the order")[3..];
        Assert.Equal(2, pairs.Length);
        Assert.DoesNotContain(pairs[0], Ids(tokenizer, "the refund order")[3..]);
        Assert.Contains(pairs[1], Ids(tokenizer, "the order")[2..]);
    }

    [Fact]
    public void Encode_LongText_IsCutByTokensAndWordsNotByParts()
    {
        var tokenizer = new GramTokenizer(s_words, new GramOptions(), 2);
        int[] cut = Ids(tokenizer, "order refund zebra zebra");
        Assert.Equal(Ids(s_words, "order refund"), cut);
        Assert.True(Ids(tokenizer, "zebra").Length > 2);
    }

    [Fact]
    public void Encode_LoneSurrogatesAndEmptyTexts_DoNotFail()
    {
        var tokenizer = new GramTokenizer(s_words, new GramOptions { WordPairs = true }, 100);
        Assert.Empty(Ids(tokenizer, ""));
        Assert.NotNull(Ids(tokenizer, "a\ud800b \udc00"));
    }

    [Fact]
    public void New_UnsoundOptions_AreAllNamed()
    {
        var e = Assert.Throws<ArgumentException>(() => new GramTokenizer(s_words, new GramOptions { Buckets = 0, Min = 4, Max = 3, Characters = false }, 1));
        Assert.All(new[] { "buckets is 0", "min and grams.max are 4 and 3", "neither characters nor word pairs" }, part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void ToJson_OtherOptions_OtherBytes()
    {
        byte[] Json(GramOptions options, int cut) => new GramTokenizer(s_words, options, cut).ToJson().ToArray();
        Assert.Equal(Json(new GramOptions(), 9), Json(new GramOptions(), 9));
        Assert.NotEqual(Json(new GramOptions(), 9), Json(new GramOptions(), 8));
        Assert.NotEqual(Json(new GramOptions(), 9), Json(new GramOptions { WordPairs = true }, 9));
    }
}
