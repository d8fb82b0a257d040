using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Text;

/// <summary>Words and stems that the algorithm's own page gives as examples, and each step's.</summary>
public class EnglishStemmerTests
{
    [Theory]
    [InlineData("consign", "consign"), InlineData("consigned", "consign"), InlineData("consigning", "consign"), InlineData("consignment", "consign")]
    [InlineData("consist", "consist"), InlineData("consisted", "consist"), InlineData("consistency", "consist"), InlineData("consistent", "consist")]
    [InlineData("consistently", "consist"), InlineData("consisting", "consist"), InlineData("consists", "consist"), InlineData("consolation", "consol")]
    [InlineData("consolations", "consol"), InlineData("consolatory", "consolatori"), InlineData("console", "consol"), InlineData("consoled", "consol")]
    [InlineData("consolidate", "consolid"), InlineData("consolidation", "consolid"), InlineData("consolingly", "consol"), InlineData("conspicuous", "conspicu")]
    [InlineData("kneel", "kneel"), InlineData("kneeling", "kneel"), InlineData("knees", "knee"), InlineData("knightly", "knight"), InlineData("knots", "knot")]
    [InlineData("cries", "cri"), InlineData("ties", "tie"), InlineData("gas", "gas"), InlineData("this", "this"), InlineData("gaps", "gap"), InlineData("kiwis", "kiwi")]
    [InlineData("hopping", "hop"), InlineData("hoping", "hope"), InlineData("luxuriating", "luxuri"), InlineData("agreed", "agre"), InlineData("feed", "feed")]
    [InlineData("cry", "cri"), InlineData("by", "by"), InlineData("say", "say"), InlineData("skies", "sky"), InlineData("dying", "die"), InlineData("news", "news")]
    [InlineData("generously", "generous"), InlineData("general", "general"), InlineData("communism", "communism"), InlineData("inning", "inning"), InlineData("proceed", "proceed")]
    [InlineData("relational", "relat"), InlineData("conditional", "condit"), InlineData("hopefulness", "hope"), InlineData("adoption", "adopt"), InlineData("controlling", "control")]
    [InlineData("refunds", "refund"), InlineData("refunded", "refund"), InlineData("user's", "user"), InlineData("user\u2019s", "user")]
    [InlineData("straße", "straße"), InlineData("v2", "v2"), InlineData("日本", "日本"), InlineData("it", "it")]
    public void Stem_AnyWord_IsTheAlgorithms(string word, string stem) => Assert.Equal(stem, EnglishStemmer.Stem(word));

    [Fact]
    public void Split_Text_KeepsTheWordsOrder()
    {
        var words = new List<string>();
        EnglishStemmer.Split("Refunded orders, 日本語!", words);
        Assert.Equal(["refund", "order", "日本", "本語"], words);
    }
}
