using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Data.Tests;

public sealed class WorkspaceTests
{
    private const string Full = """
        version: 1
        name: helpdesk
        as_of: 2026-11-01                 # document ages are counted to this day
        data:
          corpus: corpus.jsonl
          train: train.jsonl
          dev: dev.jsonl
          gate: gate.jsonl
        cohorts:
          language: {}
          product:
          intent: {protected: [refund-policy]}
          doc_age: {from: document.updated, edges: [90d, 365d]}
          query_length: {from: query.words, edges: [4, 9]}
          script: {from: query.script}
        encoder: {kind: static, dimensions: 256}
        tokenizer: {train: wordpiece, size: 8000}
        train: {loss: mnrl, temperature: 0.05, batch: 512, epochs: 10}
        mining: {per_query: 4, positive_ratio: 0.95}
        gate:
          reference: current
          metric: recall@5
          tolerance: 0.02
          protected: {tolerance: 0.05}
          floors: {intent=refund-policy: {margin_mean: 0.18}}
        """;

    [Fact]
    public async Task Open_ExampleOfTheContract_IsRead()
    {
        using var folder = new Folder();
        folder.Write("nearfar.yaml", Full);
        var options = (await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken)).Options;
        Assert.Equal(("helpdesk", new DateOnly(2026, 11, 1)), (options.Name, options.AsOf));
        Assert.Equal(["language", "product", "intent", "doc_age", "query_length", "script"], options.Cohorts.Select(c => c.Attribute));
        Assert.Equal(["refund-policy"], options.Cohorts[2].Protected);
        Assert.Equal((90.0, 365.0, "d"), (options.Cohorts[3].Edges[0], options.Cohorts[3].Edges[1], options.Cohorts[3].Unit));
        Assert.Equal((256, "wordpiece", 8000), (options.Encoder.Dimensions, options.Tokenizer?.Train, options.Tokenizer?.Size));
        Assert.Equal(("0.05", 512, 10), (options.Train.Loss!.Options["temperature"], options.Train.Batch, options.Train.Epochs));
        Assert.Equal((0.02, 0.05, 0.18), (options.Gate.Tolerance, options.Gate.ProtectedTolerance, options.Gate.Floors["intent=refund-policy"]["margin_mean"]));
        Assert.Equal(folder["gate.jsonl"], options.Data.Gate?.Path);
        Assert.Equal(folder["output"], options.Output);
    }

    [Fact]
    public async Task Open_ManyMistakes_AreAllToldWithLineColumnAndTheNearestKey()
    {
        using var folder = new Folder();
        folder.Write("nearfar.yaml", """
            version: 1
            asof: 2026-11-01
            data: {corpus: corpus.jsonl, trian: train.jsonl, gate: "${NEARFAR_SURELY_UNSET}/gate.jsonl"}
            cohorts:
              doc_age: {from: document.updated, edges: [90d, 365]}
              page: {protected: [old]}
            encoder: {kind: statik, from: models/x, dimensions: many}
            tokenizer: {train: bpe, size: 5}
            train: {temperature: 0, epochs: [1]}
            mining: {positive_ratio: .nan}
            gate:
              metric: recal@5
              floors: {intnt=refund: {margin_mean: 0.18}}
            """);
        string message = await FailureOf(folder.Path);
        string at = folder["nearfar.yaml"];
        Assert.Contains($"{at}:2:1: unknown key \"asof\"; did you mean \"as_of\"?", message, StringComparison.Ordinal);
        Assert.Contains($"{at}:3:30: data: unknown key \"trian\"; did you mean \"train\"?", message, StringComparison.Ordinal);
        Assert.Contains("environment variable NEARFAR_SURELY_UNSET is not set", message, StringComparison.Ordinal);
        Assert.Contains($"{at}:5:44: cohorts.doc_age.edges: mixes numbers and days", message, StringComparison.Ordinal);
        Assert.Contains("cohorts.doc_age: ages need as_of", message, StringComparison.Ordinal);
        Assert.Contains("cohorts.page: protected value \"old\" does not exist", message, StringComparison.Ordinal);
        Assert.Contains($"{at}:7:17: encoder.kind: unknown value \"statik\"; did you mean \"static\"?", message, StringComparison.Ordinal);
        Assert.Contains("encoder.dimensions: wanted a whole number from 1 to 65536, came \"many\"", message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.size: wanted a whole number from 100 to 1000000, came \"5\"", message, StringComparison.Ordinal);
        Assert.Contains("tokenizer: encoder.from brings a tokenizer of its own", message, StringComparison.Ordinal);
        Assert.Contains("train.temperature: Loss mnrl: temperature is \"0\"; wanted above 0, at most 1", message, StringComparison.Ordinal);
        Assert.Contains("train.epochs: wanted a text, came a list", message, StringComparison.Ordinal);
        Assert.Contains("mining.positive_ratio: wanted a number above 0, at most 1, came \".nan\"", message, StringComparison.Ordinal);
        Assert.Contains("gate.metric: unknown metric \"recal@5\"; did you mean \"recall@5\"?", message, StringComparison.Ordinal);
        Assert.Contains("gate.floors.intnt=refund: unknown cohort \"intnt\"", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("- a\n- b\n")]
    [InlineData("version: 2\n")]
    [InlineData("name: x\n")]
    [InlineData("version: 1\nversion: 1\n")]
    [InlineData("version: 1\nname: [\n")]
    [InlineData("version: 1\ntokenizer: {size: 8000}\n")]
    [InlineData("version: 1\nencoder: {kind: openai}\n")]
    [InlineData("version: 1\ngate: {protected: {tolerance: 0.05}}\n")]
    public async Task Open_InvalidFile_IsRefusedWithItsPlace(string yaml)
    {
        using var folder = new Folder();
        folder.Write("nearfar.yaml", yaml);
        Assert.StartsWith(folder["nearfar.yaml"] + ":", await FailureOf(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_TenThousandBrackets_IsRefusedAndTheProcessLives()
    {
        using var folder = new Folder();
        folder.Write("nearfar.yaml", "version: 1\nname: " + new string('[', 10_000));
        Assert.Contains("nested deeper", await FailureOf(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sets_OfAWorkspace_FoldResolveAndCluster()
    {
        using var folder = new Folder();
        await WriteHelpdesk(folder);
        var workspace = await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal(5, workspace.Corpus.Count); // four of the file and one that stands inline
        Assert.Equal(2, workspace.Train.Pairs.Count);
        var gate = workspace.Gate;
        Assert.Equal(2, gate.Queries.Count); // a question asked twice is one
        Assert.Equal(["refund", "refund-eu"], gate.Queries[0].Relevance.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("refund", gate.Queries[0].PrimaryId);
        Assert.Equal("known", gate.Queries[0].Cohorts["page"]);
        Assert.Equal("new", gate.Queries[1].Cohorts["page"]);
        Assert.Equal(("en", "<90d", "4-9"), (gate.Queries[0].Cohorts["language"], gate.Queries[0].Cohorts["doc_age"], gate.Queries[0].Cohorts["query_length"]));
        Assert.Equal("(unknown)", gate.Queries[1].Cohorts["doc_age"]);
        Assert.True(gate.Seal.Contains("HOW do i get my money back?"));
        Assert.False(gate.Seal.Contains("where is my parcel?"));
    }

    [Fact]
    public async Task Sets_BadRowsInSeveralFiles_AreToldInOneMessage()
    {
        using var folder = new Folder();
        await WriteHelpdesk(folder);
        await File.AppendAllTextAsync(folder["corpus.jsonl"], "{\"id\":\"refund\",\"text\":\"again\"}\n", TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(folder["gate.jsonl"], "{\"query\":\"q\"}\n", TestContext.Current.CancellationToken);
        File.Delete(folder["dev.jsonl"]);
        var workspace = await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
        string message = Assert.Throws<NearfarException>(() => workspace.Train).Message;
        Assert.Contains("corpus.jsonl:5: id \"refund\" stands on line 1 already", message, StringComparison.Ordinal);
        Assert.Contains("gate.jsonl:4: has no positive", message, StringComparison.Ordinal);
        Assert.Contains("dev.jsonl: no such file", message, StringComparison.Ordinal);
    }

    internal static async Task WriteHelpdesk(Folder folder)
    {
        folder.Write("nearfar.yaml", Full);
        await File.WriteAllTextAsync(folder["corpus.jsonl"], """
            {"id":"refund","text":"You get your money back within thirty days of the order if you ask for it.","updated":"2026-10-01","language":"en"}
            {"id":"refund-eu","text":"In the Union the law gives you fourteen days to withdraw.","group":"refunds","updated":"2026-10-01"}
            {"id":"parcel","text":"Your parcel has a number with which you can follow it.","language":"en"}
            {"id":"invoice","text":"Invoices come at the first of each month by mail.","group":"refunds"}

            """);
        await File.WriteAllTextAsync(folder["train.jsonl"], """
            {"query":"when do invoices come","positive_ids":["invoice"],"hard_negative_chunk":"Invoices can be paid by card."}
            {"query":"refund within the union","positive_ids":["refund-eu"]}

            """);
        await File.WriteAllTextAsync(folder["dev.jsonl"], """{"query":"law on withdrawal","positive_ids":["refund-eu"]}""");
        await File.WriteAllTextAsync(folder["gate.jsonl"], """
            {"id":"g1","query":"how do I get my money back?","positive_ids":["refund"],"hard_negative_ids":["invoice"]}
            {"id":"g2","query":"How do I  get my money back?","positive_ids":["refund-eu"]}
            {"id":"g3","query":"follow my parcel","positive_ids":["parcel"],"hard_negative_ids":["invoice"]}

            """);
    }

    private static async Task<string> FailureOf(string path) =>
        (await Assert.ThrowsAsync<NearfarException>(() => Workspace.OpenAsync(path, TestContext.Current.CancellationToken))).Message;
}
