using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Gating.Sets;

public sealed class GateSetFreezerTests
{
    [Fact]
    public async Task Freeze_EveryQuestion_HasTheSameNumberFromSeveralSidesAndNoAnswer()
    {
        var frozen = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All));
        Assert.All(frozen.Rows.Rows, row =>
        {
            Assert.Equal(6, row.HardNegatives.Count);
            Assert.Equal(6, row.HardNegatives.Select(n => n.DocumentId).Distinct().Count());
            Assert.DoesNotContain(row.HardNegatives, n => row.PositiveIds.Contains(n.DocumentId));
            Assert.All(row.HardNegatives, n =>
            {
                Assert.StartsWith("pooled from ", n.Provenance!.Rule, StringComparison.Ordinal);
                Assert.Equal(SmallSet.Now, n.Provenance.Time);
                Assert.InRange(n.Provenance.Rank!.Value, 1, 42);
                Assert.Equal(n.Provenance.Rule!.Contains("baseline", StringComparison.Ordinal) ? "nf1-baseline" : null, n.Provenance.Space);
            });
        });
        var parts = frozen.Rows.Rows.SelectMany(r => r.HardNegatives).SelectMany(n => n.Provenance!.Rule!["pooled from ".Length..].Split(", ")).Distinct().Order();
        Assert.Equal(["baseline", "bm25", "bm25-characters"], parts);
        Assert.All(frozen.Pool, row => Assert.True(row.HardNegatives.Count >= 10));        // each ranker gave ten
        Assert.All(frozen.Rows.Rows.Zip(frozen.Pool), p => Assert.Subset(p.Second.HardNegatives.Select(n => n.DocumentId).ToHashSet(), p.First.HardNegatives.Select(n => n.DocumentId).ToHashSet()));
        Assert.Equal((40, 240, 0, 0), (frozen.Manifest.Questions, frozen.Manifest.Negatives, frozen.Manifest.Reviewed, frozen.Manifest.Short));
    }

    [Fact]
    public async Task Freeze_NearDuplicatesOfThePositive_AreOutUnlessDeclaredVersions()
    {
        var frozen = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All), options: new FreezeOptions { Depth = 41, PerQuery = 60 });
        string[] pool = [.. frozen.Pool.Single(r => r.Id == "q-refund-kettle").HardNegatives.Select(n => n.DocumentId)];
        Assert.DoesNotContain("refund-kettle-copy", pool);
        Assert.Contains("refund-kettle-2021", pool);
        Assert.Equal(40, pool.Length);          // 42 pages less the answer and its copy
        Assert.Equal(1, frozen.Manifest.LeftOut["near-duplicate of a positive"]);
        Assert.Equal(40, frozen.Manifest.Short);        // no pool holds sixty, and it says so
    }

    [Fact]
    public async Task Freeze_ManyRefusedAtTheTop_AsksTheRankerForMore()
    {
        var copies = Enumerable.Range(0, 60).Select(i => new Document { Id = $"z{i:00}", Text = SmallSet.Corpus["refund-kettle"].Text });
        var corpus = new Corpus(SmallSet.Corpus.Documents.Concat(copies));
        var frozen = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.Ask("refund", "kettle")), options: new FreezeOptions { Depth = 5 }, corpus: corpus);
        var pool = Assert.Single(frozen.Pool).HardNegatives;
        Assert.Equal(5, pool.Count(n => n.Provenance!.Scores.ContainsKey("baseline_rank")));
        Assert.True(pool.Min(n => n.Provenance!.Scores.GetValueOrDefault("baseline_rank", 999)) == 61);      // behind sixty copies stands the declared older version
    }

    [Fact]
    public async Task Freeze_DocumentWithTheExpectedAnswer_IsOutUnlessSomebodyJudgedItWrong()
    {
        var row = SmallSet.Ask("refund", "lamp") with { ExpectedAnswer = "this page about invoice and lamp" };
        var frozen = await SmallSet.FreezeAsync(SmallSet.Rows(row), options: new FreezeOptions { Depth = 41 });
        Assert.DoesNotContain("invoice-lamp", frozen.Pool[0].HardNegatives.Select(n => n.DocumentId));
        Assert.Equal(1, frozen.Manifest.LeftOut["holds the answer"]);
        var judged = row with { Relevance = new Dictionary<string, int> { ["refund-lamp"] = 1, ["invoice-lamp"] = 0 } };
        frozen = await SmallSet.FreezeAsync(SmallSet.Rows(judged), options: new FreezeOptions { Depth = 41 });
        var negative = Assert.Single(frozen.Pool[0].HardNegatives, n => n.DocumentId == "invoice-lamp");
        Assert.True(FrozenGateSet.IsReviewed(frozen.Pool[0], negative));
    }

    [Fact]
    public async Task Freeze_AuthoredNegatives_KeepTheirProvenanceAndCountAsReviewed()
    {
        var row = SmallSet.Ask("refund", "lamp", null, new HardNegative("export-storage"), new HardNegative("invite-storage", new Provenance { Source = "human", Reviewer = "editor" }));
        var frozen = await SmallSet.FreezeAsync(SmallSet.Rows(row), options: new FreezeOptions { PerQuery = 50 });
        var authored = frozen.Rows.Rows[0].HardNegatives.Single(n => n.DocumentId == "export-storage").Provenance!;
        Assert.Equal(("human", "authored"), (authored.Source, authored.Rule));
        Assert.Equal("editor", frozen.Rows.Rows[0].HardNegatives.Single(n => n.DocumentId == "invite-storage").Provenance!.Reviewer);
        Assert.Equal(2, frozen.Manifest.Reviewed);
    }

    [Fact]
    public async Task Freeze_DrawOfAQuestion_DependsOnSeedAndItselfAlone()
    {
        var all = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All));
        var some = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All.Skip(7).Reverse()));
        var other = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All), options: new FreezeOptions { Seed = 2 });
        string[] Drawn(FrozenGateSet set, string id) => [.. set.Rows.Rows.Single(r => r.Id == id).HardNegatives.Select(n => n.DocumentId)];
        Assert.All(some.Rows.Rows, r => Assert.Equal(Drawn(all, r.Id), Drawn(some, r.Id)));
        Assert.True(SmallSet.All.Count(r => !Drawn(all, r.Id).SequenceEqual(Drawn(other, r.Id))) > 30);
    }

    [Fact]
    public async Task Freeze_PoolMembers_AreDrawnEquallyOften()
    {
        var row = SmallSet.Ask("refund", "lamp");
        var counts = new Dictionary<string, int>();
        int pool = 0;
        for (ulong seed = 0; seed < 600; seed++)
        {
            var frozen = await SmallSet.FreezeAsync(SmallSet.Rows(row), options: new FreezeOptions { Seed = seed, PerQuery = 4, Depth = 6 });
            pool = frozen.Pool[0].HardNegatives.Count;
            foreach (var negative in frozen.Rows.Rows[0].HardNegatives)
            {
                counts[negative.DocumentId] = counts.GetValueOrDefault(negative.DocumentId) + 1;
            }
        }

        double expected = 600 * 4.0 / pool;
        Assert.Equal(pool, counts.Count);
        Assert.True(counts.Values.Sum(c => (c - expected) * (c - expected) / expected) < 3 * pool);       // chi-square, far into its tail
    }

    [Fact]
    public async Task Freeze_AddedQuestion_MakesTheNextVersionAndLeavesTheOthersToTheByte()
    {
        var first = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All.Take(20)));
        Assert.Same(first, await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All.Take(20).Reverse()), first));       // another order is no other set
        var second = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All.Take(21).Reverse()), first);
        Assert.Equal((2, 21), (second.Manifest.Version, second.Manifest.Questions));
        Assert.NotEqual(first.Manifest.Hash, second.Manifest.Hash);
        Assert.Equal(first.Rows.Rows, second.Rows.Rows.Take(20));      // the same objects, in their order
        Assert.Equal(6, second.Rows.Rows[20].HardNegatives.Count);
    }

    [Theory]
    [InlineData("changed", "gate.jsonl:1: row \"q-refund-kettle\" is frozen and differs in query")]
    [InlineData("removed", "row \"q-refund-kettle\" is frozen and was removed")]
    [InlineData("repeated", "gate.jsonl:21: row \"again\" repeats a question that is frozen already")]
    [InlineData("seed", "other numbers draw every question again")]
    public async Task Freeze_MoreThanAdding_NeedsAReason(string what, string message)
    {
        var first = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All.Take(20)));
        Pair[] rows = [.. SmallSet.All.Take(20)];
        rows = what switch
        {
            "changed" => [rows[0] with { Query = "what of money back for kettles?" }, .. rows[1..]],
            "removed" => rows[1..],
            "repeated" => [.. rows, rows[0] with { Id = "again" }],
            _ => rows,
        };
        var options = new FreezeOptions { Seed = what == "seed" ? 5ul : 1 };
        var e = await Assert.ThrowsAsync<NearfarException>(() => SmallSet.FreezeAsync(SmallSet.Rows(rows), first, options));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        var second = await SmallSet.FreezeAsync(SmallSet.Rows(rows), first, options with { Because = "the editor found an error" });
        Assert.Equal((2, "the editor found an error"), (second.Manifest.Version, second.Manifest.Because));
        Assert.Equal(what == "seed" ? 0 : 19, second.Rows.Rows.Count(r => first.Rows.Rows.Contains(r)));
    }

    [Fact]
    public async Task Freeze_NegativeThatLeftTheCorpus_NeedsAReasonAndIsDrawnAgain()
    {
        var first = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All));
        var corpus = new Corpus(SmallSet.Corpus.Documents.Where(d => d.Id != "refund-kettle-2021"));
        var e = await Assert.ThrowsAsync<NearfarException>(() => SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All), first, corpus: corpus));
        Assert.Contains("with the negative \"refund-kettle-2021\", which left the corpus", e.Message, StringComparison.Ordinal);
        var second = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All), first, new FreezeOptions { Because = "page deleted" }, corpus);
        Assert.All(second.Rows.Rows, r => Assert.Equal(6, r.HardNegatives.Count));
        Assert.DoesNotContain("refund-kettle-2021", second.Rows.Rows.SelectMany(r => r.HardNegatives).Select(n => n.DocumentId));
        Assert.Contains(second.Rows.Rows, r => first.Rows.Rows.Contains(r));
    }

    [Fact]
    public async Task Freeze_CorpusGrew_IsTheNextVersionWithTheSameNegatives()
    {
        var first = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All));
        var corpus = new Corpus(SmallSet.Corpus.Documents.Append(new Document { Id = "new", Text = "Something nobody asked about yet." }));
        var second = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All), first, corpus: corpus);
        Assert.Equal(2, second.Manifest.Version);
        Assert.Equal(first.Rows.Rows, second.Rows.Rows);
        var set = SmallSet.Builder(corpus).Gate(first.Rows);
        Assert.Contains("42 documents then, 43 now; 0 of 42", Assert.Throws<NearfarException>(() => first.ThrowUnlessSame(set)).Message, StringComparison.Ordinal);
        second.ThrowUnlessSame(set);
    }

    [Fact]
    public async Task Freeze_ProvenanceAndTraining_AreNotInTheHash()
    {
        var first = await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All));
        var trained = SmallSet.Builder(train: [SmallSet.Ask("refund", "kettle")]);
        var bare = first.Rows.Rows.Select(r => r with { HardNegatives = [.. r.HardNegatives.Select(n => new HardNegative(n.DocumentId))] });
        Assert.Equal(first.Manifest.Hash, trained.Gate(SmallSet.Rows(bare)).Hash);
    }

    [Fact]
    public void Freezer_OneRankerOrBadOptions_IsRefusedBeforeAnyWork()
    {
        var rankers = SmallSet.Rankers();
        Assert.Throws<ArgumentException>(() => new GateSetFreezer(SmallSet.Builder(), [rankers[0]], new FreezeOptions(), SmallSet.Clock));
        Assert.Throws<ArgumentException>(() => new GateSetFreezer(SmallSet.Builder(), [rankers[0], rankers[0]], new FreezeOptions(), SmallSet.Clock));
        var e = Assert.Throws<ArgumentException>(() => new GateSetFreezer(SmallSet.Builder(), rankers, new FreezeOptions { PerQuery = 0, Depth = 0, Because = " " }, SmallSet.Clock));
        Assert.Contains("negatives for each question are 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("depth is 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("reason is blank", e.Message, StringComparison.Ordinal);
    }
}
