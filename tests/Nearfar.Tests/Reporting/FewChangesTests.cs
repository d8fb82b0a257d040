using System.Xml.Linq;
using Nearfar.Evaluation;
using Nearfar.Reporting;
using Nearfar.Tests.Gating;
using Xunit;

namespace Nearfar.Tests.Reporting;

/// <summary>An interval that rests on few changes is printed, but not as one of 95 %.</summary>
public sealed class FewChangesTests
{
    // Both cohorts fall far enough to be listed as moved; of 80 questions the one loses 4, the other `many`.
    private static ReportInput Falls(int few = 4, int many = 20)
    {
        static Dictionary<string, string> Cohort(int i) => new(StringComparer.Ordinal) { ["product"] = i < 80 ? "scarce" : "plenty" };
        return new ReportInput
        {
            Candidate = TestReports.Hits("new", 160, i => i < few || (i >= 80 && i < 80 + many), Cohort),
            References = [TestReports.Hits("old", 160, _ => false, Cohort)],
        };
    }

    [Fact]
    public void Html_CellWithFewChanges_IsMarkedForEyesAndEars()
    {
        var section = Section(Falls(), "cohorts");
        var (scarce, plenty) = (Row(section, "scarce"), Row(section, "plenty"));
        Assert.Contains("-0.050 ≈ [-0.132, -0.0", scarce.Value, StringComparison.Ordinal);
        Assert.Equal(IntervalText.Meaning, (string?)Assert.Single(Marks(scarce)).Attribute("aria-label"));
        Assert.Contains(IntervalText.Meaning, (string?)scarce.Descendants("svg").Single().Attribute("aria-label"), StringComparison.Ordinal);
        Assert.Contains(scarce.Descendants("line"), l => (string?)l.Attribute("class") == "range few");

        Assert.Contains("▼ down", plenty.Value, StringComparison.Ordinal);
        Assert.Empty(Marks(plenty));
        Assert.DoesNotContain(IntervalText.Meaning, plenty.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(plenty.Descendants("line"), l => (string?)l.Attribute("class") == "range few");
    }

    [Fact]
    public void Html_LegendAndNote_StandOnlyWhereThereAreMarks()
    {
        Assert.Contains(Section(Falls(), "cohorts").Descendants("li"), l => l.Value == $"{IntervalText.Mark} {IntervalText.LongMeaning}");
        Assert.Contains("1 of 2 differences by cohort rests on few changes, marked ≈.", Section(Falls(), "limits").Value, StringComparison.Ordinal);

        var clear = Falls(few: 13);
        Assert.DoesNotContain(Section(clear, "cohorts").Descendants("li"), l => l.Value.Contains(IntervalText.Mark, StringComparison.Ordinal));
        Assert.DoesNotContain("few changes", Section(clear, "limits").Value, StringComparison.Ordinal);
        Assert.DoesNotContain("few changes", Section(clear with { References = [] }, "limits").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_AllQuestions_AreMarkedToo()
    {
        Assert.Empty(Marks(Section(Falls(), "models")));
        var section = Section(Falls(few: 3, many: 1), "models");
        Assert.Equal([IntervalText.EventMeaning, IntervalText.Meaning], Marks(section).Select(m => (string?)m.Attribute("aria-label")));      // four misses, and four changes
        Assert.Contains($"{IntervalText.Mark} {IntervalText.LongEventMeaning}.", section.Element("p")!.Value, StringComparison.Ordinal);
        Assert.Contains($"{IntervalText.Mark} {IntervalText.Meaning}.", section.Element("p")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_Samples_NoteCountsTheMarks()
    {
        var input = SampleReports.Input(SampleReports.Equal);
        int marks = Marks(Section(input, "cohorts")).Count();
        var changes = new ReportView(input).Matrix.Changes.ToArray();
        Assert.Equal(changes.Count(c => c.FewChanges), marks);
        Assert.InRange(marks, 2, changes.Length - 1);
        Assert.Contains($"{marks} of {changes.Length} differences by cohort rest on few changes", Section(input, "limits").Value, StringComparison.Ordinal);
        Assert.Contains($"{marks} of {changes.Length} differences by cohort rest on few changes", MarkdownReport.Render(input), StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_CellWithFewChanges_IsMarkedAndExplained()
    {
        string[] lines = MarkdownReport.Render(Falls()).Split('\n');
        Assert.Contains(" | -0.050 ≈ [-0.132, -0.0", Assert.Single(lines, l => l.StartsWith("| product = scarce", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(" | -0.250 [-0.", Assert.Single(lines, l => l.StartsWith("| product = plenty", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Single(lines, $"{IntervalText.Mark} {IntervalText.LongMeaning}.");
        Assert.DoesNotContain(IntervalText.Mark, MarkdownReport.Render(Falls(few: 13)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(10, false)]
    [InlineData(70, false)]
    [InlineData(71, true)]
    public void Share_WithFewEvents_IsMarkedInReportAndJson(int misses, bool marked)
    {
        var report = TestReports.Hits("new", 80, i => i < misses, _ => new Dictionary<string, string>(StringComparer.Ordinal) { ["product"] = "one" });
        byte[] json = EvalReportJson.ToUtf8(report);
        Assert.Equal(marked, System.Text.Encoding.UTF8.GetString(json).Contains("few_events", StringComparison.Ordinal));
        var again = EvalReportJson.Parse(json, "report.json");
        Assert.Equal(marked, again.Metrics["recall@5"].FewEvents);
        Assert.Equal(marked, again.Cohorts["product"]["one"].Metrics["recall@5"].FewEvents);
        var section = Section(new ReportInput { Candidate = again }, "cohorts");
        Assert.Equal(marked, Marks(section).Any(m => (string?)m.Attribute("aria-label") == IntervalText.EventMeaning));
        Assert.Equal(marked, section.Descendants("li").Any(l => l.Value == $"{IntervalText.Mark} {IntervalText.LongEventMeaning}"));
    }

    private static XElement Section(ReportInput input, string id) =>
        HtmlReportTests.Parse(HtmlReport.Render(input)).Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == id);

    private static XElement Row(XElement section, string cohort) => section.Descendants("tr").Single(r => r.Element("th")?.Element("bdi")?.Value == cohort);

    private static IEnumerable<XElement> Marks(XElement part) => part.Descendants("span").Where(s => (string?)s.Attribute("role") == "img" && s.Value == IntervalText.Mark);
}
