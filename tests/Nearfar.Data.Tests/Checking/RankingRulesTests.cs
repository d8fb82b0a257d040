using Nearfar.Data.Checking;
using Xunit;

namespace Nearfar.Data.Tests.Checking;

/// <summary>Rules of the check that need a ranking, and those that compare judgements across questions.</summary>
public sealed class RankingRulesTests
{
    private static readonly string[] s_subjects = ["refund", "invoice", "courier", "warranty", "password", "voucher", "battery", "garden"];
    private static readonly string[] s_things = ["kettle", "planner", "headset", "storage", "bicycle", "lamp", "blender", "scooter", "printer", "camera", "speaker", "mattress", "ladder", "toaster"];
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_PlantedFaults_AreFoundWithLineAndCount()
    {
        using var folder = Shop();
        AppendTrain(folder,
            """{"id":"lost","query":"жщю","positive_ids":["refund-kettle"]}""",                                                    // line 113: no ranker can find it
            """{"id":"above","query":"invoice lamp","positive_ids":["refund-kettle"],"hard_negative_ids":["invoice-lamp"]}""",                // 114: the label is wrong
            """{"id":"holds","query":"how does it go","positive_ids":["refund-lamp"],"hard_negative_ids":["invoice-bicycle"],"expected_answer":"all about the invoice of a bicycle"}""");
        var report = await RunAsync(folder, new CheckOptions());
        Assert.Equal(113, Assert.Single(report.Findings, f => f.Rule == "unfound-positive" && f.Message.Contains("жщю", StringComparison.Ordinal)).Line);
        Assert.Equal(114, Assert.Single(report.Findings, f => f.Rule == "negative-above-positive").Line);
        Assert.Contains("holds the expected answer", Assert.Single(report.Findings, f => f is { Rule: "false-negative", Line: 115 }).Message, StringComparison.Ordinal);
        Assert.Contains(report.Findings, f => f.Rule == "hubs" && f.Message.Contains("skewness", StringComparison.Ordinal));
        Assert.All(report.Rules, r => Assert.True(r.Count >= report.Findings.Count(f => f.Rule == r.Rule && f.Severity == r.Severity)));
        Assert.Equal(report.Warnings, report.Rules.Where(r => r.Severity == FindingSeverity.Warning).Sum(r => r.Count));
    }

    [Fact]
    public async Task Run_HubAndEasyNegatives_AreFound()
    {
        using var folder = Shop();
        File.AppendAllText(folder["corpus.jsonl"], "{\"id\":\"hub\",\"text\":\"please tell me\"}\n");
        folder.Write("train.jsonl", string.Concat(from subject in s_subjects from thing in s_things select $"{{\"query\":\"please tell me {subject} {thing}\",\"positive_ids\":[\"{subject}-{thing}\"]}}\n"));
        AppendTrain(folder, [.. Enumerable.Range(0, 6).Select(i => $"{{\"id\":\"e{i}\",\"query\":\"refund {s_things[i]}\",\"positive_ids\":[\"refund-{s_things[i]}\"],\"hard_negative_ids\":[\"garden-{s_things[i + 6]}\"]}}")]);
        var report = await RunAsync(folder, new CheckOptions());
        Assert.Equal("hub", Assert.Single(report.Findings, f => f.Rule == "hub").Message.Split('"')[1]);
        Assert.Contains(report.Findings, f => f is { Rule: "easy-negatives", Severity: FindingSeverity.Warning } && f.Message.StartsWith("6 of 6", StringComparison.Ordinal));
        Assert.Equal(6, report.Rules.Single(r => r.Rule == "easy-negative").Count);
    }

    [Fact]
    public async Task Run_Never_MakesNoRanking()
    {
        using var folder = Shop();
        AppendTrain(folder, """{"id":"lost","query":"жщю","positive_ids":["refund-kettle"]}""");
        var report = await RunAsync(folder, new CheckOptions { Ranking = RankingDepth.Never });
        Assert.DoesNotContain(report.Rules, r => r.Rule is "unfound-positive" or "hubs" or "easy-negatives");
    }

    [Fact]
    public async Task Run_SameSeed_SameFindings()
    {
        using var folder = Shop();
        AppendTrain(folder, """{"id":"above","query":"invoice lamp","positive_ids":["refund-kettle"],"hard_negative_ids":["invoice-lamp"]}""");
        Assert.Equal((await RunAsync(folder, new CheckOptions())).Findings, (await RunAsync(folder, new CheckOptions { Ranking = RankingDepth.Always })).Findings);
    }

    [Theory]
    [InlineData("""{"id":"a","query":"Refund  of it","query_id":"1","positive_ids":["refund-lamp"]}""", """{"id":"b","query":"refund of it","query_id":"2","positive_ids":["invoice-lamp"],"hard_negative_ids":["refund-lamp"]}""", 1)]     // one text, two query ids
    [InlineData("""{"id":"a","query":"one","positive_ids":["copy-a"]}""", """{"id":"b","query":"one","positive_ids":["refund-lamp"],"hard_negative_ids":["copy-b"]}""", 1)]                                                           // one question, two documents of one text
    [InlineData("""{"id":"a","query":"one","positive_ids":["copy-a"]}""", """{"id":"b","query":"one","positive_ids":["refund-lamp"],"hard_negative_ids":["copy-c"]}""", 0)]                                                           // declared as another version
    [InlineData("""{"id":"a","query":"one","positive_ids":["copy-a"]}""", """{"id":"b","query":"two","positive_ids":["refund-lamp"],"hard_negative_ids":["copy-a"]}""", 0)]                                                           // another question
    public async Task Run_JudgementsThatConflict_AreWarned(string first, string second, int wanted)
    {
        using var folder = Shop();
        string text = "the very same words stand here and there again in a text that is long enough to tell";
        File.AppendAllLines(folder["corpus.jsonl"], [$"{{\"id\":\"copy-a\",\"text\":\"{text}\",\"version\":\"1\"}}", $"{{\"id\":\"copy-b\",\"text\":\"{text}\",\"version\":\"1\"}}", $"{{\"id\":\"copy-c\",\"text\":\"{text}\",\"version\":\"2\"}}"]);
        AppendTrain(folder, first, second);
        var found = (await RunAsync(folder, new CheckOptions { Ranking = RankingDepth.Never })).Findings.Where(f => f.Rule == "label-conflict").ToList();
        Assert.Equal(wanted, found.Count);
        Assert.All(found, f => Assert.Equal(114, f.Line));
    }

    private static async Task<CheckReport> RunAsync(Folder folder, CheckOptions options) => await WorkspaceCheck.RunAsync(await Workspace.OpenAsync(folder.Path, Token), options, null, Token);

    private static void AppendTrain(Folder folder, params string[] rows) => File.AppendAllLines(folder["train.jsonl"], rows);

    private static Folder Shop()
    {
        var folder = new Folder();
        var all = (from s in s_subjects from t in s_things select (s, t)).ToList();
        folder.Write("corpus.jsonl", string.Concat(all.Select(x => $"{{\"id\":\"{x.s}-{x.t}\",\"text\":\"all about the {x.s} of a {x.t}\"}}\n")));
        folder.Write("train.jsonl", string.Concat(all.Select(x => $"{{\"query\":\"{x.s} {x.t}\",\"positive_ids\":[\"{x.s}-{x.t}\"]}}\n")));
        folder.Write("nearfar.yaml", """
            version: 1
            data: {corpus: corpus.jsonl, train: train.jsonl}
            encoder: {kind: static, dimensions: 256}
            tokenizer: {train: wordpiece, size: 300}
            """);
        return folder;
    }
}
