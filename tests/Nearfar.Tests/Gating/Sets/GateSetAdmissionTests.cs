using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Gating.Sets;

public sealed class GateSetAdmissionTests
{
    private static readonly RowSet<Pair> s_train = SmallSet.Named("train.jsonl",
        SmallSet.Ask("cancel", "kettle", "how do I end the contract of a kettle that I bought last year"), SmallSet.Ask("cancel", "lamp", "lamp: stop it") with { QueryId = "7" });

    private static readonly RowSet<Pair> s_dev = SmallSet.Named("dev.jsonl", SmallSet.Ask("export", "kettle", "export my kettle"));

    [Fact]
    public void Refusals_GoodRows_AreNone() => Assert.Empty(Admission().Refusals(SmallSet.Rows(SmallSet.All)));

    [Theory]
    [InlineData("LAMP:  stop it", null, "shared-question", "train.jsonl:2")]
    [InlineData("other words", "7", "shared-question", "train.jsonl:2")]
    [InlineData("Export my kettle", null, "shared-question", "dev.jsonl:1")]
    [InlineData("how do I end the contract of a kettle that I bought last year please", null, "near-duplicate-question", "train.jsonl:1")]
    public void Refusals_QuestionThatTrainingOrDevKnows_IsNamedWithBothPlaces(string query, string? queryId, string rule, string place)
    {
        var refusal = Assert.Single(Admission().Refusals(SmallSet.Rows(SmallSet.Ask("refund", "lamp"), SmallSet.Ask("refund", "kettle", query) with { QueryId = queryId })));
        Assert.Equal((rule, "q-refund-kettle", "gate.jsonl", 2L), (refusal.Rule, refusal.RowId, refusal.Problem.Path, refusal.Problem.Line));
        Assert.Contains(place, refusal.Problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusals_KnownPageDeclaredNew_IsRefused()
    {
        var row = SmallSet.Ask("cancel", "lamp", "my lamp has to go");
        Assert.Empty(Admission().Refusals(SmallSet.Rows(row)));
        var declared = row with { Cohorts = new Dictionary<string, string> { ["page"] = "new" } };
        Assert.Equal("shared-cluster", Assert.Single(Admission().Refusals(SmallSet.Rows(declared))).Rule);
        Assert.Equal("shared-cluster", Assert.Single(Admission(newPagesOnly: true).Refusals(SmallSet.Rows(row))).Rule);
        Assert.Empty(Admission(newPagesOnly: true).Refusals(SmallSet.Rows(SmallSet.Ask("refund", "lamp"))));
    }

    [Theory]
    [InlineData("mined", "nf1-candidate", "positive_ratio<0.95", true)]
    [InlineData(null, "nf1-current", null, true)]
    [InlineData("mined", null, "random", true)]
    [InlineData("log", null, "clicked past", true)]
    [InlineData("mined", "nf1-candidate", "pooled from bm25, baseline", true)]
    [InlineData("mined", "nf1-current", "pooled from bm25, baseline", false)]
    [InlineData("human", null, "authored as easily mistaken", false)]
    public void Refusals_NegativesOfOneSide_AreRefused(string? source, string? space, string? rule, bool refused)
    {
        var row = SmallSet.Ask("refund", "lamp", null, new HardNegative("invoice-lamp", new Provenance { Source = source, Space = space, Rule = rule }));
        Assert.Equal(refused ? ["one-sided-negative"] : Array.Empty<string>(), Admission().Refusals(SmallSet.Rows(row)).Select(r => r.Rule));
    }

    [Fact]
    public void Refusals_PoolOfOneRanker_IsOneSided()
    {
        HardNegative By(string part) => new("invoice-lamp", new Provenance { Source = "mined", Rule = "pooled from " + part });
        var rows = SmallSet.Rows(SmallSet.Ask("refund", "lamp", null, By("bm25")), SmallSet.Ask("invite", "lamp", null, By("bm25")));
        Assert.Equal("one-sided-negative", Assert.Single(Admission().Refusals(rows)).Rule);
        Assert.Empty(Admission().Refusals(SmallSet.Rows(SmallSet.Ask("refund", "lamp", null, By("bm25")), SmallSet.Ask("invite", "lamp", null, By("baseline")))));
    }

    [Fact]
    public void Refusals_ContradictionsAndUnknownDocuments_AreAllTold()
    {
        var row = SmallSet.Ask("refund", "lamp", null, new HardNegative("refund-lamp"), new HardNegative("nowhere")) with { ForbiddenIds = ["refund-lamp"] };
        Assert.Equal(["unknown-document", "forbidden-positive", "negative-positive"], Admission().Refusals(SmallSet.Rows(row)).Select(r => r.Rule));
    }

    [Fact]
    public void Refusals_RowsToAdd_MayNotRepeatTheSetOrEachOther()
    {
        var present = SmallSet.Rows(SmallSet.Ask("refund", "lamp"));
        var rows = SmallSet.Named("more.jsonl", SmallSet.Ask("refund", "lamp") with { Id = "other" }, SmallSet.Ask("refund", "lamp", "money back for lamps"),
            SmallSet.Ask("invite", "lamp", "fresh"), SmallSet.Ask("invite", "lamp", " FRESH ") with { Id = "twin" });
        var refusals = Admission().Refusals(rows, present);
        Assert.Equal([("duplicate-question", 1L), ("duplicate-id", 2L), ("duplicate-question", 4L)], refusals.Select(r => (r.Rule, r.Problem.Line)));
        Assert.Contains("gate.jsonl:1", refusals[0].Problem.Message, StringComparison.Ordinal);
        Assert.Contains("more.jsonl:3", refusals[2].Problem.Message, StringComparison.Ordinal);
    }

    private static GateSetAdmission Admission(bool newPagesOnly = false) => new(SmallSet.Corpus, DocumentClusters.Of(SmallSet.Corpus, SmallSet.All), [s_train], s_dev)
    {
        NewPagesOnly = newPagesOnly,
        CandidateSpaces = new HashSet<string> { "nf1-candidate" },
    };
}
