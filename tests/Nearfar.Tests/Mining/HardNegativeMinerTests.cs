using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Tests.Evaluation;
using Nearfar.Tests.Pairs;
using Xunit;

namespace Nearfar.Tests.Mining;

public class HardNegativeMinerTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] s_pages =
    [
        "You can get your money back within thirty days of buying the annual plan, counted from the day of the first payment.",
        "Monthly plans end at the close of the month that is paid; there is no money back for days that are left over.",
        "A parcel that is late by more than three working days is traced by our team, who write to you the same day.",
        "The warranty of a kettle lasts two years and covers every fault that was there when it left our house.",
        "Exchange a pair of shoes for another size in any of our shops, with the receipt, in the first forty days.",
        "Invoices are sent on the first of each month to the address of the person who pays for the workspace.",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Document i stands at i * 10 degrees, queries at 0: the similarity falls with i.
    private static (Corpus Corpus, VectorEncoder Encoder) World(int documents = 6, Func<int, Document>? make = null)
    {
        var encoder = new VectorEncoder(2);
        var rows = Enumerable.Range(0, documents).Select(i => make?.Invoke(i) ?? new Document { Id = $"d{i}", Text = s_pages[i % 6] + (i < 6 ? "" : $" {i}") }).ToArray();
        for (int i = 0; i < documents; i++)
        {
            encoder.Add(rows[i].Content, (float)Math.Cos(i * Math.PI / 18), (float)Math.Sin(i * Math.PI / 18));
        }

        encoder.Add("q", 1, 0);
        return (new Corpus(rows), encoder);
    }

    private static Pair Pair(string positive, string id = "p", string query = "q", string? answer = null) =>
        new() { Id = id, Query = query, PositiveIds = [positive], ExpectedAnswer = answer };

    private static MiningOptions Options => new() { PerQuery = 10, Depth = 10, PositiveRatio = 1, UseBm25 = false };

    private static HardNegativeMiner Miner(Corpus corpus, VectorEncoder encoder, MiningOptions? options = null, params HeldOutSeal[] seals) =>
        new(corpus, encoder, options ?? Options, seals, new FixedClock(s_now));

    private static string[] Mined(MiningResult result) => [.. result.Pairs.SelectMany(p => p.HardNegatives).Select(n => n.DocumentId)];

    [Fact]
    public async Task MineAsync_OwnPositives_AreLeftOutOverAllRowsOfTheQuestion()
    {
        var (corpus, encoder) = World();
        var set = new TrainingSet(corpus, [Pair("d0", "a"), Pair("d2", "b", " Q "), Pair("d4", "c")]);
        encoder.Add(" Q ", 1, 0);
        var result = await Miner(corpus, encoder).MineAsync(set, "001", Token);
        Assert.Equal(["d5"], result.Pairs.Select(p => string.Join(' ', p.HardNegatives.Select(n => n.DocumentId))).Distinct());       // all below d4, the lowest right page
        Assert.Equal(9, result.Refused["own positive"]);
        Assert.Equal(6, result.Refused["not below the positive ratio"]);
    }

    [Fact]
    public async Task MineAsync_RelevanceAboveZero_IsRightToo()
    {
        var (corpus, encoder) = World();
        var pair = Pair("d0") with { Relevance = new Dictionary<string, int> { ["d0"] = 2, ["d3"] = 1, ["d4"] = 0 } };
        Assert.Equal(["d4", "d5"], Mined(await Miner(corpus, encoder).MineAsync(new TrainingSet(corpus, [pair]), "001", Token)));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.95)]
    [InlineData(0.6)]
    public async Task MineAsync_PositiveRatio_IsTheFormulaOnCorrectedSimilarity(double ratio)
    {
        var (corpus, encoder) = World();
        var result = await Miner(corpus, encoder, Options with { PositiveRatio = ratio }).MineAsync(new TrainingSet(corpus, [Pair("d1")]), "001", Token);
        var scores = result.Pairs[0].HardNegatives[0].Provenance!.Scores;
        double background = Enumerable.Range(0, 6).Average(i => Math.Cos(i * Math.PI / 18));
        Assert.Equal(background, scores["background"], 0.01);        // 10,000 draws of six values
        double limit = ratio * (Math.Cos(Math.PI / 18) - scores["background"]);
        Assert.True(limit > 0);
        Assert.Equal(Enumerable.Range(0, 6).Where(i => Math.Cos(i * Math.PI / 18) - scores["background"] < limit && i != 1).Select(i => $"d{i}"), Mined(result));
    }

    [Fact]
    public async Task MineAsync_PositiveBelowTheBackground_WantsNegativesFartherStill()
    {
        var (corpus, encoder) = World();
        var result = await Miner(corpus, encoder, Options with { PositiveRatio = 0.5 }).MineAsync(new TrainingSet(corpus, [Pair("d4")]), "001", Token);
        var scores = Assert.Single(result.Pairs[0].HardNegatives).Provenance!.Scores;      // d5
        double corrected = scores["positive"] - scores["background"];
        Assert.True(corrected < 0);
        Assert.True(scores["negative"] - scores["background"] < 1.5 * corrected);       // a plain product would have let the positive's own neighbours in
        Assert.True(scores["negative"] - scores["background"] > 2.9 * corrected);
        Assert.Empty((await Miner(corpus, encoder, Options with { PositiveRatio = 0.5 }).MineAsync(new TrainingSet(corpus, [Pair("d5")]), "001", Token)).Pairs);
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("country=de", "country=at", true)]
    [InlineData("version=1", "version=2", true)]
    [InlineData("product=kettle", "product=mill", true)]
    [InlineData("country=DE", "country=de", false)]
    [InlineData("country=de", null, false)]          // what one of them leaves open is no declared difference
    [InlineData("color=red", "color=blue", false)]
    [InlineData(null, "replaces=d0", true)]
    public async Task MineAsync_NearDuplicate_IsANegativeOnlyWithADeclaredDifference(string? one, string? other, bool wanted)
    {
        static Dictionary<string, string> Attributes(string? text) => text is null ? [] : new() { [text.Split('=')[0]] = text.Split('=')[1] };
        var (corpus, encoder) = World(make: i => i switch
        {
            0 => new Document { Id = "d0", Text = s_pages[0], Attributes = Attributes(one) },
            1 => new Document { Id = "d1", Text = s_pages[0] + " Really.", Attributes = Attributes(other) },
            _ => new Document { Id = $"d{i}", Text = s_pages[i] },
        });
        var result = await Miner(corpus, encoder).MineAsync(new TrainingSet(corpus, [Pair("d0")]), "001", Token);
        Assert.Equal(wanted, Mined(result).Contains("d1"));
        Assert.Equal(wanted ? 0 : 1, result.Refused.GetValueOrDefault("near-duplicate of a positive"));
    }

    [Fact]
    public async Task MineAsync_DocumentThatHoldsTheAnswer_IsLeftOut()
    {
        var (corpus, encoder) = World();
        var result = await Miner(corpus, encoder).MineAsync(new TrainingSet(corpus, [Pair("d0", answer: "LASTS two\nyears and covers")]), "001", Token);
        Assert.Equal(["d1", "d2", "d4", "d5"], Mined(result));
        Assert.Equal(1, result.Refused["holds the answer"]);
        var shortAnswer = await Miner(corpus, encoder).MineAsync(new TrainingSet(corpus, [Pair("d0", answer: "two years")]), "001", Token);
        Assert.Contains("d3", Mined(shortAnswer));        // below 12 characters anything would hold it
    }

    [Fact]
    public async Task MineAsync_PerQuerySkipRanksAndHubCap_AreKept()
    {
        var (corpus, encoder) = World();
        var set = new TrainingSet(corpus, [.. Enumerable.Range(0, 5).Select(i => Pair("d0", $"p{i}"))]);
        var two = await Miner(corpus, encoder, Options with { PerQuery = 2 }).MineAsync(set, "001", Token);
        Assert.All(two.Pairs, p => Assert.Equal(["d1", "d2"], p.HardNegatives.Select(n => n.DocumentId)));
        var skipped = await Miner(corpus, encoder, Options with { PerQuery = 2, SkipRanks = 3 }).MineAsync(set, "001", Token);
        Assert.All(skipped.Pairs, p => Assert.Equal(["d3", "d4"], p.HardNegatives.Select(n => n.DocumentId)));
        Assert.Equal(15, skipped.Refused["skipped rank"]);
        var capped = await Miner(corpus, encoder, Options with { PerQuery = 2, HubCap = 2 }).MineAsync(set, "001", Token);
        Assert.All(Mined(capped).GroupBy(d => d), g => Assert.InRange(g.Count(), 1, 2));
        Assert.Equal(["d1 d2", "d1 d2", "d3 d4", "d3 d4", "d5"], capped.Pairs.Select(p => string.Join(' ', p.HardNegatives.Select(n => n.DocumentId))));
        Assert.True(capped.Refused["hub cap"] > 0);
    }

    [Fact]
    public async Task MineAsync_Bm25_AddsWhatTheEncoderDoesNotSee()
    {
        var (corpus, encoder) = World();
        encoder.Add("kettle fault", 1, 0);
        var set = new TrainingSet(corpus, [Pair("d0", query: "kettle fault")]);
        Assert.Equal(["d1"], Mined(await Miner(corpus, encoder, Options with { Depth = 2, PerQuery = 2 }).MineAsync(set, "001", Token)));
        var both = await Miner(corpus, encoder, Options with { Depth = 2, PerQuery = 2, UseBm25 = true }).MineAsync(set, "001", Token);
        Assert.Equal(["d1", "d3"], Mined(both));
        Assert.Equal([2, 3], both.Pairs[0].HardNegatives.Select(n => n.Provenance!.Rank!.Value));
    }

    [Fact]
    public async Task MineAsync_Random_DrawsWhatTheRulesAdmit_EachDocumentOnceAndBySeed()
    {
        var (corpus, encoder) = World(40);
        var set = new TrainingSet(corpus, [.. Enumerable.Range(0, 6).Select(i => Pair("d9", $"p{i}"))]);
        var options = new MiningOptions { Sampling = MiningSampling.Uniform, PerQuery = 8, Depth = 200, PositiveRatio = 1, HubCap = 100, SkipRanks = 5 };
        var one = await Miner(corpus, encoder, options).MineAsync(set, "001", Token);
        Assert.All(one.Pairs, p => Assert.Equal(8, p.HardNegatives.Select(n => n.DocumentId).Distinct().Count()));
        Assert.All(Mined(one), d => Assert.InRange(int.Parse(d[1..], System.Globalization.CultureInfo.InvariantCulture), 10, 27));      // farther than the right page
        Assert.All(one.Pairs.SelectMany(p => p.HardNegatives), n => Assert.Equal(("random", null), (n.Provenance!.Rule, n.Provenance.Rank)));
        Assert.False(one.Refused.ContainsKey("skipped rank"));
        Assert.Equal(Mined(one), Mined(await Miner(corpus, encoder, options).MineAsync(set, "001", Token)));
        Assert.NotEqual(Mined(one), Mined(await Miner(corpus, encoder, options with { Seed = 2 }).MineAsync(set, "001", Token)));
    }

    [Fact]
    public async Task MineAsync_TextsWithoutKnownToken_HaveNoSimilarity()
    {
        var (corpus, encoder) = World();
        var unknown = new Corpus([.. corpus.Documents, new Document { Id = "unknown", Text = "zzz kettle" }]);
        encoder.Add("kettle", 1, 0);
        encoder.Add("kettle zzz", 1, 0);
        var set = new TrainingSet(unknown, [Pair("d0", "a", "kettle zzz"), Pair("unknown", "b", "kettle"), Pair("d0", "c", "nobody knows")]);
        var result = await Miner(unknown, encoder, Options with { UseBm25 = true }).MineAsync(set, "001", Token);
        Assert.Equal(1, result.Refused["no known token in the right page"]);
        Assert.Equal(1, result.Refused["no known token in the query"]);
        Assert.Equal(["d1", "d2", "d3", "d4", "d5"], Mined(result));       // BM25 brings the unknown one too: its similarity would be 0
        var beside = Pair("d5", "d") with { PositiveIds = ["unknown", "d2"] };
        Assert.Equal(["d3", "d4", "d5"], Mined(await Miner(unknown, encoder).MineAsync(new TrainingSet(unknown, [beside]), "001", Token)));       // d2 is the lowest that has one
    }

    [Fact]
    public async Task MineAsync_Provenance_IsCompleteOnEveryNegative()
    {
        var (corpus, encoder) = World(make: i => new Document { Id = $"d{i}", Text = s_pages[i], Attributes = i == 1 ? new Dictionary<string, string> { ["version"] = "4" } : new Dictionary<string, string> { ["updated"] = "2026-01-02" } });
        var result = await Miner(corpus, encoder, Options with { PositiveRatio = 0.95 }).MineAsync(new TrainingSet(corpus, [Pair("d0")]), "007", Token);
        Assert.NotEmpty(result.Pairs[0].HardNegatives);
        foreach (var negative in result.Pairs[0].HardNegatives)
        {
            var provenance = negative.Provenance!;
            int i = negative.DocumentId[1] - '0';
            Assert.Equal(("mined", negative.DocumentId, "test-space", "positive_ratio<0.95", "007", s_now, i + 1),
                (provenance.Source, provenance.DocumentId, provenance.Space, provenance.Rule, provenance.Run, provenance.Time!.Value, provenance.Rank!.Value));
            Assert.Equal(i == 1 ? "4" : "2026-01-02", provenance.DocumentVersion);
            Assert.Equal(Math.Cos(i * Math.PI / 18), provenance.Scores["negative"], 1e-6);
            Assert.Equal(1, provenance.Scores["positive"], 1e-6);
            Assert.True(double.IsFinite(provenance.Scores["background"]));
        }
    }

    [Fact]
    public async Task MineAsync_FromManyThreads_WritesEqualBytes()
    {
        var (corpus, encoder) = World(40);
        var set = new TrainingSet(corpus, [.. Enumerable.Range(0, 200).Select(i => Pair($"d{i % 20}", $"p{i}", $"q{i}"))]);
        foreach (var pair in set.Pairs)
        {
            encoder.Add(pair.Query, 1, pair.Query.Length - 2);
        }

        using var folder = new Folder();
        string[] files = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => Task.Run(async () =>
        {
            var result = await Miner(corpus, encoder, Options with { UseBm25 = true, PerQuery = 4 }).MineAsync(set, "001", Token);
            PairFile.Write(folder[$"{n}.jsonl"], result.Pairs);
            return Convert.ToHexString(File.ReadAllBytes(folder[$"{n}.jsonl"]));
        })));
        Assert.Single(files.Distinct());
        Assert.True(files[0].Length > 1000);
    }

    [Fact]
    public async Task MineAsync_HeldOutPage_IsNoNegative()
    {
        var (corpus, encoder) = World();
        var gate = Gate(corpus, "another question", "d2", "new");
        var result = await Miner(corpus, encoder, Options, gate.Seal).MineAsync(new TrainingSet(corpus, [Pair("d0")]), "001", Token);
        Assert.Equal(["d1", "d3", "d4", "d5"], Mined(result));
        Assert.Equal(1, result.Refused["page held out for dev or gate"]);
        var known = Gate(corpus, "another question", "d2", "known");
        Assert.Contains("d2", Mined(await Miner(corpus, encoder, Options, known.Seal).MineAsync(new TrainingSet(corpus, [Pair("d0")]), "001", Token)));
    }

    [Fact]
    public async Task MineAsync_NoPairsOrAnotherCorpus_IsEmptyOrRefused()
    {
        var (corpus, encoder) = World();
        Assert.Empty((await Miner(corpus, encoder).MineAsync(new TrainingSet(corpus, []), "001", Token)).Pairs);
        var other = World().Corpus;
        await Assert.ThrowsAsync<ArgumentException>(() => Miner(corpus, encoder).MineAsync(new TrainingSet(other, [Pair("d0")]), "001", Token));
    }

    [Fact]
    public void New_UnsoundOptions_AreRefusedAllAtOnce()
    {
        var (corpus, encoder) = World();
        string message = Assert.Throws<ArgumentException>(() => Miner(corpus, encoder, new MiningOptions { PerQuery = 0, PositiveRatio = 1.1, Depth = -1, SkipRanks = 5, HubCap = -1 })).Message;
        Assert.All(["per_query", "positive_ratio", "candidates", "skip_ranks", "per_document"], name => Assert.Contains(name, message, StringComparison.Ordinal));
        Assert.Contains("positive_ratio", Assert.Throws<ArgumentException>(() => Miner(corpus, encoder, new MiningOptions { PositiveRatio = double.NaN })).Message, StringComparison.Ordinal);
        var defaults = new MiningOptions();
        Assert.Equal((4, 0.95, 100, 0, true, 0, MiningSampling.Top, 1UL), (defaults.PerQuery, defaults.PositiveRatio, defaults.Depth, defaults.SkipRanks, defaults.UseBm25, defaults.HubCap, defaults.Sampling, defaults.Seed));
    }

    private static TrafficRow Row(string id, params string[] expected) =>
        new() { Id = id, Query = "q", ExpectedIds = expected, Outcome = TrafficOutcome.Failed, Cohorts = new Dictionary<string, string> { ["language"] = "en" } };

    [Fact]
    public async Task MineFailuresAsync_RightPageTooLow_MinesWhatStandsAboveItAlone()
    {
        var (corpus, encoder) = World();
        var result = await Miner(corpus, encoder).MineFailuresAsync([Row("t1:s1", "d3")], failsAt: 3, "002", Token);
        var pair = Assert.Single(result.Pairs);
        Assert.Equal(["d0", "d1", "d2"], pair.HardNegatives.Select(n => n.DocumentId));
        Assert.Equal(("traffic:t1:s1", "q", "en"), (pair.Id, pair.Query, pair.Cohorts["language"]));
        Assert.Equal(["d3"], pair.PositiveIds);
        Assert.Equal(("log", "t1:s1", "test-space", "failed traffic", "002", s_now), (pair.Provenance!.Source, pair.Provenance.TraceId, pair.Provenance.Space, pair.Provenance.Rule, pair.Provenance.Run, pair.Provenance.Time!.Value));
        foreach (var (negative, i) in pair.HardNegatives.Select((n, i) => (n, i)))
        {
            var p = negative.Provenance!;
            Assert.Equal(("mined", $"d{i}", "test-space", "t1:s1", "ranked above the right page", i + 1, "002", s_now),
                (p.Source, p.DocumentId, p.Space, p.TraceId, p.Rule, p.Rank!.Value, p.Run, p.Time!.Value));
            Assert.Equal(["background", "negative", "positive"], p.Scores.Keys);
            Assert.True(p.Scores["negative"] > p.Scores["positive"]);
        }
    }

    [Fact]
    public async Task MineFailuresAsync_RowsThatTeachNothing_AreCounted()
    {
        var (corpus, encoder) = World();
        encoder.Add("gate question", 1, 0);
        TrafficRow[] rows =
        [
            Row("found", "d2"), Row("unlabelled"), Row("gone", "d99"), Row("gate", "d3") with { Query = "Gate  QUESTION" }, Row("unknown", "d3") with { Query = "nobody knows" },
            Row("held-out page", "d4"), Row("judged") with { Judged = new Dictionary<string, int> { ["d0"] = 0, ["d5"] = 2 } },
        ];
        var gate = Gate(corpus, "gate question", "d4", "new");
        var result = await Miner(corpus, encoder, Options, gate.Seal).MineFailuresAsync(rows, 3, "001", Token);
        Assert.Equal(["traffic:judged"], result.Pairs.Select(p => p.Id));
        Assert.Equal(["d0", "d1", "d2", "d3"], Mined(result));       // not d4: held out
        foreach (string reason in new[]
        {
            "not a failure of this encoder", "right page unknown: label it first", "right page missing from the corpus", "question of a held-out set", "no known token in the query",
            "right page held out for dev or gate", "page held out for dev or gate",
        })
        {
            Assert.Equal(1, result.Refused[reason]);
        }

        Assert.Empty((await Miner(corpus, encoder).MineFailuresAsync([], 3, "001", Token)).Pairs);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Miner(corpus, encoder).MineFailuresAsync(rows, 0, "001", Token));
    }

    [Fact]
    public async Task MineFailuresAsync_AnswerGiven_IsRightOnlyWhenTheUserWasServed()
    {
        var (corpus, encoder) = World();
        var row = Row("t", "d3") with { Answer = "no money back for days that are left over" };
        Assert.Equal(["d0", "d1", "d2"], Mined(await Miner(corpus, encoder).MineFailuresAsync([row], 3, "001", Token)));
        Assert.Equal(["d0", "d2"], Mined(await Miner(corpus, encoder).MineFailuresAsync([row with { Outcome = TrafficOutcome.Ok }], 3, "001", Token)));
    }

    [Fact]
    public async Task MineFailuresAsync_ClusterOfANewGatePage_IsNoRightPage()
    {
        var (corpus, encoder) = World(make: i => new Document { Id = $"d{i}", Text = s_pages[i], Attributes = i is 3 or 4 ? new Dictionary<string, string> { ["group"] = "g" } : [] });
        Pair[] train = [Pair("d0")];
        var gate = new JudgedSetBuilder(corpus, DocumentClusters.Of(corpus, train)) { Train = train }.Gate([Pair("d4", "g", "gate question")]);
        var miner = Miner(corpus, encoder, Options, gate.Seal);
        var result = await miner.MineFailuresAsync([Row("t", "d3"), Row("u", "d5")], 3, "001", Token);
        Assert.Equal(["traffic:u"], result.Pairs.Select(p => p.Id));
        Assert.Equal(1, result.Refused["right page held out for dev or gate"]);
        Assert.Contains("d3", Mined(result));        // as a negative the neighbour of a gate page may serve, the page itself not
        Assert.DoesNotContain("d4", Mined(result));
    }

    [Fact]
    public void Merge_MinedPairs_JoinTheirPairNewestFirst()
    {
        var (corpus, _) = World();
        static HardNegative[] Of(params string[] ids) => [.. ids.Select(id => new HardNegative(id, new Provenance { Run = "x" }))];
        var set = new TrainingSet(corpus, [Pair("d0", "a") with { HardNegatives = Of("d1") }, Pair("d1", "b")]);
        var once = MinedPairs.Merge(set, [Pair("d0", "a") with { HardNegatives = Of("d2", "d1") }, Pair("d3", "traffic:t", "other") with { HardNegatives = Of("d4") }]);
        var twice = MinedPairs.Merge(once, [Pair("d3", "traffic:t", "other") with { HardNegatives = Of("d5", "d4") }]);
        Assert.Equal(["a: d2 d1", "b: ", "traffic:t: d5 d4"], twice.Pairs.Select(p => $"{p.Id}: {string.Join(' ', p.HardNegatives.Select(n => n.DocumentId))}"));
        Assert.All(twice.Pairs.SelectMany(p => p.HardNegatives), n => Assert.NotNull(n.Provenance));
        Assert.Equal("d1", Assert.Single(set.Pairs[0].HardNegatives).DocumentId);       // what came in is not changed
        Assert.Throws<NearfarException>(() => MinedPairs.Merge(set, [Pair("d0", "a") with { HardNegatives = Of("nowhere") }]));
    }

    private static GateSet Gate(Corpus corpus, string question, string positive, string page) => new("gate", corpus,
        [TestSets.Query("g", positive, cohorts: new() { ["page"] = page }) with { Query = question }], [], null, "hash");
}

internal sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
