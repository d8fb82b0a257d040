using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Nearfar.Tests.Gating;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation.Slices;

public class SliceFinderTests
{
    private static readonly string[] s_subjects = ["refund", "invoice", "delivery", "warranty"];

    // Scores around .6; those that "bad" names are lower by the given amount.
    private static EvalReport Report(
        Func<Dictionary<string, string>, string, double> worse, int n = 600, int perCluster = 1, string label = "new", ulong seed = 1, double ofPage = 0, int from = 0, string hash = TestReports.Hash)
    {
        var random = new SeededRandom(seed);
        var rows = new List<QueryScore>();
        double page = 0;
        for (int i = from; i < from + n; i++)
        {
            Dictionary<string, string> cohorts = new() { ["language"] = i / perCluster % 3 == 0 ? "de" : "en", ["product"] = $"p{i / perCluster / 3 % 5}", ["length"] = i % 2 == 0 ? "short" : "long" };
            string query = $"about {s_subjects[i / perCluster / 2 % 4]} of it";
            page = i % perCluster == 0 ? random.Bell() : page;
            double value = 0.6 + (0.1 * ((Math.Sqrt(ofPage) * page) + (Math.Sqrt(1 - ofPage) * random.Bell()))) - worse(cohorts, query);
            rows.Add(new QueryScore
            {
                Id = $"q{i:00000}",
                Query = query,
                Cluster = $"d{i / perCluster:00000}",
                Cohorts = cohorts,
                Metrics = new Dictionary<string, double> { ["ndcg@5"] = value },
                Top = [],
            });
        }

        return TestReports.Of(label, rows, "space-" + label, hash: hash);
    }

    private static double Lamp(Dictionary<string, string> cohorts, string query) => cohorts["language"] == "de" && cohorts["product"] == "p2" ? 0.15 : 0;

    private static string[] Names(SliceFindings findings) => [.. findings.Slices.Select(s => s.Name)];

    [Fact]
    public void Find_PlantedPair_IsTheOnlySliceShown()
    {
        var findings = new SliceFinder().Find(new SliceInput { Report = Report(Lamp) });
        var slice = Assert.Single(findings.Slices);
        Assert.Equal("language=de and product=p2", slice.Name);
        Assert.Equal((40, 40, 5, false), (slice.N, slice.Clusters, slice.Examples.Count, slice.Confirmed));
        Assert.InRange(slice.Effect, -0.19, -0.1);
        Assert.InRange(slice.ShrunkenMean!.Value, slice.Mean, findings.Mean);
        Assert.Equal(0.001, slice.AdjustedP);
        Assert.Equal(("ndcg@5", 600, 600, 0), (findings.Metric, findings.N, findings.Clusters, findings.Missing));
        Assert.True(findings.Detectable[20] > findings.Detectable[50]);
    }

    [Fact]
    public void Find_WholeLanguageIsBad_PartsOfItAddNothing() =>
        Assert.Equal(["language=de"], Names(new SliceFinder(new SliceOptions { Depth = 3 }).Find(new SliceInput { Report = Report((c, _) => c["language"] == "de" ? 0.15 : 0) })));

    [Fact]
    public void Find_WithinTheLanguage_SetsItsKnownDifferenceAside()
    {
        var report = Report((c, q) => (c["language"] == "de" ? 0.3 : 0) + Lamp(c, q));
        Assert.Equal("language=de", Names(new SliceFinder().Find(new SliceInput { Report = report }))[0]);
        var within = new SliceFinder(new SliceOptions { Within = "language" }).Find(new SliceInput { Report = report });
        Assert.Contains("product=p2", Names(within));
        Assert.DoesNotContain(within.Slices, s => s.Name.Contains("language", StringComparison.Ordinal));
    }

    [Fact]
    public void Find_Word_IsASlice()
    {
        double Worse(Dictionary<string, string> c, string q) => q.Contains("invoice", StringComparison.Ordinal) ? 0.12 : 0;
        Assert.Equal(["query.word=invoice"], Names(new SliceFinder().Find(new SliceInput { Report = Report(Worse) })));
        Assert.Empty(new SliceFinder(new SliceOptions { Words = false }).Find(new SliceInput { Report = Report(Worse) }).Slices);
    }

    [Fact]
    public void Find_GroupsOfVectors_AreSlicesWithWordsThatSetThemApart()
    {
        var report = Report((_, q) => q.Contains("warranty", StringComparison.Ordinal) ? 0.12 : 0);
        var rows = Rows.Allocate<float>(600, 8);
        for (int i = 0; i < 600; i++)
        {
            rows[i][Array.FindIndex(s_subjects, s => report.Queries[i].Query.Contains(s, StringComparison.Ordinal))] = 1;
            rows[i][7] = 0.1f;
        }

        var vectors = new VectorSet(new EmbeddingSpace("any"), [.. report.Queries.Select(q => q.Id)], rows);
        var findings = new SliceFinder(new SliceOptions { Words = false, Groups = 4 }).Find(new SliceInput { Report = report, QueryVectors = vectors });
        var condition = Assert.Single(Assert.Single(findings.Slices).Conditions);
        Assert.Equal(SliceCondition.GroupAttribute, condition.Attribute);
        Assert.EndsWith(": warranty", condition.Value, StringComparison.Ordinal);
        var few = new VectorSet(new EmbeddingSpace("any"), [.. report.Queries.Take(9).Select(q => q.Id)], rows.Slice(0, 9));
        Assert.Contains("has no vector", Assert.Throws<NearfarException>(() => new SliceFinder().Find(new SliceInput { Report = report, QueryVectors = few })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_Fall_IsSeenBetweenReportsOnly()
    {
        var before = Report((_, _) => 0, label: "old");
        var after = before with { Label = "now", Queries = [.. before.Queries.Select(q => q with { Metrics = new Dictionary<string, double> { ["ndcg@5"] = q.Metrics["ndcg@5"] - (Lamp(new(q.Cohorts), "") / 3) } })] };
        Assert.Empty(new SliceFinder().Find(new SliceInput { Report = after }).Slices);
        var findings = new SliceFinder().Find(new SliceInput { Report = after, Before = before });
        Assert.Equal(["language=de and product=p2"], Names(findings));
        Assert.Equal("old", findings.Before);
        Assert.Equal(-0.05, findings.Slices[0].Mean, 1e-6);
    }

    [Fact]
    public void Find_FewBadPages_AreNoSliceHoweverManyQuestionsAskForThem()
    {
        // Two pages of 30 questions each are bad through and through: 60 bad questions, two witnesses.
        var report = Report((_, _) => 0, n: 1200, perCluster: 30);
        report = report with { Queries = [.. report.Queries.Select(q => q.Cluster is "d00000" or "d00004" ? q with { Metrics = new Dictionary<string, double> { ["ndcg@5"] = 0.1 } } : q)] };
        Assert.Empty(new SliceFinder().Find(new SliceInput { Report = report }).Slices);
        var single = report with { Queries = [.. report.Queries.Select(q => q with { Cluster = q.Id })] };
        Assert.NotEmpty(new SliceFinder().Find(new SliceInput { Report = single }).Slices);
    }

    [Fact]
    public void Find_OrderOfRowsAndThreads_MovesNoByte()
    {
        var report = Report(Lamp, n: 900, perCluster: 3, ofPage: 0.3);
        byte[] bytes = SliceFindingsJson.ToUtf8(new SliceFinder { Threads = 1 }.Find(new SliceInput { Report = report }));
        Assert.Equal(bytes, SliceFindingsJson.ToUtf8(new SliceFinder { Threads = 3 }.Find(new SliceInput { Report = report with { Queries = [.. report.Queries.Reverse()] } })));
    }

    [Fact]
    public void Find_EarlierFindings_AreConfirmedByNewQuestionsOnly()
    {
        var first = new SliceFinder().Find(new SliceInput { Report = Report(Lamp) });
        var still = Report(Lamp, n: 1200, seed: 4, hash: "v2");
        var second = new SliceFinder().Find(new SliceInput { Report = still, Earlier = first });
        var again = Assert.Single(second.Retested);
        Assert.Equal(("language=de and product=p2", 40, true), (again.Name, again.N, again.Confirmed));
        Assert.True(second.Slices.Single(s => s.Name == again.Name).Confirmed);

        // Mended since: the old questions still look bad, the new ones do not.
        var mended = still with { Queries = [.. still.Queries.Select((q, i) => i < 600 ? q : Report((_, _) => 0, n: 1200, seed: 4).Queries[i])] };
        var third = new SliceFinder().Find(new SliceInput { Report = mended, Earlier = first });
        Assert.False(Assert.Single(third.Retested).Confirmed);
        Assert.All(third.Slices, s => Assert.False(s.Confirmed));
    }

    [Fact]
    public void Find_EarlierOfAnotherKind_IsRefused()
    {
        var report = Report(Lamp);
        var earlier = new SliceFinder().Find(new SliceInput { Report = report });
        Assert.Contains("cannot confirm", Message(new(), new SliceInput { Report = report, Earlier = earlier }), StringComparison.Ordinal);
        Assert.Contains("within language", Message(new() { Within = "language" }, new SliceInput { Report = report, Earlier = earlier }), StringComparison.Ordinal);
    }

    [Fact]
    public void Find_WhatCannotBeSearched_IsRefusedWithTheReason()
    {
        var report = Report(Lamp);
        Assert.Contains("has recall@9", Message(new() { Metric = "recall@9" }, new SliceInput { Report = report }), StringComparison.Ordinal);
        Assert.Contains("no cohort attribute \"colour\"; it has language, length, product", Message(new() { Within = "colour" }, new SliceInput { Report = report }), StringComparison.Ordinal);
        Assert.Contains("different units", Message(new() { Metric = "margin_hard" }, new SliceInput { Report = report, Before = report with { Space = new EmbeddingSpace("x") } }), StringComparison.Ordinal);
        Assert.Contains("twice", Message(new(), new SliceInput { Report = report with { Queries = [.. report.Queries, report.Queries[0]] } }), StringComparison.Ordinal);
        var broken = report with { Queries = [.. report.Queries.Select(q => q with { Metrics = new Dictionary<string, double> { ["ndcg@5"] = double.NaN } })] };
        Assert.Contains("no number", Message(new(), new SliceInput { Report = broken }), StringComparison.Ordinal);
        Assert.Contains("Rename", Message(new(), new SliceInput { Report = report with { Queries = [.. report.Queries.Select(q => q with { Cohorts = new Dictionary<string, string> { ["query.word"] = "x" } })] } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_BadOptions_NamesAllProblems()
    {
        string message = Assert.Throws<ArgumentException>(() => new SliceFinder(new SliceOptions
        {
            Metric = "margin_below_zero",
            Depth = 4,
            LeastQuestions = 2,
            LeastClusters = 0,
            LeastWordQuestions = 0,
            Groups = 1,
            Permutations = 98,
            Alpha = 0,
            MostSlices = 0,
            Examples = -1,
        })).Message;
        Assert.All(["margin_below_zero", "Depth is 4, wanted 1 to 3", "LeastQuestions is 2, wanted at least 3", "LeastClusters", "LeastWordQuestions", "Groups", "Permutations", "Alpha", "MostSlices", "Examples"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.Contains("wanted at least 999", Assert.Throws<ArgumentException>(() => new SliceFinder(new SliceOptions { Alpha = 0.001, Permutations = 499 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_FewerQuestionsThanASliceNeeds_FindsNothing()
    {
        var findings = new SliceFinder().Find(new SliceInput { Report = Report(Lamp, n: 12) });
        Assert.Equal((0, 0, 0), (findings.Tested, findings.Slices.Count, findings.Detectable.Count));
    }

    [Fact]
    public void Json_ThereAndBack_KeepsEveryByteAndRefusesOthers()
    {
        var first = new SliceFinder().Find(new SliceInput { Report = Report(Lamp) });
        var findings = new SliceFinder().Find(new SliceInput { Report = Report(Lamp, n: 1200, hash: "v2"), Earlier = first });
        byte[] bytes = SliceFindingsJson.ToUtf8(findings);
        Assert.Equal(bytes, SliceFindingsJson.ToUtf8(SliceFindingsJson.Parse(bytes, "slices.json")));
        string text = System.Text.Encoding.UTF8.GetString(bytes);
        foreach (var (from, to, part) in new[]
        {
            ("\"schema\": 1", "\"schema\": 2", "schema version 2"), ("\"kind\": \"slices\"", "\"kind\": \"report\"", "a report file"), ("\"alpha\": 0.05", "\"alpha\": \"NaN\"", "$.alpha"),
            ("\"missing\": 0,", "", "missing"), ("\"missing\": 0,", "\"missing\": 0, \"colour\": 1,", "colour"), ("\"20\":", "\"twenty\":", "twenty"),
            ("\"product\": \"p2\"", "\"product\": \"p2\", \"x\": \"1\", \"y\": \"2\"", "1 to 3"),
        })
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            var error = Assert.Throws<NearfarException>(() => SliceFindingsJson.Parse(System.Text.Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal)), "slices.json"));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static string Message(SliceOptions options, SliceInput input) => Assert.Throws<NearfarException>(() => new SliceFinder(options).Find(input)).Message;

    /// <summary>A short form of the simulation in the benchmarks: several thousand null sets there.</summary>
    [Theory, InlineData(1, 0.0), InlineData(5, 0.3)]
    public void Search_NothingIsWrong_FindsSomethingInOneOfTwenty(int perCluster, double ofPage)
    {
        const int Runs = 400;
        var report = Report((_, _) => 0, n: 400 * perCluster / 2, perCluster: perCluster);
        var attributes = new[] { "language", "product", "length" }.Select(a => SliceAttribute.Of(a, [.. report.Queries.Select(q => q.Cohorts[a])])).ToArray();
        var lattice = new SliceLattice(attributes, report.Queries.Count, 10, 2);
        int found = 0;
        for (int run = 0; run < Runs; run++)
        {
            var values = Report((_, _) => 0, report.Queries.Count, perCluster, seed: (ulong)run + 100, ofPage: ofPage).Queries.Select(q => (q, q.Metrics["ndcg@5"]));
            var search = SliceSearch.Run(lattice, SliceRows.Of(values, null).Permutation(), new SliceOptions { Permutations = 199, Seed = (ulong)run }, 1);
            found += search.Result.Adjusted.Any(p => p <= 0.05) ? 1 : 0;
        }

        Assert.InRange(found / (double)Runs, 0.02, 0.085);      // .05 and three standard errors
    }
}
