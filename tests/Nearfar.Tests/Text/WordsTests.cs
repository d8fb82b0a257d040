using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Text;

public class WordsTests
{
    [Theory]
    [InlineData("Where's my ORDER?", "where's my order")]
    [InlineData("l’été l'eau 'quoted' rock'n'roll", "l’été l'eau quoted rock'n'roll")]
    [InlineData("e-mail 3.5 a_b example.com", "e mail 3 5 a_b example com")]
    [InlineData("Ｆｕｌｌ ﬁt ①", "full fit 1")]
    [InlineData("東京都の天気", "東京 京都 都の の天 天気")]
    [InlineData("水 iPhone15の値段", "水 iphone15 の値 値段")]
    [InlineData("ｶﾀｶﾅ", "カタ タカ カナ")]            // half-width kana fold to kana first
    [InlineData("ราคา", "รา าค คา")]
    [InlineData("한국어 검색", "한국어 검색")]
    [InlineData("наложенный платёж", "наложенный платёж")]
    [InlineData("क्षत्रिय", "क्षत्रिय")]
    [InlineData("𠀀𠀁𠀂", "𠀀𠀁 𠀁𠀂")]
    [InlineData(" \t\n…!", "")]
    public void Split_AnyScript_GivesItsWords(string text, string words)
    {
        var into = new List<string>();
        Words.Split(text, into);
        Assert.Equal(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), into);
    }

    [Theory]
    [InlineData("Where's my ORDER?", "where s my order")]
    [InlineData("l’été Luther'in 'quoted' col·lega", "l été luther in quoted col·lega")]
    [InlineData("東京's ' '", "東京 s")]
    public void SplitAtApostrophes_AnyScript_PartsThere(string text, string words)
    {
        var into = new List<string>();
        Words.SplitAtApostrophes(text, into);
        Assert.Equal(words.Split(' '), into);
    }

    [Theory]
    [InlineData("Where's my order?", 3)]
    [InlineData("東京都の天気", 3)]
    [InlineData("水 iPhone15の値段", 3)]
    [InlineData("", 0)]
    [InlineData("?!", 0)]
    public void Count_AnyScript_CountsWordsAndHalfCharacters(string text, double count) => Assert.Equal(count, Words.Count(text));

    [Theory]
    [InlineData("  Where\tIS\u00A0my\r\norder ", "where is my order")]
    [InlineData("ΟΔΟΣ", "οδοσ")]
    [InlineData("οδος", "οδοσ")]
    [InlineData("Ａ①", "a1")]
    [InlineData("e\u0301", "é")]
    [InlineData("\u0130stanbul", "istanbul")]             // which the platform leaves or lowers by its globalization mode
    [InlineData("   ", "")]
    public void FoldKey_CaseWidthAndSpace_AreNoDifference(string text, string key)
    {
        Assert.Equal(key, FoldKeys.Of(text));
        Assert.Equal(key, FoldKeys.Of(FoldKeys.Of(text)));
    }

    [Theory]
    [InlineData("order", "orders")]
    [InlineData("a b", "ab")]
    [InlineData("resume", "résumé")]
    public void FoldKey_OtherWords_Differ(string one, string other) => Assert.NotEqual(FoldKeys.Of(one), FoldKeys.Of(other));

    [Fact]      // not as theory data: attributes cannot hold half a pair
    public void AnyMethod_HalfASurrogatePair_IsReadAsTheReplacementCharacter()
    {
        var into = new List<string>();
        Words.Split("a\uD800b", into);
        Assert.Equal(["a", "b"], into);
        Assert.Equal(2, Words.Count("a\uDC00b"));
        Assert.Equal("\uFFFD", FoldKeys.Of("\uD800"));
    }
}
