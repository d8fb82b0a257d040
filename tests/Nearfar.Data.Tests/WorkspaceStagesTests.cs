using Nearfar.Gating;
using Nearfar.Mining;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Xunit;

namespace Nearfar.Data.Tests;

public sealed class WorkspaceStagesTests
{
    private static async Task<Workspace> OpenAsync(Folder folder, string yaml)
    {
        folder.Write("nearfar.yaml", "version: 1\ndata: {corpus: corpus.jsonl}\n" + yaml);
        return await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task GatePolicy_EveryKey_IsWhatTheFileSays()
    {
        using var folder = new Folder();
        const string Gate = """
            metric: recall@3
            protected: {tolerance: 0.04, cohorts: [language=ja]}
            others: {tolerance: 0.07}
            joint: {ndcg@10: 0.03, z_margin_mean: 0.5}
            tolerances: {language=de: 0.09}
            required: [language=fr]
            floors: {language=*: {recall@3: 0.6}}
            unjudged_limit: 0.4
            tie_limit: 0.01
            history: 5
            flips: 4999
            """;
        var inside = await OpenAsync(folder, "cohorts: {language: {protected: [de]}}\ngate:\n  " + Gate.ReplaceLineEndings("\n  ") + "\n");
        folder.Write("policy.yaml", Gate);
        var beside = (await OpenAsync(folder, "cohorts: {language: {protected: [de]}}\n")).WithPolicy(folder["policy.yaml"]);
        foreach (var policy in new[] { inside.GatePolicy(), beside.GatePolicy() })
        {
            Assert.Equal(("recall@3", 0.04, 0.07, 0.4, 0.01, 5, 4999), (policy.Metric, policy.ProtectedTolerance, policy.OtherTolerance, policy.UnjudgedLimit, policy.TieLimit, policy.History, policy.Flips));
            Assert.Equal(["language=de", "language=ja"], policy.Protected.Select(p => p.ToString()));
            Assert.Equal("language=fr", Assert.Single(policy.Required).ToString());
            Assert.Equal((0.03, 0.5), (policy.JointMetrics!["ndcg@10"], policy.JointMetrics["z_margin_mean"]));
            Assert.Equal(0.09, policy.Tolerances[new("language", "de")]);
            Assert.True(Assert.Single(policy.Floors).IsFamily);
            Assert.Empty(policy.FindProblems());
        }

        Assert.Equal(inside.GatePolicy().ComputeHash(), beside.GatePolicy().ComputeHash());
    }

    [Theory]
    [InlineData("tolerence: 0.1", "did you mean \"tolerance\"")]
    [InlineData("required: [langage=de]", "unknown cohort \"langage\"")]
    [InlineData("tolerances: {de: 0.1}", "wanted attribute=value")]
    [InlineData("joint: {ndgc@10: 0.1}", "unknown metric")]
    [InlineData("joint: {ndcg@10: 0}", "above 0")]
    [InlineData("others: {tolerance: 2}", "others.tolerance")]
    [InlineData("others: {tolerances: 0.1}", "unknown key")]
    [InlineData("history: 99", "from 0 to 20")]
    [InlineData("flips: 10", "from 999 to 99999")]
    [InlineData("protected: {cohort: [language=de]}", "did you mean \"cohorts\"")]
    public async Task WithPolicy_WrongFile_IsRefusedWithItsLine(string yaml, string part)
    {
        using var folder = new Folder();
        var workspace = await OpenAsync(folder, "cohorts: {language: {}}\n");
        folder.Write("policy.yaml", yaml + "\n");
        string message = Assert.Throws<NearfarException>(() => workspace.WithPolicy(folder["policy.yaml"])).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.Contains("policy.yaml:1:", message, StringComparison.Ordinal);
        Assert.Throws<NearfarException>(() => workspace.WithPolicy(folder["none.yaml"]));
    }

    [Fact]
    public async Task Stages_FileThatStatesAll_AreWhatItSays()
    {
        using var folder = new Folder();
        var workspace = await OpenAsync(folder, """
            cohorts: {intent: {protected: [refund-policy, invoice]}}
            encoder: {kind: static, dimensions: 64, max_tokens: 99, idf_power: 2, query_prompt: "query: ", document_prompt: "passage: "}
            tokenizer: {train: bpe, size: 700}
            train: {loss: mnrl, temperature: 0.1, batch: 32, epochs: 3, rate: 0.2, warmup: 0.3, hard_negatives: 2, evaluations: 4, seed: 9}
            mining: {per_query: 3, positive_ratio: 0.9, candidates: 50, skip_ranks: 2, per_document: 7}
            gate: {reference: untrained, metric: ndcg@10, tolerance: 0.03, protected: {tolerance: 0.06}, floors: {all: {recall@5: 0.5}, intent=refund-policy: {margin_mean: 0.18}}, floor_space: untrained, floor_transfer: quantile, violation_limit: 0.1, on_inconclusive: block}
            output: elsewhere
            """);
        Assert.Equal(new StartOptions
        {
            Dimensions = 64,
            MaxTokens = 99,
            IdfPower = 2,
            QueryPrompt = "query: ",
            DocumentPrompt = "passage: ",
            TokenizerKind = TokenizerKind.Bpe,
            VocabularySize = 700,
            Seed = 9,
        }, workspace.StartOptions());
        Assert.Equal(new TrainingOptions { Loss = ((LossChoice)"mnrl").With("temperature", 0.1), Batch = 32, Epochs = 3, Rate = 0.2, WarmupShare = 0.3, HardNegatives = 2, EvaluationsPerEpoch = 4, Seed = 9 }, workspace.TrainingOptions());
        Assert.Equal(new MiningOptions { PerQuery = 3, PositiveRatio = 0.9, Depth = 50, SkipRanks = 2, HubCap = 7, Seed = 9 }, workspace.MiningOptions());
        var policy = workspace.GatePolicy();
        Assert.Equal(("ndcg@10", 0.03, 0.06, ReferenceKind.Untrained, 0.1, InconclusiveAction.Block), (policy.Metric, policy.Tolerance, policy.ProtectedTolerance, policy.Reference, policy.ViolationLimit, policy.OnInconclusive));
        Assert.Equal(["intent=refund-policy", "intent=invoice"], policy.Protected.Select(p => p.ToString()));
        Assert.Equal([new GateFloor(null, "recall@5", 0.5), new GateFloor(new CohortKey("intent", "refund-policy"), "margin_mean", 0.18, "untrained")], policy.Floors);
        Assert.Equal(FloorTransfer.Quantile, policy.FloorTransfer);
        Assert.Empty(policy.FindProblems());
        var loop = workspace.LoopOptions(seed: 5);
        Assert.Equal((folder["elsewhere"], 10, 5UL, 5UL, 5UL), (loop.Output, loop.FailsAt, loop.Start.Seed, loop.Training.Seed, loop.Mining.Seed));
    }

    [Fact]
    public async Task Stages_FileThatStatesNothing_AreTheDefaults()
    {
        using var folder = new Folder();
        var workspace = await OpenAsync(folder, "");
        Assert.Equal(new StartOptions(), workspace.StartOptions());
        Assert.Equal(new TrainingOptions(), workspace.TrainingOptions());
        Assert.Equal(new MiningOptions(), workspace.MiningOptions());
        Assert.Equal(new GatePolicy().ComputeHash(), workspace.GatePolicy().ComputeHash());
        Assert.Equal(5, workspace.LoopOptions().FailsAt);
    }

    [Fact]
    public async Task MiningOptions_ManyPerQuery_LooksAtAsManyCandidates()
    {
        using var folder = new Folder();
        Assert.Equal(250, (await OpenAsync(folder, "mining: {per_query: 250}\n")).MiningOptions().Depth);
    }

    [Fact]
    public async Task StartOptions_KindWithoutAnEngineHere_NamesTheTool()
    {
        using var folder = new Folder();
        var workspace = await OpenAsync(folder, "encoder: {kind: onnx, from: model}\n");
        Assert.Contains("nearfar-torch", Assert.Throws<NearfarException>(() => workspace.StartOptions()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{loss: {name: mnrl, temperature: 0.07}}", "mnrl (temperature 0.07)", null)]
    [InlineData("{loss: mnrl}", "mnrl", null)]
    [InlineData("{loss: {name: mnrl, temprature: 0.07}}", null, "train.loss: unknown option of loss mnrl \"temprature\"; did you mean \"temperature\"?")]
    [InlineData("{loss: {temperature: 0.07}}", null, "name: is missing: the loss, for example mnrl.")]
    [InlineData("{loss: mnlr}", null, "train.loss: unknown loss \"mnlr\"; did you mean \"mnrl\"?")]
    [InlineData("{temperature: 0.1, loss: {name: mnrl, temperature: 0.07}}", null, "stands in train.loss too")]
    public async Task TrainingOptions_Loss_IsANameOrASectionAndItsMistakesAreNamed(string train, string? loss, string? problem)
    {
        using var folder = new Folder();
        folder.Write("corpus.jsonl", """{"id": "d", "text": "t"}""");
        if (problem is null)
        {
            Assert.Equal(loss, (await OpenAsync(folder, $"train: {train}\n")).TrainingOptions().Loss.ToString());
            return;
        }

        var e = await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(folder, $"train: {train}\n"));
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }
}
