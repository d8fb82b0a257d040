using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Nearfar.Gating;
using Nearfar.Reporting;
using Xunit;

namespace Nearfar.Tests.Reporting;

public sealed partial class TextReportsTests
{
    private const string Hostile = "a | b\n# <img src=x onerror=y> [link](javascript:x) @everyone `code` \u001b[31m \u202E";

    [Fact]
    public void Markdown_FirstLine_IsCounts()
    {
        var input = SampleReports.Input(SampleReports.Collapsed);
        Assert.StartsWith($"**{input.Decision!.FirstLine}**\n", MarkdownReport.Render(input), StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_EveryReason_StandsOnceInWordsAndOnceInNumbers()
    {
        var input = SampleReports.Input(SampleReports.Collapsed);
        string text = MarkdownReport.Render(input);
        foreach (var reason in input.Decision!.Reasons)
        {
            Assert.Contains(MarkdownText.Escape(ReasonText.What(reason)), text, StringComparison.Ordinal);
            Assert.Contains(MarkdownText.Escape(reason.ToString()), text, StringComparison.Ordinal);
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Markdown_Tables_AreWellFormed(bool hostile)
    {
        string text = MarkdownReport.Render(hostile ? SampleReports.HostileInput(Hostile) : SampleReports.Input(SampleReports.Good));
        Assert.True(AssertTables(text) >= 1);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", text, StringComparison.Ordinal);
        Assert.DoesNotContain("@everyone", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202E", text, StringComparison.Ordinal);
        Assert.Equal(Regex.Count(text, "<details>"), Regex.Count(text, "</details>"));
    }

    [Theory]
    [InlineData("plain words, 12.5 %", "plain words, 12.5 %")]
    [InlineData("a|b", "a\\|b")]
    [InlineData("recall@5 of margin_mean: up (+1)", "recall@5 of margin_mean: up (+1)")]
    [InlineData("@all [x](https://y) www.z", "&#64;all \\[x\\](https&#58;//y) www&#46;z")]
    [InlineData("*x* _y_ `z`", "\\*x\\* \\_y\\_ \\`z\\`")]
    [InlineData("<b>&", "&lt;b&gt;&amp;")]
    [InlineData("two\nlines", "two lines")]
    [InlineData("日本語 שלום", "日本語 שלום")]
    public void MarkdownEscape_Text_IsReadAsText(string text, string expected) => Assert.Equal(expected, MarkdownText.Escape(text));

    [Fact]
    public void JUnit_Decision_HasOneCaseAReason()
    {
        var decision = SampleReports.Decide(SampleReports.Collapsed);
        var xml = HtmlReportTests.Parse(JUnitReport.Render(decision));
        var suite = xml.Root!.Element("testsuite")!;
        Assert.Equal(decision.Reasons.Count, suite.Elements("testcase").Count());
        Assert.Equal(decision.Reasons.Count(r => r.Outcome == TestOutcome.Bad), suite.Elements("testcase").Elements("failure").Count());
        Assert.Equal((int)suite.Attribute("failures")!, suite.Elements("testcase").Elements("failure").Count());
        Assert.Equal((int)suite.Attribute("skipped")!, suite.Elements("testcase").Elements("skipped").Count());
        Assert.Contains(suite.Elements("testcase"), c => c.Element("failure") is not null && c.Attribute("name")!.Value.Contains("refund-policy", StringComparison.Ordinal));
    }

    [Fact]
    public void JUnit_PolicyBlocksOnInconclusive_OpenFails()
    {
        var decision = SampleReports.Decide(SampleReports.Equal);
        Assert.Equal(Verdict.Inconclusive, decision.Verdict);
        Assert.Empty(HtmlReportTests.Parse(JUnitReport.Render(decision)).Descendants("failure"));
        Assert.NotEmpty(HtmlReportTests.Parse(JUnitReport.Render(decision with { OnInconclusive = InconclusiveAction.Block })).Descendants("failure"));
    }

    [Fact]
    public void Console_Blocked_SaysCountsVerdictAndWhatFell()
    {
        var input = SampleReports.Input(SampleReports.Collapsed);
        var lines = ConsoleSummary.Lines(input);
        Assert.Equal(input.Decision!.FirstLine, lines[0]);
        Assert.Contains("on known pages (trained on with other questions)", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("BLOCKED. ", lines[2], StringComparison.Ordinal);
        Assert.Contains(lines, l => l.StartsWith("  bad ", StringComparison.Ordinal) && l.Contains("refund-policy", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("  down  intent=refund-policy", StringComparison.Ordinal));
    }

    [Fact]
    public void Console_Inconclusive_SaysHowManyQuestionsWouldDecide()
    {
        var input = SampleReports.Input(SampleReports.Equal);
        var open = input.Decision!.Reasons.First(r => r.Outcome == TestOutcome.Open && r.QueriesNeeded is not null);
        Assert.Contains(ConsoleSummary.Lines(input), l => l.StartsWith("  open", StringComparison.Ordinal)
            && l.Contains(string.Create(CultureInfo.InvariantCulture, $"about {open.QueriesNeeded} would decide"), StringComparison.Ordinal));
    }

    [Fact]
    public void Console_Why_AddsTheStatisticsOfEveryTest()
    {
        var input = SampleReports.Input(SampleReports.Good);
        var plain = ConsoleSummary.Lines(input);
        var why = ConsoleSummary.Lines(input, why: true);
        Assert.Equal(plain, why.Take(plain.Count));
        Assert.All(input.Decision!.Reasons, r => Assert.Contains(why, l => l.Contains(r.ToString(), StringComparison.Ordinal)));
    }

    [Fact]
    public void Console_HostileCohort_SendsNoEscapeToTheTerminal() =>
        Assert.All(ConsoleSummary.Lines(SampleReports.HostileInput(Hostile)), l => Assert.DoesNotContain(l, char.IsControl));

    [Fact]
    public void ModelCard_Gated_TellsCountsCohortsAndHashes()
    {
        var input = Card() with { Report = SampleReports.Good, Decision = SampleReports.Decide(SampleReports.Good) };
        string card = ModelCard.Render(input);
        Assert.StartsWith("---\nlicense: \"mit\"\nlanguage:\n- \"de\"\n- \"en\"\nlibrary_name: sentence-transformers\n", card, StringComparison.Ordinal);
        Assert.Contains("SentenceTransformer(", card, StringComparison.Ordinal);
        Assert.Contains("Gate: passed", card, StringComparison.Ordinal);
        Assert.Contains(SampleReports.Good.ComputeHash(), card, StringComparison.Ordinal);
        Assert.Contains(SampleReports.Good.Space!.Id, card, StringComparison.Ordinal);
        AssertTables(card);
        int rows = card.Split('\n').Count(l => l.StartsWith("| ", StringComparison.Ordinal));
        Assert.Equal(2 + SampleReports.Good.Cohorts.Sum(c => c.Value.Count), rows);
        Assert.Equal(card, ModelCard.Render(input));
    }

    [Fact]
    public void ModelCard_WithoutReport_SaysSo() => Assert.Contains("Not evaluated.", ModelCard.Render(Card()), StringComparison.Ordinal);

    [Fact]
    public void ModelCard_HostileTexts_StayText()
    {
        string card = ModelCard.Render(Card() with { Name = Hostile, License = "x\"\n---\n", Limits = [Hostile], Report = SampleReports.Hostile(Hostile) });
        AssertTables(card);
        Assert.DoesNotContain("<img", card, StringComparison.Ordinal);
        Assert.Equal(2, card.Split('\n').Count(l => l == "---"));
    }

    [Fact]
    public void ModelCard_DecisionOfAnotherReport_IsRefused() =>
        Assert.Throws<NearfarException>(() => ModelCard.Render(Card() with { Report = SampleReports.Good, Decision = SampleReports.Decide(SampleReports.Equal) }));

    private static ModelCardInput Card() => new()
    {
        Name = "helpdesk-v8",
        Dimensions = 256,
        Kind = "static encoder (mean of token vectors)",
        License = "mit",
        Languages = ["en", "de"],
    };

    // Every table: a head, a rule and rows of equally many cells.
    private static int AssertTables(string markdown)
    {
        string[] lines = markdown.Split('\n');
        int tables = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith('|'))
            {
                continue;
            }

            int cells = Bars().Count(lines[i]);
            Assert.Matches("^(\\|-+:?)+\\|$", lines[i + 1]);
            for (; i < lines.Length && lines[i].StartsWith('|'); i++)
            {
                Assert.Equal(cells, Bars().Count(lines[i]));
                Assert.EndsWith("|", lines[i], StringComparison.Ordinal);
            }

            tables++;
        }

        return tables;
    }

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Bars();
}
