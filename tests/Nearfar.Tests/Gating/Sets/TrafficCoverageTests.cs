using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Gating.Sets;

public sealed class TrafficCoverageTests
{
    [Fact]
    public void Of_QuestionsInOtherWords_AreUnlikeAndTheMostAskedComesFirst()
    {
        var gate = SmallSet.Builder().Gate(SmallSet.Rows(SmallSet.All));
        TrafficRow[] traffic =
        [
            .. SmallSet.All.Select((r, i) => new TrafficRow { Id = $"t{i}", Query = r.Query.ToUpperInvariant() + "?" }),
            new() { Id = "x1", Query = "Wo bleibt mein Paket?" }, new() { Id = "x2", Query = "mixer smokes" }, new() { Id = "x3", Query = "Mixer  smokes" },
        ];
        var coverage = TrafficCoverage.Of(gate, traffic)!;
        Assert.Equal((42, 2), (coverage.Questions, coverage.Unlike));
        Assert.Equal([("x2", 2), ("x1", 1)], coverage.Examples.Select(e => (e.TrafficId, e.Asked)));
        Assert.InRange(2.0 / 42, coverage.Low, coverage.High);
        Assert.All(coverage.Examples, e => Assert.InRange(e.Similarity, 0, coverage.Threshold));
    }

    [Fact]
    public void Of_TooFewGateQuestionsOrNoTraffic_IsNull()
    {
        var few = SmallSet.Builder().Gate(SmallSet.Rows(SmallSet.All.Take(19)));
        Assert.Null(TrafficCoverage.Of(few, [new TrafficRow { Id = "t", Query = "q" }]));
        Assert.Null(TrafficCoverage.Of(SmallSet.Builder().Gate(SmallSet.Rows(SmallSet.All)), []));
    }

    [Fact]
    public void Nearest_SameTextTypoAndStranger_OrderAsTheyShould()
    {
        var resemblance = new QuestionResemblance(["where is my refund", "cancel the membership", "返品したい"]);
        Assert.Equal((1, 1.0), (resemblance.Nearest("cancel the membership").Question, Math.Round(resemblance.Nearest("cancel the membership").Similarity, 9)));
        Assert.Equal(1, resemblance.Nearest("cancl teh membreship").Question);
        Assert.Equal(2, resemblance.Nearest("返品できますか").Question);
        Assert.Equal((-1, 0.0), resemblance.Nearest("zzz"));
        Assert.NotEqual(0, resemblance.Nearest("where is my refund", except: 0).Question);
    }

    [Theory]
    [InlineData("Refunds", " ref,refu,efun,fund,unds,nds ")]
    [InlineData("a to", " a , to ")]
    [InlineData("返品です", "返品,品で,です")]
    [InlineData("", "")]
    public void CharacterGrams_OfWords_StayWithinThem(string text, string expected)
    {
        var grams = new List<string>();
        CharacterGrams.Split(text, grams);
        Assert.Equal(expected, string.Join(',', grams));
    }

    [Fact]
    public async Task OverCharacters_TypoThatWordsMiss_FindsThePage()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        string[] query = ["waranty headsett"];
        var hits = await Bm25Index.OverCharacters(SmallSet.Corpus).RankAsync(query, 1, cancellationToken);
        Assert.Equal("warranty-headset", SmallSet.Corpus.Documents[Assert.Single(hits[0]).Document].Id);
        Assert.Empty((await new Bm25Index(SmallSet.Corpus).RankAsync(query, 1, cancellationToken))[0]);
    }
}
