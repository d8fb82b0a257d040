using Nearfar.Mining;
using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;
using Nearfar.Tests.Evaluation;
using Nearfar.Tests.Pairs;
using Xunit;

namespace Nearfar.Tests.Mining.Reviewing;

public class ReviewTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static MiningOptions Options => MiningWorld.Bare with { AbsoluteMargin = 0.1, PerQuery = 2 };

    private static (Corpus Corpus, VectorEncoder Encoder, TrainingSet Set) World()
    {
        var (corpus, encoder) = MiningWorld.AtCosines(0.8, 0.95, 0.75, 0.6, 0.5, 0.1);
        return (corpus, encoder, new TrainingSet(corpus, [MiningWorld.Pair("d0") with { Cohorts = new Dictionary<string, string> { ["language"] = "en" } }]));
    }

    private static async Task<MiningResult> MineAsync(Corpus corpus, VectorEncoder encoder, TrainingSet set, IEnumerable<ReviewRow>? decided = null, params HeldOutSeal[] seals) =>
        await new HardNegativeMiner(corpus, encoder, Options, seals, new FixedClock(MiningWorld.Now)) { Decisions = ReviewDecisions.Of([.. decided ?? []], corpus) }.MineAsync(set, "001", Token);

    private static ReviewRow Decide(ReviewRow row, ReviewDecision decision) => row with { Decision = decision, Reviewer = "ines", Time = MiningWorld.Now };

    [Fact]
    public async Task Review_WhatRulesKeptOut_IsListedLikeliestFirstWithAllAPersonNeeds()
    {
        var (corpus, encoder, set) = World();
        var result = await MineAsync(corpus, encoder, set);
        Assert.Equal(["d3", "d4"], MiningWorld.Ids(result));
        Assert.Equal(["d1", "d2"], result.Review.Select(r => r.DocumentId));
        var row = result.Review[0];
        Assert.Equal(("q", "p", "within the absolute margin", corpus["d1"].Content, "test-space"), (row.Query, row.PairId, row.Rule, row.Text, row.Space));
        Assert.Equal([corpus["d0"].Content], row.Positives);
        Assert.Equal(0.95, row.Scores["negative"], 1e-6);
        Assert.True(row.Likelihood > 1);
        Assert.Empty((await new HardNegativeMiner(corpus, encoder, Options with { Review = 0 }, [], new FixedClock(MiningWorld.Now)).MineAsync(set, "001", Token)).Review);
    }

    [Fact]
    public async Task Reject_IsNeverANegative_AndIsNotAskedAgain()
    {
        var (corpus, encoder, set) = World();
        var review = (await MineAsync(corpus, encoder, set)).Review;
        var taken = review[0] with { DocumentId = "d3", TextHash = ContentHash.IdOf(corpus["d3"].Content), Text = corpus["d3"].Content };
        var result = await MineAsync(corpus, encoder, set, [Decide(review[0], ReviewDecision.Reject), Decide(taken, ReviewDecision.Reject)]);
        Assert.Equal(["d4", "d5"], MiningWorld.Ids(result));
        Assert.Equal(2, result.Refused["rejected in review"]);
        Assert.Equal(["d2"], result.Review.Select(r => r.DocumentId));
    }

    [Fact]
    public async Task Accept_IsANegativeInSpiteOfTheRule_ButNeverAPositive()
    {
        var (corpus, encoder, set) = World();
        var review = (await MineAsync(corpus, encoder, set)).Review;
        var own = review[0] with { DocumentId = "d0", TextHash = ContentHash.IdOf(corpus["d0"].Content) };
        var result = await MineAsync(corpus, encoder, set, [Decide(review[0], ReviewDecision.Accept), Decide(own, ReviewDecision.Accept)]);
        Assert.Equal(["d1", "d3"], MiningWorld.Ids(result));
        var provenance = result.Pairs[0].HardNegatives[0].Provenance!;
        Assert.Equal(("accepted in review, against \"within the absolute margin\"", "ines"), (provenance.Rule, provenance.Reviewer));
        Assert.Equal(1, result.Refused["own positive"]);
    }

    [Fact]
    public async Task Promote_BecomesAPairOfAPerson_AndLeavesTheNegatives()
    {
        var (corpus, encoder, set) = World();
        var review = (await MineAsync(corpus, encoder, set)).Review;
        var result = await MineAsync(corpus, encoder, set, [Decide(review[0], ReviewDecision.Promote)]);
        var promoted = Assert.Single(result.Pairs, p => p.Id.StartsWith("review:", StringComparison.Ordinal));
        Assert.Equal(("q", "d1", "human", "ines", "en"), (promoted.Query, promoted.PositiveIds[0], promoted.Provenance!.Source, promoted.Provenance.Reviewer, promoted.Cohorts["language"]));
        Assert.DoesNotContain("d1", MiningWorld.Ids(result));
        Assert.Equal(2, result.Refused["own positive"]);
        var earlier = set.Pairs[0] with { HardNegatives = [new HardNegative("d1"), new HardNegative("d5")] };
        var merged = MinedPairs.Merge(new TrainingSet(corpus, [earlier]), result.Pairs);
        Assert.Equal(["d3", "d4", "d5"], merged.Pairs[0].HardNegatives.Select(n => n.DocumentId));
        Assert.Equal(2, merged.Pairs.Count);
    }

    [Fact]
    public async Task Promote_PageOrQuestionThatIsHeldOut_IsRefused()
    {
        var (corpus, encoder, set) = World();
        var review = (await MineAsync(corpus, encoder, set)).Review;
        var gate = new GateSet("gate", corpus, [TestSets.Query("g", "d1", cohorts: new() { ["page"] = "new" }) with { Query = "another" }], [], null, "hash");
        var result = await MineAsync(corpus, encoder, set, [Decide(review[0], ReviewDecision.Promote)], gate.Seal);
        Assert.DoesNotContain(result.Pairs, p => p.Id.StartsWith("review:", StringComparison.Ordinal));
        Assert.Equal(1, result.Refused["promoted, but question or page is held out for dev or gate"]);
    }

    [Fact]
    public async Task Decision_OnAPageThatChanged_NeedsANewLook()
    {
        var (corpus, encoder, set) = World();
        var review = (await MineAsync(corpus, encoder, set)).Review;
        var changed = new Corpus([.. corpus.Documents.Select(d => d.Id == "d1" ? d with { Text = "rewritten page" } : d)]);
        encoder.Add("rewritten page", 0.95f, (float)Math.Sqrt(1 - (0.95 * 0.95)));
        var result = await MineAsync(changed, encoder, new TrainingSet(changed, set.Pairs), [Decide(review[0], ReviewDecision.Accept)]);
        Assert.DoesNotContain("d1", MiningWorld.Ids(result));
        Assert.Equal(1, result.Refused["decision on a page that changed since"]);
        var again = result.Review[0];
        Assert.Equal(("d1", "rewritten page"), (again.DocumentId, again.Text));
        Assert.NotEqual(review[0].Id, again.Id);
    }

    [Fact]
    public async Task File_RoundTrip_KeepsEveryField_AndMergeLosesNoDecision()
    {
        var (corpus, encoder, set) = World();
        using var folder = new Folder();
        var review = (await MineAsync(corpus, encoder, set)).Review;
        ReviewFile.Write(folder["r.jsonl"], [Decide(review[0], ReviewDecision.Promote), review[1]]);
        Assert.Contains("\"decision\":null,\"reviewer\":null,\"time\":null}", File.ReadAllText(folder["r.jsonl"]), StringComparison.Ordinal);
        var read = ReviewFile.Read(folder["r.jsonl"]);
        byte[] bytes = File.ReadAllBytes(folder["r.jsonl"]);
        ReviewFile.Write(folder["again.jsonl"], read);
        Assert.Equal(bytes, File.ReadAllBytes(folder["again.jsonl"]));
        Assert.Equal((ReviewDecision.Promote, "ines", MiningWorld.Now), (read[0].Decision, read[0].Reviewer, read[0].Time));
        var merged = ReviewFile.Merge(read, review);
        Assert.Equal([ReviewDecision.Promote, null], merged.Select(r => r.Decision));
    }

    [Theory]
    [InlineData("\"decision\":null", "\"decision\":\"maybe\"", "accept, reject, promote")]
    [InlineData("\"decision\":null", "\"decision\":\"reject\"", "reviewer")]
    [InlineData("\"query\":\"q\"", "\"query\":\"another\"", "does not belong")]
    [InlineData("\"rule\":", "\"ruel\":", "did you mean \\\"rule\\\"")]
    public async Task File_BadRow_IsRefusedWithItsLine(string from, string to, string expected)
    {
        var (corpus, encoder, set) = World();
        using var folder = new Folder();
        ReviewFile.Write(folder["r.jsonl"], (await MineAsync(corpus, encoder, set)).Review);
        string text = File.ReadAllText(folder["r.jsonl"]);
        int at = text.IndexOf(from, StringComparison.Ordinal);
        File.WriteAllText(folder["r.jsonl"], text[..at] + to + text[(at + from.Length)..]);
        var error = Assert.Throws<NearfarException>(() => ReviewFile.Read(folder["r.jsonl"]));
        Assert.Contains("r.jsonl:1", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected.Replace("\\\"", "\"", StringComparison.Ordinal), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decisions_TwoThatDiffer_AreRefused()
    {
        var (corpus, encoder, set) = World();
        var row = (await MineAsync(corpus, encoder, set)).Review[0];
        Assert.Throws<NearfarException>(() => ReviewDecisions.Of([Decide(row, ReviewDecision.Accept), Decide(row, ReviewDecision.Reject)], corpus));
    }
}
