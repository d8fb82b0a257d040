using Nearfar.Encoding;
using Nearfar.Gating;
using Nearfar.Mining;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;
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
    public async Task TrainingOptions_EveryKeyOfTrain_IsWhatTheFileSays()
    {
        using var folder = new Folder();
        folder.Write("a.jsonl", "{\"id\":\"1\",\"query\":\"q one\",\"positive_chunk\":\"page one\"}\n{\"id\":\"2\",\"query\":\"q two\",\"positive_chunk\":\"page two\"}\n");
        folder.Write("b.jsonl", "{\"id\":\"3\",\"query\":\"q three\",\"positive_chunk\":\"page one\"}\n");
        folder.Write("nearfar.yaml", """
            version: 1
            data: {train: [{name: faq, path: a.jsonl}, {name: forum, path: b.jsonl}]}
            cohorts: {language: {}, intent: {}}
            train: {schedule: cosine, patience: 3, average: {decay: 0.9}, batches: label, mix: temperature, mix_temperature: 3, labels: intent, balance: {attribute: language, power: 1, cap: 2}}
            """);
        var workspace = await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
        var options = workspace.TrainingOptions();
        Assert.Equal((RateSchedule.Cosine, 3, new AveragingOptions(Decay: 0.9), BatchRule.Label), (options.Schedule, options.Patience, options.Average, options.Batches));
        Assert.Equal((MixRule.Temperature, 3, "intent", new BalanceOptions("language", 1, 2)), (options.Mix, options.MixTemperature, options.Labels, options.Balance));
        Assert.Equal(["faq", "faq", "forum"], workspace.Train.Pairs.Select(p => p.DataSet));
        Assert.Equal(workspace.Train.Pairs[0].PositiveIds, workspace.Train.Pairs[2].PositiveIds);       // one text, one document
        Assert.Equal([1, 2, 1], workspace.Rows.Train!.Lines);
    }

    [Fact]
    public async Task Train_OptionsThatDoNotFitTheFile_AreToldTogether()
    {
        using var folder = new Folder();
        var e = await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(folder, """
            cohorts: {language: {}}
            train: {schedule: cosin, average: {tail: 0.5, decay: 0.5}, batches: hardest, mix: round-robin, mix_temperature: 2, labels: langage, balance: {power: 2}, guide: models/x, chunk: 32}
            """));
        Assert.All(new[]
        {
            "train.schedule: unknown value \"cosin\"", "train.average: has both", "train.batches: unknown value \"hardest\"", "train.mix: mixes data sets", "train.mix_temperature: belongs",
            "train.labels: unknown cohort \"langage\"", "train.balance.attribute: is missing", "train.balance.power", "train.guide: is named, and loss mnrl reads none", "train.chunk: saves memory",
        }, part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TrainingOptions_WhatBatchesLeaveOutAndWhereTextsAreCut_AreWhatTheFileSays()
    {
        using var folder = new Folder();
        var options = (await OpenAsync(folder, "train: {other_positives: negatives, max_tokens: 256, min_batch_share: 0}\n")).TrainingOptions();
        Assert.Equal((OtherPositives.Negatives, 256, 0), (options.OtherPositives, options.MaxTokens, options.MinBatchShare));
        Assert.Equal(OtherPositives.Masked, (await OpenAsync(folder, "train: {other_positives: masked}\n")).TrainingOptions().OtherPositives);
        var defaults = (await OpenAsync(folder, "train: {batch: 64}\n")).TrainingOptions();
        Assert.Equal((OtherPositives.Masked, (int?)null, 0.25), (defaults.OtherPositives, defaults.MaxTokens, defaults.MinBatchShare));
        Assert.Equal(600, (await OpenAsync(folder, "encoder: {max_tokens: 600}\ntrain: {max_tokens: 600}\n")).TrainingOptions().MaxTokens);
        Assert.Equal(600, (await OpenAsync(folder, "encoder: {from: model}\ntrain: {max_tokens: 600}\n")).TrainingOptions().MaxTokens);        // the folder's limit is not known here
    }

    [Fact]
    public async Task Recipes_WhatTheFileNames_HoldsForEveryRecipeOfThePreset()
    {
        using var folder = new Folder();
        folder.Write("a.jsonl", "{\"id\":\"1\",\"query\":\"q one\",\"positive_chunk\":\"page one\"}\n{\"id\":\"2\",\"query\":\"q two\",\"positive_chunk\":\"page two\"}\n");
        folder.Write("nearfar.yaml", """
            version: 1
            data: {train: a.jsonl}
            encoder: {from: model, query_prompt: "ask: "}
            train: {preset: best, min_batch_share: 0.1, loss: {name: mnrl, directions: [query_to_doc, query_to_query], temperature: 0.07}}
            """);
        var recipes = (await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken)).Recipes();
        Assert.True(recipes.Count > 5);
        Assert.All(recipes, r => Assert.Equal((0.1, "ask: ", ""), (r.Training.MinBatchShare, r.Start.QueryPrompt, r.Start.DocumentPrompt)));
        Assert.All(recipes, r => Assert.Equal(["directions", "temperature"], r.Training.Loss.Options.Keys));
        Assert.All(recipes, r => Assert.Equal(("query_to_doc,query_to_query", "0.07"), (r.Training.Loss.Options["directions"], r.Training.Loss.Options["temperature"])));
    }

    [Theory]
    [InlineData("train: {other_positives: positives}", "train.other_positives: unknown value \"positives\"")]
    [InlineData("train: {other_positives: negatives, loss: triplet}", "train.other_positives: is negatives, and loss triplet makes no negatives of other rows' documents")]
    [InlineData("train: {max_tokens: 0}", "train.max_tokens")]
    [InlineData("train: {max_tokens: 257}", "train.max_tokens: is 257, and the encoder reads 256 tokens")]
    [InlineData("encoder: {max_tokens: 100, from: model}\ntrain: {max_tokens: 101}", "train.max_tokens: is 101, and the encoder reads 100 tokens")]
    [InlineData("encoder: {kind: adapter, from: base}\ntrain: {max_tokens: 100}", "train.max_tokens: cuts texts that become tokens in training; encoder kind adapter")]
    [InlineData("train: {min_batch_share: 1.5}", "train.min_batch_share")]
    public async Task Train_OptionsOfBatchesAndCut_AreRefusedByName(string yaml, string problem)
    {
        using var folder = new Folder();
        Assert.Contains(problem, (await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(folder, yaml + "\n"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_SeveralSetsWithOneId_AreRefusedWithBothPlaces()
    {
        using var folder = new Folder();
        const string Row = "{\"id\":\"1\",\"query\":\"q one\",\"positive_chunk\":\"page one\"}\n";
        folder.Write("a.jsonl", Row);
        folder.Write("b.jsonl", Row);
        folder.Write("nearfar.yaml", "version: 1\ndata: {train: [{name: faq, path: a.jsonl}, {name: forum, path: b.jsonl}]}\n");
        var workspace = await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
        string message = Assert.Throws<NearfarException>(() => workspace.Train).Message;
        Assert.Contains("b.jsonl:1", message, StringComparison.Ordinal);
        Assert.Contains("a.jsonl:1 too", message, StringComparison.Ordinal);
        folder.Write("nearfar.yaml", "version: 1\ndata: {train: [{name: faq, path: a.jsonl}, {name: faq, path: b.jsonl}, {path: c.jsonl}]}\n");
        var e = await Assert.ThrowsAsync<NearfarException>(() => Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken));
        Assert.Contains("stands twice", e.Message, StringComparison.Ordinal);
        Assert.Contains("name: is missing", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stages_FileThatStatesAll_AreWhatItSays()
    {
        using var folder = new Folder();
        var workspace = await OpenAsync(folder, """
            cohorts: {intent: {protected: [refund-policy, invoice]}}
            encoder: {kind: static, dimensions: 64, max_tokens: 99, idf_power: 2, lead: {of: title, tokens: 20}, query_prompt: "query: ", document_prompt: "passage: "}
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
            Lead = new LeadOptions { Of = LeadField.Title, Tokens = 20 },
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
    public async Task MiningOptions_EveryKey_ReachesTheMiner()
    {
        using var folder = new Folder();
        var workspace = await OpenAsync(folder, """
            cohorts: {language: {}}
            mining:
              positive_ratio: off
              relative_margin: 0.05
              absolute_margin: 0.1
              max_score: 0.9
              min_score: -0.5
              range_min: 3
              range_max: 40
              sources: [bm25, models/other]
              teacher: models/teacher
              teacher_ratio: off
              teacher_margin: 0.2
              by_cohort: language
              sampling: random
              review: 50
              decisions: review.jsonl
              cache: true
            """);
        var options = workspace.MiningOptions();
        Assert.Equal([folder["models/other"]], options.SourceModels);
        Assert.Equal(new MiningOptions
        {
            PositiveRatio = null,
            RelativeMargin = 0.05,
            AbsoluteMargin = 0.1,
            MaxScore = 0.9,
            MinScore = -0.5,
            SkipRanks = 3,
            RangeMax = 40,
            UseEncoder = false,
            UseBm25 = true,
            SourceModels = options.SourceModels,
            TeacherModel = folder["models/teacher"],
            TeacherRatio = null,
            TeacherMargin = 0.2,
            ByCohort = "language",
            Sampling = MiningSampling.Random,
            Review = 50,
            DecisionFile = folder["review.jsonl"],
        }, options);
        Assert.True(workspace.Options.Mining.Cache);
    }

    [Fact]
    public async Task Mining_UnsoundKeys_AreAllToldAtOnce()
    {
        using var folder = new Folder();
        string message = (await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(folder, """
            cohorts: {language: {}}
            mining: {skip_ranks: 5, range_min: 5, range_max: 4, min_score: 0.5, max_score: 0.1, teacher_ratio: 0.9, by_cohort: langage, sampling: best, sources: [bm25, bm25], positve_ratio: 1}
            """))).Message;
        Assert.All(["mining.range_min", "mining.range_max", "mining.min_score", "mining.teacher_ratio", "did you mean \"language\"", "mining.sampling", "twice", "did you mean \"positive_ratio\""],
            expected => Assert.Contains(expected, message, StringComparison.Ordinal));
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

    [Fact]
    public async Task TrainingMiningOptions_WhatItLeavesOpen_IsAsUnderMining()
    {
        using var folder = new Folder();
        var workspace = await OpenAsync(folder, """
            train: {hard_negatives: 2, seed: 3, mining: {every: 50, asynchronous: true, positive_ratio: off, relative_margin: 0.1, teacher: models/t, teacher_margin: 0.2}}
            mining: {per_query: 4, positive_ratio: 0.8, absolute_margin: 0.05, candidates: 60, range_min: 5, range_max: 50, sources: [encoder], sampling: random, review: 10}
            """);
        Assert.Equal(new MiningSchedule { Every = 50, Asynchronous = true }, workspace.TrainingOptions().Mining);
        var inside = workspace.TrainingMiningOptions()!;
        Assert.Equal((2, null, 0.1, 0.05), (inside.PerQuery, inside.PositiveRatio, inside.RelativeMargin, inside.AbsoluteMargin));
        Assert.Equal((60, 5, 50, false, MiningSampling.Random), (inside.Depth, inside.SkipRanks, inside.RangeMax, inside.UseBm25, inside.Sampling));
        Assert.Equal((folder["models/t"], 0.2, 3ul), (inside.TeacherModel, inside.TeacherMargin, inside.Seed));
        Assert.Equal((4, 0.8, null), (workspace.MiningOptions().PerQuery, workspace.MiningOptions().PositiveRatio, workspace.MiningOptions().TeacherModel));
        Assert.Null((await OpenAsync(folder, "mining: {per_query: 4}\n")).TrainingMiningOptions());
    }
}
