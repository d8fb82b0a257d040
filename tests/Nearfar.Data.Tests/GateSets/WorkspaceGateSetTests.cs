using System.Text.Json;
using Nearfar.Data.Checking;
using Nearfar.Data.GateSets;
using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Data.Tests.GateSets;

public sealed class WorkspaceGateSetTests
{
    private static readonly string[] s_things = ["kettle", "planner", "headset", "storage", "lamp"];
    private static readonly string[] s_topics = ["refund", "invoice", "warranty", "delivery", "battery", "cleaning"];

    [Fact]
    public async Task Freeze_ThenOpen_TheGateIsTheFrozenVersion()
    {
        using var folder = Shop();
        var before = await OpenAsync(folder);
        Assert.Null(before.FrozenGate);
        Assert.All(before.Gate.Queries, q => Assert.Empty(q.NegativeIds));
        var (set, isNew) = await Set(before).FreezeAsync(cancellationToken: Token);
        var after = await OpenAsync(folder);
        Assert.True(isNew);
        Assert.Equal((1, set.Manifest.Hash, after.Gate.Hash), (after.FrozenGate!.Version, after.FrozenGate.Hash, set.Manifest.Hash));
        Assert.All(after.Gate.Queries, q => Assert.Equal(6, q.NegativeIds.Count));
        Assert.Equal((30, 18, 12), (set.Manifest.Questions, set.Manifest.KnownPages, set.Manifest.Questions - set.Manifest.KnownPages));
        Assert.False((await Set(after).FreezeAsync(cancellationToken: Token)).IsNew);
        Assert.Equal(["page"], after.FrozenGate.Cohorts.Keys);
    }

    [Fact]
    public async Task Gate_CorpusChangedSinceTheFreeze_IsRefusedUntilTheNextVersion()
    {
        using var folder = Shop();
        await Set(await OpenAsync(folder)).FreezeAsync(cancellationToken: Token);
        string corpus = File.ReadAllText(folder["corpus.jsonl"]);
        File.WriteAllText(folder["corpus.jsonl"], corpus.Replace("The refund of the kettle", "The paying back of the kettle", StringComparison.Ordinal));
        var workspace = await OpenAsync(folder);
        Assert.Contains("the corpus changed (30 documents then, 30 now; 1 of 30", Assert.Throws<NearfarException>(() => workspace.Gate).Message, StringComparison.Ordinal);
        var report = await Set(workspace).CheckAsync(cancellationToken: Token);
        Found(report, FindingSeverity.Error, "changed-since-freeze", "the corpus changed");
        Found(report, FindingSeverity.Warning, "stale-positive", "Answer \"refund-kettle\" of row \"g-refund-kettle\"");
        await Set(workspace).FreezeAsync(cancellationToken: Token);
        Assert.Equal(2, (await OpenAsync(folder)).FrozenGate!.Version);
        Assert.Equal(30, (await OpenAsync(folder)).Gate.Queries.Count);
    }

    [Fact]
    public async Task Gate_FrozenFileTouched_IsAProblemAndNeverTheRowsBesideIt()
    {
        using var folder = Shop();
        await Set(await OpenAsync(folder)).FreezeAsync(cancellationToken: Token);
        File.AppendAllText(folder["gate.frozen/v1.jsonl"], "\n");
        var workspace = await OpenAsync(folder);
        Assert.Contains("is not the file that was frozen", Assert.Throws<NearfarException>(() => workspace.Gate).Message, StringComparison.Ordinal);
        Assert.Contains((await WorkspaceCheck.RunAsync(workspace, cancellationToken: Token)).Findings, f => f.Severity == FindingSeverity.Error && f.Path.EndsWith("v1.jsonl", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Add_GoodRows_StandBehindTheOthersUntouchedUntilFrozen()
    {
        using var folder = Shop();
        await Set(await OpenAsync(folder)).FreezeAsync(cancellationToken: Token);
        byte[] before = File.ReadAllBytes(folder["gate.jsonl"]);
        folder.Write("more.csv", "id,query,positive_ids,hard_negative_ids\nnew1,is there money back for a lamp,refund-lamp,invoice-lamp|warranty-lamp\n");
        var workspace = await OpenAsync(folder);
        var added = Set(workspace).Add(folder["more.csv"]);
        Assert.Equal(["new1"], added.Added);
        Assert.Empty(added.Refused);
        Assert.Equal(before, File.ReadAllBytes(folder["gate.jsonl"]).Take(before.Length));
        workspace = await OpenAsync(folder);
        Assert.Equal((30, 1), (workspace.Gate.Queries.Count, Set(workspace).Pending));
        Found(await Set(workspace).CheckAsync(cancellationToken: Token), FindingSeverity.Warning, "pending", "1 rows");
        var (set, _) = await Set(workspace).FreezeAsync(cancellationToken: Token);
        Assert.Equal((2, 31, 0), (set.Manifest.Version, set.Manifest.Questions, Set(await OpenAsync(folder)).Pending));
        Assert.Equal(30, set.Rows.Rows.Count - GateSetDiff.Of(Set(workspace).Folder, 1, 2).Added.Count);
    }

    [Fact]
    public async Task Add_GateIsPackedUnderAPlainName_IsRefusedAndUntouched()
    {
        using var folder = Shop();
        foreach (var pack in new Func<byte[], byte[]>[] { Folder.Gzip, Folder.Zstd })
        {
            byte[] plain = File.ReadAllBytes(folder["gate.jsonl"]), packed = pack(plain);
            File.WriteAllBytes(folder["gate.jsonl"], packed);
            folder.Write("more.jsonl", "{\"query\":\"is the kettle ever mended\",\"positive_ids\":[\"refund-kettle\"]}\n");
            var workspace = await OpenAsync(folder);
            Assert.Contains("only a plain JSONL file", Assert.Throws<NearfarException>(() => Set(workspace).Add(folder["more.jsonl"])).Message, StringComparison.Ordinal);
            Assert.Equal(packed, File.ReadAllBytes(folder["gate.jsonl"]));
            File.WriteAllBytes(folder["gate.jsonl"], plain);
        }
    }

    [Fact]
    public async Task Add_RowsThatMayNotStand_AreNamedWithFileAndLineAndNothingIsWritten()
    {
        using var folder = Shop();
        folder.Write("output/mined/001.jsonl", Row("traffic:t9", "smoke comes out of it", "battery-lamp"));
        folder.Write("more.jsonl", string.Join('\n',
            Row("a", "about the refund for a kettle", "refund-kettle"),
            Row("b", "smoke comes out of it", "battery-lamp"),
            Row("c", "who pays", "nowhere"),
            """{"id":"d","query":"fresh words","positive_ids":["refund-lamp"],"hard_negative_ids":[{"id":"invoice-lamp","provenance":{"source":"mined","space":"nf1-0000000000000000"}}]}""",
            """{"id":"e","query":"text of its own","positive_chunk":"A page that no corpus holds."}""",
            Row("f", "good one", "refund-lamp")));
        string before = File.ReadAllText(folder["gate.jsonl"]);
        var added = Set(await OpenAsync(folder)).Add(folder["more.jsonl"]);
        Assert.Equal([("shared-question", 1L), ("shared-question", 2L), ("unknown-document", 3L), ("one-sided-negative", 4L), ("unknown-document", 5L)], added.Refused.Select(r => (r.Rule, r.Problem.Line)));
        Assert.Contains("001.jsonl:1", added.Refused[1].Problem.Message, StringComparison.Ordinal);       // mined pairs are training
        Assert.Empty(added.Added);
        Assert.Equal(before, File.ReadAllText(folder["gate.jsonl"]));
        Assert.Equal(["f"], Set(await OpenAsync(folder)).Add(folder["more.jsonl"], skipRefused: true).Added);
        Assert.Equal(31, (await OpenAsync(folder)).Gate.Queries.Count);
        folder.Write("bad.jsonl", "{\"querry\":\"x\"}");
        Assert.Contains("did you mean \"query\"", (await Assert.ThrowsAsync<NearfarException>(async () => Set(await OpenAsync(folder)).Add(folder["bad.jsonl"]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddTraffic_JudgedRows_BecomeQuestionsWithoutNegatives()
    {
        using var folder = Shop();
        folder.Write("traffic.jsonl", """
            {"id":"t1","query":"lamp money back please","retrieved":[{"id":"invoice-lamp"}],"judged":{"refund-lamp":2,"invoice-lamp":0},"outcome":"failed","time":"2026-10-01"}
            {"id":"t2","query":"nobody judged this","retrieved":[{"id":"invoice-lamp"}]}

            """);
        var added = Set(await OpenAsync(folder)).AddTraffic();
        Assert.Equal(["traffic:t1"], added.Added);
        Assert.Equal((1, 1), (added.NotJudged, added.Failures));
        var row = PairFile.Read(folder["gate.jsonl"]).Rows[^1];
        Assert.Equal(("log", "t1"), (row.Provenance!.Source, row.Provenance.TraceId));
        Assert.Empty(row.HardNegatives);        // what one system retrieved is one side
        Assert.Equal(0, row.Relevance!["invoice-lamp"]);
        Assert.Equal("duplicate-question", Assert.Single(Set(await OpenAsync(folder)).AddTraffic().Refused).Rule);
    }

    [Fact]
    public async Task Freeze_QuestionThatTrainingLearnedSince_IsRefused()
    {
        using var folder = Shop();
        await Set(await OpenAsync(folder)).FreezeAsync(cancellationToken: Token);
        folder.Write("output/mined/002.jsonl", Row("m", "Explain the refund for my kettle, dear help desk", "refund-kettle"));
        var e = await Assert.ThrowsAsync<NearfarException>(async () => await Set(await OpenAsync(folder)).FreezeAsync(cancellationToken: Token));
        Assert.Contains("gate.jsonl:1", e.Message, StringComparison.Ordinal);
        var report = await Set(await OpenAsync(folder)).CheckAsync(cancellationToken: Token);
        Found(report, FindingSeverity.Error, "shared-question", "002.jsonl:1");
        Assert.True(report.Errors > 0);
    }

    [Fact]
    public async Task Check_TrafficOfAnotherMix_SaysHowMuchFirst()
    {
        using var folder = Shop("cohorts: {thing: {}, intent: {}}");
        folder.Write("traffic.jsonl", string.Join('\n', Enumerable.Range(0, 60).Select(i => JsonSerializer.Serialize(new
        {
            id = $"t{i}",
            query = i < 12 ? $"Wo bleibt das Ding Nummer {i}" : $"Explain the {s_topics[i % 6]} for my {s_things[0]} again, number {i}",
            retrieved = new[] { new { id = "refund-lamp" } },
            cohorts = new { thing = i < 50 ? "kettle" : "lamp" },
        }))));
        var report = await Set(await OpenAsync(folder)).CheckAsync(cancellationToken: Token);
        var thing = report.Shares[0];       // largest effect first
        Assert.Equal(("thing", "kettle", 50), (thing.Attribute, thing.Values[0].Value, thing.Values[0].Traffic));
        Assert.Equal((50.0 / 60) - 0.2, thing.Moved, 1e-9);
        Assert.Contains("query_length", report.Shares.Select(s => s.Attribute));
        Assert.Equal(["intent"], report.NotCompared);
        Found(report, FindingSeverity.Warning, "unlike-traffic", "Asked too seldom: kettle");
        Found(report, FindingSeverity.Warning, "uncovered-traffic", "of 60 distinct traffic questions");
        Assert.Equal(12, report.Coverage!.Examples.Count(u => u.Query.StartsWith("Wo", StringComparison.Ordinal)));
        Found(report, FindingSeverity.Warning, "not-frozen", "never frozen");
        Assert.Equal(["", "page", "page"], report.Cohorts.Take(3).Select(c => c.Attribute));
        Assert.Equal(0, report.Errors);
    }

    [Fact]
    public async Task Check_RepeatedAndUnevenQuestions_AreWarnings()
    {
        using var folder = Shop();
        File.AppendAllText(folder["gate.jsonl"], string.Join('\n',
            Row("twin", "EXPLAIN the refund for my kettle, dear help desk", "refund-kettle"),
            """{"id":"n1","query":"one negative","positive_ids":["refund-lamp"],"hard_negative_ids":["invoice-lamp"]}""",
            """{"id":"n2","query":"two negatives","positive_ids":["refund-lamp"],"hard_negative_ids":["invoice-lamp","warranty-lamp"]}"""));
        var report = await Set(await OpenAsync(folder)).CheckAsync(cancellationToken: Token);
        Found(report, FindingSeverity.Warning, "duplicate-question", "stands on line 1 already");
        Found(report, FindingSeverity.Warning, "uneven-negatives", "between 1 and 2");
        Found(report, FindingSeverity.Warning, "no-negatives", "30 of 32");
        Assert.Equal((3, 3), (report.Negatives, report.Reviewed));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static void Found(GateSetCheckReport report, FindingSeverity severity, string rule, string message) =>
        Assert.Contains(report.Findings, f => f.Severity == severity && f.Rule == rule && f.Message.Contains(message, StringComparison.Ordinal));

    private static Task<Workspace> OpenAsync(Folder folder) => Workspace.OpenAsync(folder["nearfar.yaml"], Token);

    private static WorkspaceGateSet Set(Workspace workspace) => new(workspace, TimeProvider.System);

    private static string Row(string id, string query, string positive) => JsonSerializer.Serialize(new { id, query, positive_ids = new[] { positive } });

    // Training knows the pages of three things of five.
    private static Folder Shop(string cohorts = "cohorts: {}")
    {
        var folder = new Folder();
        var pages = (from topic in s_topics from thing in s_things select (topic, thing)).ToArray();
        folder.Write("corpus.jsonl", string.Join('\n', pages.Select(p => JsonSerializer.Serialize(new { id = $"{p.topic}-{p.thing}", text = $"The {p.topic} of the {p.thing} is told on this page, which is about {p.topic} and about {p.thing}.", thing = p.thing }))));
        folder.Write("train.jsonl", string.Join('\n', pages.Where(p => p.thing is not ("lamp" or "storage")).Select(p => Row($"t-{p.topic}-{p.thing}", $"about the {p.topic} for a {p.thing}", $"{p.topic}-{p.thing}"))));
        folder.Write("dev.jsonl", string.Join('\n', pages.Select(p => Row($"d-{p.topic}-{p.thing}", $"{p.thing}? {p.topic}!", $"{p.topic}-{p.thing}"))));
        folder.Write("gate.jsonl", string.Join('\n', pages.Select(p => Row($"g-{p.topic}-{p.thing}", $"Explain the {p.topic} for my {p.thing}, dear help desk", $"{p.topic}-{p.thing}"))) + "\n");
        folder.Write("traffic.jsonl", Row("t1", "unused", "x").Replace("\"positive_ids\"", "\"expected_ids\"", StringComparison.Ordinal));
        folder.Write("nearfar.yaml", $$"""
            version: 1
            data: {corpus: corpus.jsonl, train: train.jsonl, dev: dev.jsonl, gate: gate.jsonl, traffic: traffic.jsonl}
            {{cohorts}}
            encoder: {kind: static, dimensions: 32}
            tokenizer: {train: wordpiece, size: 200}
            """);
        return folder;
    }
}
