using System.Text.Json;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Xunit;

namespace Nearfar.Cli.Tests;

public sealed class VerbTests
{
    [Fact]
    public async Task TrainAndLoop_NoStepIsBetter_SayThatTheModelIsItsStart()
    {
        using var shop = new Shop();
        string yaml = await File.ReadAllTextAsync(shop["nearfar.yaml"], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(shop["nearfar.yaml"], yaml.Replace("rate: 0.1", "rate: 0.00000001", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        foreach (string[] command in new string[][] { ["train", "--name", "v2"], ["loop"] })
        {
            string output = (await shop.RunAsync(command)).Output;
            Assert.Contains("kept step 0 of 12", output, StringComparison.Ordinal);
            Assert.Contains("this model is its start, untrained", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Loop_FloorThatNothingReaches_ExitsWithTwo()
    {
        using var shop = new Shop("gate: {metric: recall@1, tolerance: 0.3, floors: {all: {recall@1: 0.9999}}}");
        var (exit, output, _) = await shop.RunAsync("loop", "--attempts", "1", "--seed", "3");
        Assert.Equal(2, exit);
        Assert.Contains("Blocked", output, StringComparison.Ordinal);
        Assert.True(File.Exists(shop["output/mined/001.jsonl"]));
        Assert.True(File.Exists(shop["output/runs/001/report.html"]));
        Assert.False(File.Exists(shop["output/releases/current"]));
        Assert.DoesNotContain("Only keyword search", output, StringComparison.Ordinal);     // a floor stands in the way
    }

    // Eight dimensions tell twenty pages apart poorly, and keyword search misses nothing.
    [Fact]
    public async Task Loop_BlockedByKeywordSearchAlone_NamesBothTogether()
    {
        using var shop = new Shop();
        string file = shop["nearfar.yaml"];
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Replace("dimensions: 256", "dimensions: 8", StringComparison.Ordinal).Replace("rate: 0.1", "rate: 0.000001", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (exit, output, _) = await shop.RunAsync("loop", "--attempts", "1");
        Assert.Equal(2, exit);
        Assert.Contains("Only keyword search stands above it. Judge both together: nearfar eval", output, StringComparison.Ordinal);
        Assert.Contains("--model 001 --hybrid weighted", output, StringComparison.Ordinal);
        Assert.Equal(0, (await shop.RunAsync("eval", "--model", "001", "--hybrid", "weighted")).Exit);
    }

    [Fact]
    public async Task Train_LeavesARunPageThatReportMakesAgain()
    {
        using var shop = new Shop();
        var (exit, output, _) = await shop.RunAsync("train", "--name", "v1");
        Assert.Equal(0, exit);
        Assert.Contains("run.html", output, StringComparison.Ordinal);
        string page = await File.ReadAllTextAsync(shop["output/runs/v1/run.html"], TestContext.Current.CancellationToken);
        Assert.Contains("query_length: recall@5", page, StringComparison.Ordinal);
        File.Delete(shop["output/runs/v1/run.html"]);
        var again = await shop.RunAsync("report", "v1");
        Assert.Equal(0, again.Exit);
        Assert.Contains("Training page: ", again.Output, StringComparison.Ordinal);
        Assert.Equal(page, await File.ReadAllTextAsync(shop["output/runs/v1/run.html"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Gate_TooFewQuestions_ExitsWithThreeAndSaysHowManyWouldDo()
    {
        using var shop = new Shop("gate: {metric: recall@5, tolerance: 0.001}");
        File.WriteAllLines(shop["gate.jsonl"], File.ReadAllLines(shop["gate.jsonl"]).Take(6));
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        var (exit, output, _) = await shop.RunAsync("gate", "v1", "--why");
        Assert.Equal(3, exit);
        Assert.Contains("add gate questions", output, StringComparison.Ordinal);
        Assert.Equal(3, (await shop.RunAsync("gate", "v1")).Exit);
        Assert.Single(File.ReadAllLines(shop["output/releases/ledger.jsonl"]));       // asked twice, opened once
    }

    [Fact]
    public async Task Slices_OneWordIsNeverFound_NamesItAndRetestsOnlyNewQuestions()
    {
        using var shop = new Shop();
        EvalReportJson.Save(shop["a.json"], Report("v1", 0, 400));
        var (exit, output, error) = await Shop.RunBareAsync("slices", shop["a.json"], "--metric", "ndcg@10", "--out", shop["slices.json"]);
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("query.word=voucher", output, StringComparison.Ordinal);
        Assert.Contains("how does voucher work, 14", output, StringComparison.Ordinal);
        Assert.StartsWith("Next: nearfar mine", output.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        Assert.Equal("ndcg@10", SliceFindingsJson.Load(shop["slices.json"]).Metric);

        EvalReportJson.Save(shop["b.json"], Report("v2", 200, 900));
        var again = await Shop.RunBareAsync("slices", shop["b.json"], "--metric", "ndcg@10", "--earlier", shop["slices.json"], "--json");
        using var document = JsonDocument.Parse(again.Output);
        var retested = document.RootElement.GetProperty("retested")[0];
        Assert.Equal((71, true), (retested.GetProperty("n").GetInt32(), retested.GetProperty("confirmed").GetBoolean()));
        Assert.True(document.RootElement.GetProperty("slices")[0].GetProperty("confirmed").GetBoolean());

        var same = await Shop.RunBareAsync("slices", shop["a.json"], "--metric", "ndcg@10", "--earlier", shop["slices.json"]);
        Assert.Equal(1, same.Exit);
        Assert.Contains("cannot confirm what they suggested", same.Error, StringComparison.Ordinal);
        Assert.Contains("violation@5", (await Shop.RunBareAsync("slices", shop["a.json"], "--metric", "violation@5")).Error, StringComparison.Ordinal);
    }

    // Every seventh question asks about vouchers and fails; the others find their page as they may.
    private static EvalReport Report(string label, int from, int to)
    {
        QueryScore[] rows = [.. Enumerable.Range(from, to - from).Select(i => new QueryScore
        {
            Id = $"q{i:0000}",
            Query = i % 7 == 0 ? $"how does voucher work, {i}" : $"how does it work, {i}",
            Cluster = $"page{i:0000}",
            Cohorts = new Dictionary<string, string> { ["language"] = i % 3 == 0 ? "de" : "en" },
            Metrics = new Dictionary<string, double> { ["ndcg@10"] = i % 7 == 0 ? i % 2 * 0.3 : 0.5 + (i * 37 % 100 / 200.0) },
            Top = [],
        })];
        return new EvalReport
        {
            Label = label,
            SetName = "gate",
            IsGateSet = true,
            SetHash = label,
            Documents = 900,
            Cutoffs = [10],
            Depth = 100,
            DocumentsWithoutToken = 0,
            Metrics = new Dictionary<string, MetricSummary>(),
            TieSensitivity = new Dictionary<string, double>(),
            Cohorts = new Dictionary<string, IReadOnlyDictionary<string, CohortScore>>(),
            Queries = rows,
        };
    }

    [Fact]
    public async Task Gate_ServedRankings_AreDecidedFromTheirReports()
    {
        using var shop = new Shop("gate: {metric: recall@5, tolerance: 0.3, tie_limit: 0.9, flips: 999}");
        string[] questions = [.. File.ReadAllLines(shop["gate.jsonl"])];
        File.WriteAllLines(shop["served.run"], questions.SelectMany(q =>
        {
            using var row = JsonDocument.Parse(q);
            string id = row.RootElement.GetProperty("id").GetString()!, positive = row.RootElement.GetProperty("positive_ids")[0].GetString()!;
            return new[] { $"{id} Q0 {positive} 1 2.0 served" };
        }));
        Assert.Equal(0, (await shop.RunAsync("eval", "--set", "gate", "--trec-run", shop["served.run"], "--out", shop["next.json"])).Exit);
        File.WriteAllText(shop["today.run"], File.ReadAllText(shop["served.run"]).Replace("2.0 served", "1.5 today", StringComparison.Ordinal));
        Assert.Equal(0, (await shop.RunAsync("eval", "--set", "gate", "--trec-run", shop["today.run"], "--out", shop["today.json"])).Exit);
        var (exit, output, error) = await shop.RunAsync("gate", shop["next.json"], "--reference", shop["today.json"], "--why");
        Assert.True(exit == 0, output + error);
        Assert.Contains("tested together at 0.0", output, StringComparison.Ordinal);
        Assert.Single(Directory.GetDirectories(shop["output/runs"], "served-*"));
        var alone = await shop.RunAsync("gate", shop["next.json"]);
        Assert.Equal(1, alone.Exit);
        Assert.Contains("--reference FILE", alone.Error, StringComparison.Ordinal);
        File.WriteAllText(shop["policy.yaml"], "metric: recall@5\ntolerance: 0.3\nreference: bm25\ntie_limit: 0.9\nflips: 999\n");
        Assert.Equal(0, (await shop.RunAsync("gate", shop["next.json"], "--policy", shop["policy.yaml"])).Exit);
        File.WriteAllText(shop["policy.yaml"], "metrik: recall@5\n");
        Assert.Equal(1, (await shop.RunAsync("gate", shop["next.json"], "--policy", shop["policy.yaml"])).Exit);
    }

    [Fact]
    public async Task History_TwoReleases_ShowsTheTrend()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("loop", "--seed", "1")).Exit);
        Assert.Contains("A trend needs two releases", (await shop.RunAsync("history")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await shop.RunAsync("loop", "--seed", "2")).Exit);
        var (exit, output, _) = await shop.RunAsync("history", "--json");
        Assert.Equal(0, exit);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(2, json.RootElement.GetProperty("versions").GetArrayLength());
        Assert.All(json.RootElement.GetProperty("versions").EnumerateArray(), v => Assert.True(v.GetProperty("released").GetBoolean()));
        Assert.Contains(json.RootElement.GetProperty("trends").EnumerateArray(), t => t.GetProperty("cohort").GetString() == "all" && t.GetProperty("n").GetInt32() == 40);
        int few = json.RootElement.GetProperty("trends").EnumerateArray().Count(t => t.GetProperty("few_changes").GetBoolean());
        output = (await shop.RunAsync("history")).Output;
        Assert.True(few > 0);       // two seeds of one small shop find nearly the same pages
        Assert.Equal(few, output.Split("(about ").Length - 1);
        Assert.Contains("about: few changes, not a 95% interval: under 20 documents", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HistoryAndCheck_ManyCohortsOfOneQuestion_AreCountedNotListed()
    {
        using var shop = new Shop("gate: {metric: recall@5, tolerance: 0.3}");
        string[] gate = [.. File.ReadAllLines(shop["gate.jsonl"]).Select((l, i) => l[..^1] + $",\"cohorts\":{{\"shop\":\"{(i < 20 ? "main" : "branch-" + i)}\"}}}}")];
        File.WriteAllLines(shop["gate.jsonl"], gate);
        File.WriteAllText(shop["nearfar.yaml"], File.ReadAllText(shop["nearfar.yaml"]).Replace("query_length: {from", "shop: {}\n  query_length: {from", StringComparison.Ordinal));
        Assert.Equal(0, (await shop.RunAsync("loop", "--seed", "1")).Exit);
        foreach (var (verb, folded) in new[] { ("history", "shop: … and 20 cohorts of fewer than 3 questions"), ("check", "gate, shop: … and 20 cohorts of fewer than 3 questions") })
        {
            string output = (await shop.RunAsync(verb)).Output;
            Assert.Contains(folded, output, StringComparison.Ordinal);
            Assert.Contains("shop=main", output, StringComparison.Ordinal);
            Assert.DoesNotContain("shop=branch-30", output, StringComparison.Ordinal);
            string all = (await shop.RunAsync(verb, "--all")).Output;
            Assert.Contains("shop=branch-30", all, StringComparison.Ordinal);
            Assert.DoesNotContain("fewer than 3", all, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Check_OneErrorOnEveryLine_IsSaidOnceWithACount()
    {
        using var shop = new Shop();
        File.WriteAllLines(shop["corpus.jsonl"], File.ReadAllLines(shop["corpus.jsonl"]).Select(l => l[..^1] + ",\"tags\":[\"a\"]}"));
        var check = await shop.RunAsync("check");
        Assert.Equal(1, check.Exit);
        Assert.Equal(2, check.Output.Split("\"tags\"").Length);
        Assert.Contains("the same on 19 more lines", check.Output, StringComparison.Ordinal);
        var train = await shop.RunAsync("train", "--name", "v1");
        Assert.Contains("(this line and 19 more)", train.Error, StringComparison.Ordinal);
        Assert.Equal(2, train.Error.Split("\"tags\"").Length);
    }

    [Fact]
    public async Task Train_Next_NamesTheRunAndTheWorkspaceThatWasNamed()
    {
        using var shop = new Shop();
        var train = await shop.RunAsync("train", "--name", "v1");
        string next = train.Output.Split('\n').Last(l => l.StartsWith("Next: ", StringComparison.Ordinal)).Trim();
        Assert.Equal($"Next: nearfar eval --model v1 --workspace {shop.Path}", next);
        Assert.Equal(0, (await Shop.RunBareAsync([.. next.Split(' ')[2..]])).Exit);
    }

    [Fact]
    public async Task Search_Bm25_ShowsRankScoreAndPage()
    {
        using var shop = new Shop();
        var (exit, output, _) = await shop.RunAsync("search", "warranty of the headset", "--bm25", "--top", "2");
        Assert.Equal(0, exit);
        Assert.Contains("warranty-headset", output, StringComparison.Ordinal);
        Assert.EndsWith($"Next: nearfar eval --workspace {shop.Path}", output.TrimEnd(), StringComparison.Ordinal);
        var json = await shop.RunAsync("search", "warranty headset", "--bm25", "--top", "2", "--json");
        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal("bm25", document.RootElement.GetProperty("ranker").GetString());
        Assert.Equal("warranty-headset", document.RootElement.GetProperty("hits")[0].GetProperty("id").GetString());
        Assert.Contains("Nothing found", (await shop.RunAsync("search", "xyzzy", "--bm25")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await shop.RunAsync("search", "q", "--bm25", "--top", "0")).Exit);
    }

    [Fact]
    public async Task Index_EveryKindAndType_IsSearchedAsTheCorpusIs()
    {
        using var shop = new Shop();
        await shop.RunAsync("train", "--name", "v1");
        string[] search = ["search", "refund for the planner", "--model", "v1", "--json"];
        string exact = (await shop.RunAsync(search)).Output;
        await shop.RunAsync("embed", "--model", "v1", "--out", shop["v.safetensors"]);
        foreach (string kind in new[] { "auto", "flat", "int8", "binary" })
        {
            var (exit, output, _) = await Shop.RunBareAsync("index", shop["v.safetensors"], "--kind", kind, "--out", shop[kind], "--json");
            Assert.Equal(0, exit);
            using var json = JsonDocument.Parse(output);
            Assert.Equal(kind == "auto" ? "flat" : kind, json.RootElement.GetProperty("kind").GetString());
            Assert.Equal(kind is "int8" or "binary", json.RootElement.TryGetProperty("recall_at_10", out _));
            Assert.Equal(exact, (await shop.RunAsync([.. search, "--index", shop[kind]])).Output);      // few enough pages that all are candidates
        }

        foreach (string type in new[] { "f16", "int8", "binary" })
        {
            var embed = await shop.RunAsync("embed", "--model", "v1", "--dtype", type, "--out", shop[type + ".safetensors"], "--json");
            using var json = JsonDocument.Parse(embed.Output);
            Assert.NotEqual(json.RootElement.GetProperty("parent_space").GetString(), json.RootElement.GetProperty("space").GetString());
            Assert.Equal(0, (await Shop.RunBareAsync("index", shop[type + ".safetensors"], "--out", shop["of-" + type])).Exit);
            var found = await shop.RunAsync([.. search, "--index", shop["of-" + type]]);
            Assert.Equal(0, found.Exit);      // a query of the parent's space may meet its quantisation
        }

        Assert.DoesNotContain(Directory.GetFiles(shop["."]), f => f.Contains("f32", StringComparison.Ordinal));
        var unknown = await Shop.RunBareAsync("index", shop["v.safetensors"], "--kind", "hnsw", "--out", shop["x"]);
        Assert.Equal(1, unknown.Exit);
    }

    [Fact]
    public async Task Hybrid_InSearchAndEval_RanksByBothAndChoosesItsWeightOnDev()
    {
        using var shop = new Shop();
        await shop.RunAsync("train", "--name", "v1");
        await shop.RunAsync("embed", "--model", "v1", "--out", shop["v.safetensors"]);
        await Shop.RunBareAsync("index", shop["v.safetensors"], "--out", shop["index"]);
        string[] search = ["search", "warranty of the headset", "--model", "v1", "--json", "--hybrid"];
        foreach (string how in new[] { "rrf", "weighted:0.25", "weighted" })
        {
            var found = await shop.RunAsync([.. search, how]);
            Assert.Equal(0, found.Exit);
            using var json = JsonDocument.Parse(found.Output);
            Assert.StartsWith("hybrid-" + how.Split(':')[0], json.RootElement.GetProperty("ranker").GetString(), StringComparison.Ordinal);
            Assert.Equal("warranty-headset", json.RootElement.GetProperty("hits")[0].GetProperty("id").GetString());
            Assert.Equal(found.Output, (await shop.RunAsync([.. search, how, "--index", shop["index"]])).Output);
            var report = await shop.RunAsync("eval", "--model", "v1", "--hybrid", how, "--json");
            Assert.Equal(0, report.Exit);
            using var scores = JsonDocument.Parse(report.Output);
            Assert.StartsWith("hybrid-", scores.RootElement.GetProperty("label").GetString(), StringComparison.Ordinal);
        }

        var read = await shop.RunAsync([.. search, "weighted:0.25", "--words", "stem,lead:24x8"]);
        Assert.EndsWith(" bm25-english-lead24x8", JsonDocument.Parse(read.Output).RootElement.GetProperty("ranker").GetString(), StringComparison.Ordinal);
        var evaluated = await shop.RunAsync("eval", "--model", "v1", "--hybrid", "weighted", "--words", "lead:9x2", "--json");
        Assert.EndsWith(" bm25-lead9x2", JsonDocument.Parse(evaluated.Output).RootElement.GetProperty("label").GetString(), StringComparison.Ordinal);
        var keywords = await shop.RunAsync("search", "warranties of headsets", "--bm25", "--words", "stem", "--json");
        Assert.Equal("bm25-english", JsonDocument.Parse(keywords.Output).RootElement.GetProperty("ranker").GetString());
        var titled = await shop.RunAsync([.. search, "weighted:0.25", "--words", "title:9x2,stem"]);
        Assert.EndsWith(" bm25-english-title9x2", JsonDocument.Parse(titled.Output).RootElement.GetProperty("ranker").GetString(), StringComparison.Ordinal);
        foreach (string wrong in new[] { "stems", "title", "title:9", "title:9x1", "lead:title:9x2", "lead:9x2,title:9x2", "lead", "lead:0x4", "lead:9x1", "lead:9", "lead:9x2x3", "lead:-9x2", "stem,", "" })
        {
            Assert.Contains("wanted stem, lead:NxW", (await shop.RunAsync([.. search, "rrf", "--words", wrong])).Error, StringComparison.Ordinal);
        }

        Assert.Contains("Add --bm25 or --hybrid", (await shop.RunAsync("search", "q", "--model", "v1", "--words", "stem")).Error, StringComparison.Ordinal);
        Assert.Contains("Add --hybrid", (await shop.RunAsync("eval", "--model", "v1", "--words", "stem")).Error, StringComparison.Ordinal);
        Assert.Contains("wanted rrf", (await shop.RunAsync([.. search, "weighted:-1"])).Error, StringComparison.Ordinal);
        Assert.Contains("Give one of them", (await shop.RunAsync("search", "q", "--bm25", "--hybrid", "rrf")).Error, StringComparison.Ordinal);
        Assert.Contains("Give one of them", (await shop.RunAsync("eval", "--trec-run", "x", "--hybrid", "rrf")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_Preset_TellsEveryRecipeAndLeavesModelAndPage()
    {
        using var shop = new Shop();
        string yaml = File.ReadAllText(shop["nearfar.yaml"]);
        File.WriteAllText(shop["nearfar.yaml"], yaml.Replace("train: {batch: 20, epochs: 6, rate: 0.1}", "train: {preset: balanced, epochs: 2}", StringComparison.Ordinal));
        var (exit, output, error) = await shop.RunAsync("train", "--name", "v1", "--json");
        Assert.True(exit == 0, error);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(["plain", "steep"], json.RootElement.GetProperty("candidates").EnumerateArray().Select(c => c.GetProperty("name").GetString()).Take(2));
        string run = Path.Combine(shop.Path, "output", "runs", "v1");
        Assert.True(File.Exists(Path.Combine(run, "run.html")));
        Assert.True(Directory.Exists(Path.Combine(run, "model")));
        Assert.Equal(1, (await shop.RunAsync("train", "--name", "v1")).Exit);
        File.WriteAllText(shop["nearfar.yaml"], yaml.Replace("{batch: 20", "{preset: bset, batch: 20", StringComparison.Ordinal));
        Assert.Contains("best", (await shop.RunAsync("train", "--name", "v2")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EmbedIndexSearch_Chain_FindsWhatTheCorpusSearchFinds()
    {
        using var shop = new Shop();
        await shop.RunAsync("train", "--name", "v1");
        await shop.RunAsync("train", "--name", "other", "--seed", "2");
        Assert.Equal(0, (await shop.RunAsync("embed", shop["corpus.jsonl"], "--model", "v1", "--out", shop["v.safetensors"])).Exit);
        Assert.Equal(0, (await Shop.RunBareAsync("index", shop["v.safetensors"], "--out", shop["index"])).Exit);
        string[] search = ["search", "refund for the planner", "--model", "v1", "--json"];
        Assert.Equal((await shop.RunAsync(search)).Output, (await shop.RunAsync([.. search, "--index", shop["index"]])).Output);
        var people = await shop.RunAsync("search", "refund for the planner", "--model", "v1", "--index", shop["index"]);
        Assert.Contains("What the shop does about refund thirty days when it is a planner", people.Output, StringComparison.Ordinal);       // the texts of the workspace
        var alone = await Shop.RunBareAsync("search", "refund for the planner", "--model", shop["output/runs/v1/model"], "--index", shop["index"]);
        Assert.Equal(0, alone.Exit);
        Assert.DoesNotContain("text", alone.Output, StringComparison.Ordinal);                                  // no workspace: no empty column
        Assert.Contains("refund-planner", alone.Output, StringComparison.Ordinal);
        var foreign = await shop.RunAsync("search", "refund", "--model", "other", "--index", shop["index"]);
        Assert.Equal(1, foreign.Exit);
        Assert.Contains("Rebuild it", foreign.Error, StringComparison.Ordinal);
        File.WriteAllText(shop["lines.txt"], "refund\n\nqqqq zzzz\n");
        var lines = await shop.RunAsync("embed", shop["lines.txt"], "--model", "v1", "--out", shop["l.safetensors"], "--json");
        using var document = JsonDocument.Parse(lines.Output);
        Assert.Equal((2, 256), (document.RootElement.GetProperty("count").GetInt32(), document.RootElement.GetProperty("dimensions").GetInt32()));
        Assert.Contains(".safetensors", (await shop.RunAsync("embed", "--model", "v1", "--out", "v.bin")).Error, StringComparison.Ordinal);
        Assert.Contains("no run of that name", (await shop.RunAsync("embed", "--model", "v9", "--out", shop["x.safetensors"])).Error, StringComparison.Ordinal);
        Assert.Contains("Nothing is released", (await shop.RunAsync("embed", "--out", shop["x.safetensors"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_BareThenCheck_WantsTheDataItNames()
    {
        using var shop = new Shop();
        var (exit, output, _) = await Shop.RunBareAsync("init", shop["new"], "--as-of", "2026-11-01");
        Assert.Equal(0, exit);
        Assert.Contains("nearfar check", output, StringComparison.Ordinal);
        Assert.Contains("as_of: 2026-11-01", File.ReadAllText(shop["new/nearfar.yaml"]), StringComparison.Ordinal);
        var check = await Shop.RunBareAsync("check", shop["new"]);
        Assert.Equal(1, check.Exit);
        Assert.Contains("corpus.jsonl", check.Output + check.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await Shop.RunBareAsync("init", shop["new"])).Exit);       // nothing is overwritten
    }

    [Fact]
    public async Task Init_FromAFaq_MakesAWorkspaceThatCheckAccepts()
    {
        using var shop = new Shop();
        string[] things = ["kettle", "planner", "headset", "storage", "lamp", "mixer"];
        string[] deeds = ["return", "repair", "exchange", "insure", "gift"];
        File.WriteAllLines(shop["faq.csv"], ["question,answer", .. from t in things from d in deeds select $"How do I {d} a {t}?,\"To {d} the {t} write to the {d} desk, name the number of the {t} and wait for the label.\""]);
        var (exit, output, error) = await Shop.RunBareAsync("init", shop["faq"], "--from", shop["faq.csv"], "--as-of", "2026-11-01");
        Assert.True(exit == 0, output + error);
        var check = await Shop.RunBareAsync("check", shop["faq"]);
        Assert.True(check.Exit == 0, check.Output + check.Error);
        Assert.Equal(1, (await Shop.RunBareAsync("init", shop["x"], "--from", shop["nowhere"])).Exit);
    }

    [Fact]
    public async Task Release_WithoutANameOrAModel_IsRefused()
    {
        using var shop = new Shop();
        await shop.RunAsync("train", "--name", "v1");
        Assert.Contains("--by NAME", (await shop.RunAsync("release", "promote", "v1")).Error, StringComparison.Ordinal);
        Assert.Contains("run name", (await shop.RunAsync("release", "promote", "--by", "dana")).Error, StringComparison.Ordinal);
        Assert.Contains("no such model folder", (await shop.RunAsync("release", "promote", "v9", "--by", "dana")).Error, StringComparison.Ordinal);
        Assert.Contains("No earlier release", (await shop.RunAsync("release", "rollback", "--by", "dana")).Error, StringComparison.Ordinal);
        Assert.Contains("Nothing is released", (await shop.RunAsync("release", "show")).Error, StringComparison.Ordinal);
        var promoted = await shop.RunAsync("release", "promote", "v1", "--by", "dana");
        Assert.Equal(0, promoted.Exit);
        Assert.Contains("never judged", promoted.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_NameTakenOrNoName_IsRefused()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        Assert.Contains("--resume", (await shop.RunAsync("train", "--name", "v1")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1", "--resume")).Exit);
        Assert.Contains("holds a finished run of other options", (await shop.RunAsync("train", "--name", "v1", "--resume", "--seed", "9")).Error, StringComparison.Ordinal);
        foreach (string name in new[] { "../v2", "", "..", "a/b" })
        {
            Assert.Contains("--name", (await shop.RunAsync("train", "--name", name)).Error, StringComparison.Ordinal);
        }
    }
}
