using System.Text;
using System.Text.Json;
using Nearfar.Data.Checking;
using Nearfar.Data.Init;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Data.Tests.Init;

public sealed class WorkspaceBuilderTests
{
    private static readonly InitOptions s_options = new() { AsOf = new DateOnly(2026, 11, 1) };

    [Fact]
    public async Task FromFaqCsv_SmallTable_IsAWorkspaceTheCheckAccepts()
    {
        using var folder = new Folder();
        var summary = WorkspaceBuilder.FromFaqCsv(folder.Write("faq.csv", Faq(60)), folder["ws"], s_options);
        var report = await Check(summary);
        Assert.Equal(0, report.Errors);
        Assert.Equal(60, summary.Documents);
        Assert.True(summary is { GateKnown: > 0, GateNew: > 0, Dev: > 0, Train: > 30 }, summary.ToString());
    }

    [Fact]
    public async Task FromFaqCsv_ColumnsAndBlankRows_AreKeptAndCounted()
    {
        using var folder = new Folder();
        string csv = "\uFEFFFrage;Antwort;lang;last_update\r\n" + string.Concat(Enumerable.Range(0, 40).Select(i =>
            $"\"Wie lange dauert Fall {i}; ungefähr?\";\"Fall {i} dauert {i} Tage.\nDanach schreiben wir Ihnen {i} Briefe über Sache {i * 7}.\";{(i % 2 == 0 ? "de" : "en")};202{5 + (i % 2)}/03/{1 + (i % 28):00}\r\n")) + ";leer;de;2026/01/01\r\n";
        var summary = WorkspaceBuilder.FromFaqCsv(folder.Write("faq.csv", csv), folder["ws"],
            s_options with { Columns = new Dictionary<string, string> { ["question"] = "Frage", ["answer"] = "Antwort" } });
        Assert.Equal(1, summary.Skipped);
        Assert.Equal(82, summary.Problems[0].Line); // each row spans two lines
        var workspace = await Workspace.OpenAsync(folder["ws"], TestContext.Current.CancellationToken);
        Assert.Equal("2025-03-01", workspace.Corpus.Documents[0].Attributes["updated"]);
        Assert.Equal(["lang", "doc_age", "query_length"], workspace.Options.Cohorts.Select(c => c.Attribute));
        Assert.Contains("90d-365d", workspace.Gate.Queries.Select(q => q.Cohorts["doc_age"]));
    }

    [Fact]
    public async Task FromFaqCsv_ColumnsOfTakenNames_AreNamedAndNoCohorts()
    {
        using var folder = new Folder();
        string csv = "question,answer,page,shop\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"How long does case {i} take?,Case {i} takes {i} days and {i * 7} letters.,{(i % 2 == 0 ? "home" : "help")},{(i % 3 == 0 ? "east" : "west")}\n"));
        WorkspaceBuilder.FromFaqCsv(folder.Write("faq.csv", csv), folder["ws"], s_options);
        Assert.Contains("  # page: not your rows' own page, whose name is taken here; rename it", await File.ReadAllTextAsync(folder["ws/nearfar.yaml"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var workspace = await Workspace.OpenAsync(folder["ws"], TestContext.Current.CancellationToken);
        Assert.Equal(["shop", "query_length"], workspace.Options.Cohorts.Select(c => c.Attribute));
    }

    [Fact]
    public void FromFaqCsv_Twice_IsTheSameBytesAndDataThatGrowMoveNothing()
    {
        using var folder = new Folder();
        folder.Write("a.csv", Faq(80));
        folder.Write("b.csv", Faq(120));
        foreach (var (csv, to) in new[] { ("a.csv", "one"), ("a.csv", "two"), ("b.csv", "three") })
        {
            File.Move(folder[csv], folder["faq.csv"]);
            WorkspaceBuilder.FromFaqCsv(folder["faq.csv"], folder[to], s_options with { Name = "x" });
            File.Move(folder["faq.csv"], folder[csv]);
        }

        Assert.All(Directory.EnumerateFiles(folder["one"]), f => Assert.Equal(File.ReadAllBytes(f), File.ReadAllBytes(f.Replace("one", "two", StringComparison.Ordinal))));
        var before = PairFile.Read(folder["one/gate.jsonl"]).Rows.Select(r => r.Query).ToHashSet();
        var after = PairFile.Read(folder["three/gate.jsonl"]).Rows.Select(r => r.Query).ToHashSet();
        Assert.Subset(after, before);
        Assert.True(after.Count > before.Count);
    }

    [Fact]
    public void FromFaqCsv_WorkspaceThere_IsRefusedAndUntouched()
    {
        using var folder = new Folder();
        folder.Write("ws/gate.jsonl", "mine");
        var error = Assert.Throws<NearfarException>(() => WorkspaceBuilder.FromFaqCsv(folder.Write("faq.csv", Faq(60)), folder["ws"], s_options));
        Assert.Contains("exists; a workspace is not written over another", error.Message, StringComparison.Ordinal);
        Assert.Equal(["gate.jsonl"], Directory.EnumerateFiles(folder["ws"]).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("question,answer\n", "is empty")]
    [InlineData("question,answer\na,b\n", "too few")]
    [InlineData("thema,antwort\na,b\n", "no column for the question among thema, antwort")]
    public void FromFaqCsv_UnusableTable_SaysWhatIsMissing(string csv, string message)
    {
        using var folder = new Folder();
        var error = Assert.Throws<NearfarException>(() => WorkspaceBuilder.FromFaqCsv(folder.Write("faq.csv", csv), folder["ws"], s_options));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["ws"]));
    }

    [Fact]
    public async Task FromFolder_PagesOfThreeKinds_BecomeSectionsAndSyntheticQuestions()
    {
        using var folder = new Folder();
        for (int i = 0; i < 25; i++)
        {
            folder.Write($"docs/area{i % 3}/page{i}.md", $"""
                ---
                title: Product {i}
                updated: 2026-0{1 + (i % 9)}-11
                ---
                # Product {i}

                Product {i} weighs {i} kilos and is **made** of [matter {i}](http://x/y). It stands {i} feet tall in room {i * 3}.

                ## Options

                - Colour number {i} comes in {i * 5} tones.
                - Size {i} fits box {i * 2}.

                ## Repairing part {i}

                Open flap {i} with tool {i * 11}. Turn screw {i} by {i * 7} degrees. Close flap {i} again.
                """);
        }

        folder.Write("docs/index.html", "<html lang=en><head><title>Start &amp; more</title><script>var x = '<h1>no</h1>';</script></head><body><nav><a>menu</a></nav><p>Welcome to everything we sell.<h2>Where we are</h2><p>Our shop stands at the harbour.</body>");
        folder.Write("docs/.hidden/secret.md", "# No\n\nThis must not be read at all.");
        folder.Write("docs/notes.txt", "A plain note about opening hours on holidays.");
        var summary = WorkspaceBuilder.FromFolder(folder["docs"], folder["ws"], s_options);
        Assert.Equal(0, (await Check(summary)).Errors);
        Assert.True(summary is { GateKnown: > 0, GateNew: > 0, Dev: > 0 }, summary.ToString());
        var corpus = DocumentFile.Read(folder["ws/corpus.jsonl"]).Rows.ToDictionary(d => d.Id);
        Assert.Equal(25 * 3 + 3, corpus.Count);
        Assert.Equal("Product 7 > Options", corpus["area1/page7.md#options"].Title);
        Assert.StartsWith("Product 7 weighs 7 kilos and is made of matter 7.", corpus["area1/page7.md#product-7"].Text, StringComparison.Ordinal);
        Assert.Equal(("area1", "2026-08-11"), (corpus["area1/page7.md#options"].Attributes["area"], corpus["area1/page7.md#options"].Attributes["updated"]));
        Assert.Equal("Welcome to everything we sell.", corpus["index.html#start-more"].Text);
        Assert.Equal("Start & more > Where we are", corpus["index.html#where-we-are"].Title);
        Assert.DoesNotContain(corpus.Keys, id => id.Contains("hidden", StringComparison.Ordinal));
        Assert.All(PairFile.Read(folder["ws/train.jsonl"]).Rows, p => Assert.Equal("synthetic", p.Provenance?.Source));
        string yaml = await File.ReadAllTextAsync(folder["ws/nearfar.yaml"], TestContext.Current.CancellationToken);
        Assert.Contains("SYNTHETIC", yaml, StringComparison.Ordinal);
        Assert.DoesNotContain("of: title", yaml, StringComparison.Ordinal);      // the questions are titles
    }

    [Fact]
    public async Task FromBeir_TestSplit_IsTheGateAndTrainingLosesWhatItShares()
    {
        using var folder = new Folder();
        folder.Write("beir/corpus.jsonl", string.Concat(Enumerable.Range(0, 60).Select(i => $$$"""{"_id":"d{{{i}}}","title":"T{{{i}}}","text":"Text {{{i}}} tells of thing {{{i * 3}}} and place {{{i * 5}}}.","metadata":{"kind":"k{{{i % 2}}}","list":[]}}""" + "\n")));
        folder.Write("beir/queries.jsonl.gz", Folder.Gzip(System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 60).Select(i => $$"""{"_id":{{i}},"text":"{{(i is 50 ? "what does text 3 tell" : $"what does text {i} tell")}}"}""" + "\n")))));
        folder.Write("beir/qrels/train.tsv", "query-id\tcorpus-id\tscore\n" + string.Concat(Enumerable.Range(0, 45).Select(i => $"{i}\td{i}\t1\n")));
        folder.Write("beir/qrels/test.tsv", "query-id\tcorpus-id\tscore\n" + string.Concat(Enumerable.Range(45, 15).Select(i => $"{i}\td{i}\t2\n{i}\td0\t0\n")));
        var summary = WorkspaceBuilder.FromBeir(folder["beir"], folder["ws"], s_options);
        Assert.Equal(0, (await Check(summary)).Errors);
        Assert.Contains("lead: {of: title, tokens: 64, weight: 2}", await File.ReadAllTextAsync(folder["ws/nearfar.yaml"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(15, summary.GateKnown + summary.GateNew);
        var train = PairFile.Read(folder["ws/train.jsonl"]).Rows;
        Assert.DoesNotContain(train, p => p.Query == "what does text 3 tell"); // query 50 of the gate
        var gate = PairFile.Read(folder["ws/gate.jsonl"]).Rows[0];
        Assert.Equal((2, 0), (gate.Relevance!["d45"], gate.Relevance["d0"]));
        Assert.DoesNotContain(gate.HardNegatives, n => n.DocumentId == "d0"); // judged already
    }

    [Fact]
    public void HeldOutRows_PoolGiven_DrawFromItAndFromTheCorpusButNeverARightDocument()
    {
        using var folder = new Folder();
        var options = s_options with
        {
            Pool = corpus => query => [.. corpus.Documents.Take(30).Select(d => d.Id)],
            PooledNegatives = 3,
            RandomNegatives = 2,
        };
        WorkspaceBuilder.FromFaqCsv(folder.Write("faq.csv", Faq(80)), folder["ws"], options);
        var pool = DocumentFile.Read(folder["ws/corpus.jsonl"]).Rows.Take(30).Select(d => d.Id).ToHashSet();
        Assert.All(PairFile.Read(folder["ws/gate.jsonl"]).Rows, row =>
        {
            Assert.Equal(5, row.HardNegatives.Count);
            Assert.Equal(3, row.HardNegatives.Count(n => n.Provenance!.Rule == "pool, seed 1" && pool.Contains(n.DocumentId)));
            Assert.Empty(row.HardNegatives.Select(n => n.DocumentId).Intersect(row.PositiveIds));
        });
    }

    [Fact]
    public async Task FromFaqCsv_PublicCovidQuestions_IsAWorkspaceTheCheckAccepts()
    {
        string? data = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        Assert.SkipWhen(data is null, "NEARFAR_DATA is not set");
        using var folder = new Folder();
        var csv = new StringBuilder("question,answer,source,country,lang,last_update,category\n");
        foreach (string line in File.ReadLines(Path.Combine(data, "retrieval", "covid_faq", "faq.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            csv.AppendJoin(',', new[] { "question", "answer", "source", "country", "lang", "last_update", "category" }
                .Select(f => "\"" + row.RootElement.GetProperty(f).GetString()!.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"")).Append('\n');
        }

        var summary = WorkspaceBuilder.FromFaqCsv(folder.Write("faq.csv", csv.ToString()), folder["ws"], s_options);
        var report = await Check(summary);
        Assert.Equal((summary.GateKnown, summary.GateNew), (Questions(report, "known"), Questions(report, "new")));
        Assert.True(summary is { GateKnown: > 20, GateNew: > 20, Dev: > 20 }, summary.ToString());
    }

    private static int Questions(CheckReport report, string page) => report.Cohorts.Single(c => c is { Set: "gate", Attribute: "page" } && c.Value == page).Questions;

    private static string Faq(int rows) => "question,answer,topic\n" + string.Concat(Enumerable.Range(0, rows).Select(i =>
        $"\"How do I handle case {i}, please?\",\"Case {i} goes to office {i * 3}. Bring form {i * 7} and wait for number {i * 11}. Leave by door {i}.\",topic{i % 4}\n"));

    private static async Task<CheckReport> Check(InitSummary summary)
    {
        var report = await WorkspaceCheck.RunAsync(await Workspace.OpenAsync(summary.WorkspacePath, TestContext.Current.CancellationToken), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(report.Errors == 0, string.Join('\n', report.Findings.Take(10)));
        return report;
    }
}
