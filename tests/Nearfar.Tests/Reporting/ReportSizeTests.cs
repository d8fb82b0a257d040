using System.Text;
using System.Xml.Linq;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Nearfar.Gating;
using Nearfar.Reporting;
using Xunit;

namespace Nearfar.Tests.Reporting;

/// <summary>However many questions, cohorts and however long their texts: the page stays small enough to mail, the Markdown small enough to post, and what is cut is said.</summary>
public sealed class ReportSizeTests
{
    [Fact]
    public void Render_TenThousandQuestionsInAThousandCohorts_StaysUnderThreeMegabytes()
    {
        var input = new ReportInput { Candidate = Many(SampleReports.Good, 10_000, 1_000), References = [Many(SampleReports.Reference, 10_000, 1_000)], Corpus = SampleReports.Corpus };
        string html = HtmlReport.Render(input);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(html), 10_000, 3_000_000);
        Assert.Contains("and 788 more, in report.json", html, StringComparison.Ordinal);
        Assert.StartsWith("10000 questions: ", HtmlReportTests.Parse(html).Descendants("h1").Single().Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("日本語", 40_000)]
    [InlineData("<b>&", 40_000)]
    [InlineData("\u202E|", 40_000)]
    [InlineData("\u0301", 100_000)]
    public void Render_HugeTexts_AreCut(string text, int times)
    {
        var input = SampleReports.HostileInput(new StringBuilder().Insert(0, text, times).ToString());
        Assert.True(System.Text.Encoding.UTF8.GetByteCount(HtmlReport.Render(input)) < 1_500_000);
        string markdown = MarkdownReport.Render(input);
        Assert.True(System.Text.Encoding.UTF8.GetByteCount(markdown) <= MarkdownReport.MostBytes);
    }

    [Fact]
    public void Markdown_MoreThanFits_LeavesOutWholePartsAndSaysSo()
    {
        var reason = SampleReports.Decide(SampleReports.Equal).Unproven[0] with { Note = new string('n', 500) };
        var decision = SampleReports.Decide(SampleReports.Equal) with { Unproven = [.. Enumerable.Repeat(reason, 500)], Advice = [.. Enumerable.Repeat(reason, 500)] };
        string text = MarkdownReport.Render(SampleReports.Input(SampleReports.Equal) with { Decision = decision });
        Assert.True(System.Text.Encoding.UTF8.GetByteCount(text) <= MarkdownReport.MostBytes);
        Assert.Contains("and 440 more, in decision.json", text, StringComparison.Ordinal);
        Assert.Contains("Left out, because a comment has room for 64 kB: unproven cohorts.", text, StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false), InlineData(null)]
    public void JUnit_OpenTest_IsWhatIsAskedFor(bool? fails)
    {
        var decision = SampleReports.Decide(SampleReports.Equal);
        int open = decision.Reasons.Count(r => r.Outcome == TestOutcome.Open);
        var suite = HtmlReportTests.Parse(JUnitReport.Render(decision, fails)).Root!.Element("testsuite")!;
        Assert.Equal(fails == true ? open : 0, suite.Elements("testcase").Elements("failure").Count());
        Assert.Equal(fails == true ? 0 : open, suite.Elements("testcase").Elements("skipped").Count());
    }

    [Fact]
    public void Render_Slices_AreShownWithWhatWasSearchedAndTheirWorstQuestions()
    {
        var input = SampleReports.Input(SampleReports.Collapsed) with { Slices = Findings(SampleReports.Collapsed) };
        var page = HtmlReportTests.Parse(HtmlReport.Render(input));
        var section = page.Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == "slices");
        var row = Assert.Single(section.Descendants("tbody").Elements("tr"));
        Assert.Contains("intent = refund-policy and “money” in the question", row.Value, StringComparison.Ordinal);
        Assert.Contains("◆ advice", row.Value, StringComparison.Ordinal);
        Assert.Contains(SampleReports.Collapsed.Queries[1].Query, row.Value, StringComparison.Ordinal);
        Assert.Contains("1204 slices of 420 questions tested together", section.Value, StringComparison.Ordinal);
        Assert.Contains(page.Descendants("a"), a => (string?)a.Attribute("href") == "#slices");
        Assert.Contains("◆ advice: **intent=refund-policy and query.word=money**", MarkdownReport.Render(input), StringComparison.Ordinal);
    }

    [Fact]
    public void Render_SlicesOfAnotherSet_AreRefused()
    {
        var input = SampleReports.Input(SampleReports.Good) with { Slices = Findings(SampleReports.Good) with { SetHash = new string('9', 64) } };
        Assert.Contains("999999999999", Assert.Throws<NearfarException>(() => HtmlReport.Render(input)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Title_NamesWorkspaceModelsAndSet()
    {
        var page = HtmlReportTests.Parse(HtmlReport.Render(SampleReports.Input(SampleReports.Good)));
        Assert.Equal("PASSED: helpdesk: candidate helpdesk v8 against helpdesk v7, gate set", page.Descendants("title").Single().Value);
        var bare = SampleReports.Bm25 with { Label = "bm25", SetName = "dev", IsGateSet = false };
        Assert.Equal("Candidate BM25, dev set", HtmlReportTests.Parse(HtmlReport.Render(new ReportInput { Candidate = bare })).Descendants("title").Single().Value);
    }

    [Fact]
    public void Render_MainReferenceWithoutVectors_DrawsTheMarginsOfTheNext()
    {
        var page = HtmlReportTests.Parse(HtmlReport.Render(new ReportInput { Candidate = SampleReports.Good, References = [SampleReports.Bm25, SampleReports.Untrained] }));
        var section = page.Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == "margins");
        Assert.Contains("untrained encoder: mean ", section.Value, StringComparison.Ordinal);
        Assert.Contains(section.Descendants("path"), p => (string?)p.Attribute("class") == "then");
    }

    [Fact]
    public void Render_TestsAgainstTwoReferences_CountBeforeByTheirOwn()
    {
        var decision = new ReleaseGate(SampleReports.Policy).Decide(new GateInput
        {
            Candidate = SampleReports.Good,
            References = [new GateReference(ReferenceKind.Bm25, SampleReports.Bm25), new GateReference(ReferenceKind.Untrained, SampleReports.Untrained)],
            Attempt = 1,
        });
        var input = new ReportInput { Candidate = SampleReports.Good, References = [SampleReports.Bm25, SampleReports.Untrained], Decision = decision };
        string text = MarkdownReport.Render(input);
        int now = SampleReports.Good.Queries.Count(q => q.FirstRelevantRank <= 3);
        foreach (var report in input.References)
        {
            int before = report.Queries.Count(q => q.FirstRelevantRank <= 3);
            Assert.Contains($"**All questions**, right page in top 3 for {before}, now {now} of 420 questions.", text, StringComparison.Ordinal);
        }
    }

    private static SliceFindings Findings(EvalReport report) => new()
    {
        Label = report.Label,
        Before = "helpdesk v7",
        Metric = "recall@5",
        SetName = report.SetName,
        SetHash = report.SetHash,
        N = 420,
        Clusters = 200,
        Missing = 0,
        Mean = -.02,
        Tested = 1204,
        Permutations = 499,
        Seed = 1,
        Alpha = .05,
        Detectable = new Dictionary<int, double> { [20] = .31, [100] = .12 },
        Slices =
        [
            new Slice
            {
                Conditions = [new("intent", "refund-policy"), new(SliceCondition.WordAttribute, "money")],
                N = 90, Clusters = 30, Mean = -.3, Effect = -.28, ShrunkenMean = -.25, P = .002, AdjustedP = .004,
                Examples = [report.Queries[1].Id],
            },
        ],
        Questions = [.. report.Queries.Select(q => q.Id)],
    };

    private static EvalReport Many(EvalReport report, int questions, int cohorts)
    {
        QueryScore[] rows = [.. Enumerable.Range(0, questions).Select(i => report.Queries[i % report.Queries.Count] with
        {
            Id = $"q{i:00000}",
            Cohorts = new Dictionary<string, string>(StringComparer.Ordinal) { ["intent"] = $"intent-{i % cohorts:0000}" },
        })];
        return report with { Queries = rows, Metrics = Aggregation.Summarise(rows), Cohorts = Aggregation.ByCohort(rows) };
    }
}
