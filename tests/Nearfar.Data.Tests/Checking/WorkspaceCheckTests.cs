using Nearfar.Data.Checking;
using Xunit;

namespace Nearfar.Data.Tests.Checking;

public sealed class WorkspaceCheckTests
{
    private const string Terms = "You can return an item within thirty days of the order if it is unused and in its box and you kept the bill for it";

    [Fact]
    public async Task Run_CleanWorkspace_HasNoErrors()
    {
        using var folder = new Folder();
        var report = await Run(folder);
        Assert.Equal(0, report.Errors);
        Assert.Contains(report.Findings, f => f is { Rule: "split", Severity: FindingSeverity.Information } && f.Message.Contains("gate: 1 rows ask about known pages", StringComparison.Ordinal));
        var whole = report.Cohorts.Single(c => c is { Set: "gate", Attribute: "" });
        Assert.Equal(2, whole.Questions);
        Assert.Equal(["new", "known"], report.Cohorts.Where(c => c is { Set: "gate", Attribute: "page" }).Select(c => c.Value).OrderDescending());
    }

    // As it is spelt, "4-6" would come before "<4".
    [Fact]
    public async Task Run_RangesOfACohort_AreListedInTheirOrder()
    {
        using var folder = new Folder();
        var report = await Run(folder, gate: "{\"id\":\"g3\",\"query\":\"returning late?\",\"positive_ids\":[\"return\"]}", yaml: "cohorts: {query_length: {from: query.words, edges: [4, 6]}}");
        Assert.Equal(["<4", "4-6", ">=6"], report.Cohorts.Where(c => c is { Set: "gate", Attribute: "query_length" }).Select(c => c.Value));
    }

    [Fact]
    public async Task Run_BrokenRowsInEveryFile_AreAllErrors()
    {
        using var folder = new Folder();
        var report = await Run(folder, corpus: "{\"id\":\"x\"}", train: "nonsense", dev: "{\"query\":\"q\",\"positive_ids\":[\"gone\"]}", gate: "{\"querry\":\"q\"}", traffic: "{\"id\":\"1\"}");
        AssertFound(report, FindingSeverity.Error, "row", "corpus.jsonl", "has no \"text\"");
        AssertFound(report, FindingSeverity.Error, "row", "train.jsonl", "not valid JSON");
        AssertFound(report, FindingSeverity.Error, "missing-document", "dev.jsonl", "names document \"gone\"");
        AssertFound(report, FindingSeverity.Error, "row", "gate.jsonl", "did you mean \"query\"?");
        AssertFound(report, FindingSeverity.Error, "row", "traffic.jsonl", "has no \"query\"");
        Assert.Equal(5, report.Errors);
        Assert.All(report.Findings.Take(5), f => Assert.Equal(FindingSeverity.Error, f.Severity)); // errors first
    }

    [Fact]
    public async Task Run_MissingFile_IsAnErrorAndTheOthersAreChecked()
    {
        using var folder = new Folder();
        await Write(folder, gate: "{\"querry\":\"q\"}");
        File.Delete(folder["train.jsonl"]);
        var report = await Open(folder);
        AssertFound(report, FindingSeverity.Error, "row", "train.jsonl", "no such file");
        AssertFound(report, FindingSeverity.Error, "row", "gate.jsonl", "querry");
    }

    [Theory]
    [InlineData("{\"query\":\"WHAT do parcels  cost?\",\"positive_ids\":[\"fees\"]}", "shared-question")] // as gate, but for case and space
    [InlineData("{\"query\":\"what do parcels cost\",\"query_id\":\"7\",\"positive_ids\":[\"fees\"]}", "near-duplicate-question")]
    [InlineData("{\"query\":\"other words\",\"query_id\":\"g2\",\"positive_ids\":[\"fees\"]}", "shared-question")]
    public async Task Run_GateQuestionInTraining_IsAnError(string train, string rule)
    {
        using var folder = new Folder();
        var report = await Run(folder, train: train);
        var finding = Assert.Single(report.Findings, f => f.Severity == FindingSeverity.Error);
        Assert.Equal((rule, folder["gate.jsonl"]), (finding.Rule, finding.Path));
        Assert.Contains("train.jsonl:3", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_DeclaredNewPageThatTrainingSaw_IsAnError()
    {
        using var folder = new Folder();
        var report = await Run(folder, gate: "{\"query\":\"may I send it back?\",\"positive_ids\":[\"return-old\"],\"cohorts\":{\"page\":\"new\"},\"hard_negative_ids\":[\"fees\"]}");
        AssertFound(report, FindingSeverity.Error, "shared-cluster", "gate.jsonl", "training saw the cluster of \"return\"");
    }

    [Fact]
    public async Task Run_DuplicatesAndContradictions_AreTold()
    {
        using var folder = new Folder();
        var report = await Run(
            folder,
            corpus: "{\"id\":\"copy\",\"text\":\"" + Terms + "\"}\n{\"id\":\"near\",\"text\":\"" + Terms + ", thanks\"}\n{\"id\":\"us\",\"text\":\"" + Terms + "!\",\"replaces\":\"return\"}",
            train: "{\"query\":\"how long can I return\",\"positive_ids\":[\"return\"]}\n{\"query\":\"How long can I return\",\"positive_ids\":[\"fees\"],\"hard_negative_ids\":[\"return\"]}\n{\"query\":\"new one here\",\"positive_ids\":[\"return\"],\"hard_negative_ids\":[\"near\",\"us\"]}\n{\"query\":\"how  long can I return\",\"positive_ids\":[\"return\"]}");
        AssertFound(report, FindingSeverity.Warning, "duplicate-document", "corpus.jsonl", "Document \"copy\" has the text of \"return\" (line 1)");
        AssertFound(report, FindingSeverity.Warning, "near-duplicate-document", "corpus.jsonl", "Document \"near\" is a near-duplicate of \"return\"");
        Assert.DoesNotContain(report.Findings, f => f.Message.Contains("\"us\"", StringComparison.Ordinal)); // its difference is declared
        AssertFound(report, FindingSeverity.Warning, "duplicate-pair", "train.jsonl", "stands on line 1 already");
        AssertFound(report, FindingSeverity.Error, "contradiction", "train.jsonl", "Document \"return\" is right for");
        AssertFound(report, FindingSeverity.Warning, "false-negative", "train.jsonl", "Negative \"near\"");
    }

    [Fact]
    public async Task Run_ProtectedCohorts_NeedQuestionsAndEnoughOfThem()
    {
        using var folder = new Folder();
        var report = await Run(folder, yaml: "cohorts: {topic: {protected: [returns, absent]}}\ngate: {protected: {tolerance: 0.05}}\n");
        AssertFound(report, FindingSeverity.Error, "protected-cohort", "gate.jsonl", "topic=absent has no question");
        AssertFound(report, FindingSeverity.Warning, "protected-cohort", "gate.jsonl", "topic=returns has 1 questions on 1 documents, worth 1 independent ones: too few to pass even when not one of them changes; its tolerance is 0.05");
        AssertFound(report, FindingSeverity.Warning, "gate-size", "gate.jsonl", "at a tolerance of 0.02 a model passes only if it is better");
    }

    [Theory, InlineData("title", true), InlineData("beginning", false)]
    public async Task Run_TitlesThatDocumentsLack_AreMissed(string of, bool missed)
    {
        using var folder = new Folder();
        var report = await Run(folder, yaml: $"encoder: {{kind: static, lead: {{of: {of}}}}}\n");
        Assert.Equal(missed, report.Findings.Any(f => f.Rule == "no-title"));
        if (missed)
        {
            AssertFound(report, FindingSeverity.Warning, "no-title", "corpus.jsonl", "documents have none: no title, and no text of several lines");
        }
    }

    [Fact]
    public async Task Run_TrafficThatRepeatsTheGate_IsCounted()
    {
        using var folder = new Folder();
        var report = await Run(folder, traffic: "{\"id\":\"1\",\"query\":\"what do parcels cost?\"}\n{\"id\":\"2\",\"query\":\"hello there\",\"expected_ids\":[\"gone\"]}");
        AssertFound(report, FindingSeverity.Information, "sealed-traffic", "traffic.jsonl", "1 of 2 traffic rows ask a question of the gate");
        AssertFound(report, FindingSeverity.Warning, "missing-document", "traffic.jsonl", "expects document \"gone\"");
    }

    [Fact]
    public async Task Run_ManyFindingsOfOneRule_AreShortenedAndCounted()
    {
        using var folder = new Folder();
        var report = await Run(folder, train: string.Join('\n', Enumerable.Range(0, 80).Select(i => $"{{\"query\":\"q {i}\",\"positive_ids\":[\"gone{i}\"]}}")));
        Assert.Equal(80, report.Errors);
        Assert.Equal(51, report.Findings.Count(f => f.Rule == "missing-document"));
        Assert.Contains(report.Findings, f => f.Message == "and 30 more of this kind.");
    }

    [Theory]
    [InlineData(100, 0.0786)]
    [InlineData(250, 0.0497)]
    [InlineData(1000, 0.0249)]
    public void SmallestEffect_KnownSizes_FollowTheFormula(int questions, double effect)
    {
        Assert.Equal(effect, new CohortSize("gate", "", "", questions, questions, false).SmallestEffect, 1e-4);
        Assert.InRange(CohortSize.QuestionsFor(effect), questions * 0.99, questions * 1.01);
    }

    private static async Task<CheckReport> Run(Folder folder, string? corpus = null, string? train = null, string? dev = null, string? gate = null, string? traffic = null, string yaml = "")
    {
        await Write(folder, corpus, train, dev, gate, traffic, yaml);
        return await Open(folder);
    }

    private static async Task<CheckReport> Open(Folder folder) =>
        await WorkspaceCheck.RunAsync(await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken), cancellationToken: TestContext.Current.CancellationToken);

    private static Task Write(Folder folder, string? corpus = null, string? train = null, string? dev = null, string? gate = null, string? traffic = null, string yaml = "")
    {
        string extra = traffic is null ? "" : ", traffic: traffic.jsonl";
        folder.Write("nearfar.yaml", $"version: 1\ndata: {{corpus: corpus.jsonl, train: train.jsonl, dev: dev.jsonl, gate: gate.jsonl{extra}}}\n{yaml}");
        folder.Write("corpus.jsonl", "{\"id\":\"return\",\"text\":\"" + Terms + "\",\"topic\":\"returns\",\"group\":\"r\"}\n{\"id\":\"return-old\",\"text\":\"Older terms allowed two weeks.\",\"group\":\"r\",\"topic\":\"returns\"}\n"
            + "{\"id\":\"fees\",\"text\":\"Parcels cost four coins each.\"}\n{\"id\":\"hours\",\"text\":\"We are open from nine to five.\"}\n" + corpus);
        folder.Write("train.jsonl", train?.Contains("how long", StringComparison.Ordinal) == true ? train
            : "{\"query\":\"may goods come back\",\"positive_ids\":[\"return\"]}\n{\"query\":\"term for sending back\",\"positive_ids\":[\"return\"]}\n" + train);
        folder.Write("dev.jsonl", "{\"query\":\"when are you there\",\"positive_ids\":[\"hours\"],\"hard_negative_ids\":[\"fees\"]}\n" + dev);
        folder.Write("gate.jsonl", "{\"id\":\"g1\",\"query\":\"how many days for a return?\",\"positive_ids\":[\"return\"],\"hard_negative_ids\":[\"hours\"]}\n"
            + "{\"id\":\"g2\",\"query_id\":\"g2\",\"query\":\"what do parcels cost?\",\"positive_ids\":[\"fees\"],\"hard_negative_ids\":[\"hours\"]}\n" + gate);
        if (traffic is not null)
        {
            folder.Write("traffic.jsonl", traffic);
        }

        return Task.CompletedTask;
    }

    private static void AssertFound(CheckReport report, FindingSeverity severity, string rule, string file, string message) =>
        Assert.True(report.Findings.Any(f => f.Severity == severity && f.Rule == rule && f.Path.EndsWith(file, StringComparison.Ordinal) && f.Message.Contains(message, StringComparison.Ordinal)),
            $"no {severity} [{rule}] in {file} with: {message}\n{string.Join('\n', report.Findings)}");
}
