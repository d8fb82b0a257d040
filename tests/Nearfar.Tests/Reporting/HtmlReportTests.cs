using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;
using Nearfar.Gating;
using Nearfar.Pairs;
using Nearfar.Reporting;
using Xunit;

namespace Nearfar.Tests.Reporting;

public sealed class HtmlReportTests
{
    private const string Hostile = "<script>alert('x')</script> \"quoted\" & \u0007 \u202E right \u05E9\u05DC\u05D5\u05DD \uD800 end";

    public static TheoryData<string> Candidates => ["good", "collapsed", "equal"];

    [Theory, MemberData(nameof(Candidates))]
    public void Render_FirstHeading_IsCountsOfQuestionsAsTheGateWritesThem(string name)
    {
        var input = SampleReports.Input(SampleReports.Named(name));
        var page = Parse(HtmlReport.Render(input));
        Assert.Equal(input.Decision!.FirstLine, page.Descendants("h1").Single().Value);
        int[] counts = [.. page.Descendants("ul").First(u => (string?)u.Attribute("class") == "counts").Descendants("b").Select(b => int.Parse(b.Value, CultureInfo.InvariantCulture))];
        Assert.Equal(420, counts.Sum());
        Assert.Equal(new ReportComparison(input.References[0], input.Candidate).Broken.Count(), counts[2]);
    }

    [Fact]
    public void Samples_HoldAllThreeVerdicts() => Assert.Equal(
        [Verdict.Passed, Verdict.Blocked, Verdict.Inconclusive],
        new[] { SampleReports.Good, SampleReports.Collapsed, SampleReports.Equal }.Select(r => SampleReports.Decide(r).Verdict));

    [Theory, MemberData(nameof(Candidates))]
    public void Render_EveryReason_IsOnThePageWithItsNumbers(string name)
    {
        var input = SampleReports.Input(SampleReports.Named(name));
        var page = Parse(HtmlReport.Render(input));
        string[] items = [.. page.Descendants("ul").Where(u => (string?)u.Attribute("class") == "reasons").Elements("li").Select(l => l.Value)];
        var reasons = input.Decision!.Reasons.Concat(input.Decision.Advice).ToArray();
        Assert.Equal(reasons.Length, items.Length);
        foreach (var reason in reasons)
        {
            Assert.Contains(items, i => i.Contains(ReasonText.Who(reason), StringComparison.Ordinal) && i.Contains(ReasonText.What(reason), StringComparison.Ordinal)
                && i.Contains(ReasonText.Finding(reason), StringComparison.Ordinal));
        }

        Assert.Contains(ReasonText.Word(input.Decision.Verdict), page.Descendants("strong").First().Value, StringComparison.Ordinal);
        Assert.Equal(Math.Min(8, new ReportView(input).Watch.Count), page.Descendants("li").Count(l => (string?)l.Attribute("class") == "watch"));
        foreach (var unproven in input.Decision.Unproven)
        {
            Assert.Contains(page.Descendants("th"), t => t.Value == ReasonText.NameOf(unproven.Cohort));
        }
    }

    [Fact]
    public void Render_Matrix_HoldsTheNumbersOfTheComparison()
    {
        var input = SampleReports.Input(SampleReports.Collapsed);
        var page = Parse(HtmlReport.Render(input));
        var comparison = new ReportComparison(SampleReports.Reference, SampleReports.Collapsed);
        var section = page.Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == "cohorts");
        var rows = section.Descendants("tbody").Elements("tr").ToArray();
        Assert.Equal(input.Candidate.Cohorts.Sum(c => c.Value.Count), rows.Length);
        foreach (var (attribute, values) in comparison.Cohorts)
        {
            foreach (var (value, changes) in values)
            {
                var row = Assert.Single(rows, r => r.Element("th")!.Element("bdi")!.Value == value && HeadingOf(section, r) == attribute);
                var change = changes["recall@5"];
                Assert.Equal(Count(change.N), row.Element("th")!.Element("small")!.Value);
                Assert.StartsWith($"{Three(change.Before)} → {Three(change.After)}", row.Elements("td").ElementAt(1).Value, StringComparison.Ordinal);
                if (change.Low is { } low)
                {
                    Assert.Contains($"[{Figures.Difference("recall@5", low)}, ", row.Elements("td").ElementAt(1).Value, StringComparison.Ordinal);
                }
                else
                {
                    Assert.Contains("too few", row.Elements("td").ElementAt(1).Value, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Render_ProtectedCohortThatIsBad_HasWordAndColour()
    {
        var page = Parse(HtmlReport.Render(SampleReports.Input(SampleReports.Collapsed)));
        var row = Assert.Single(page.Descendants("tr"), r => r.Element("th")?.Element("bdi")?.Value == "refund-policy");
        Assert.Contains(row.Elements("td"), t => (string?)t.Attribute("class") == "pair bad" && t.Value.Contains("✕ bad", StringComparison.Ordinal));
        Assert.All(page.Descendants("td").Where(t => (string?)t.Attribute("class") == "pair bad"), t => Assert.Contains("✕ bad", t.Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Render_DecisionWithNotesAndEarlierReleases_ShowsThem()
    {
        var input = SampleReports.Input(SampleReports.Good);
        string html = HtmlReport.Render(input with
        {
            Decision = input.Decision! with { Notes = ["Release <7> cannot be scored"], Earlier = [new DecidedReport(null, "006", null, "abc123")], JointTests = 43, JointLevel = .0125 },
        });
        Assert.Contains("Release &lt;7&gt; cannot be scored", html, StringComparison.Ordinal);
        Assert.Contains("006, report abc123", html, StringComparison.Ordinal);
        Assert.Contains("43 at a family-wise level of 0.01250", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Twice_GivesEqualTextInAnyCulture()
    {
        var input = SampleReports.Input(SampleReports.Equal);
        string first = HtmlReport.Render(input);
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ar-SA") { NumberFormat = { NegativeSign = "neg", NumberDecimalSeparator = "," } };
            Assert.Equal(first, HtmlReport.Render(input));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Render_Page_LoadsAndRunsNothing()
    {
        string html = HtmlReport.Render(SampleReports.Input(SampleReports.Collapsed));
        var page = Parse(html);
        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe" or "object" or "embed" or "form");
        Assert.All(page.Descendants().Attributes().Where(a => a.Name.LocalName is "src" or "href"), a => Assert.StartsWith("#", a.Value, StringComparison.Ordinal));
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase) || a.Name.LocalName == "style");
    }

    [Fact]
    public void Render_Page_IsReadableWithoutEyes()
    {
        var page = Parse(HtmlReport.Render(SampleReports.Input(SampleReports.Collapsed)));
        Assert.All(page.Descendants("svg").Where(s => s.Parent!.Name != "svg"), s => Assert.False(string.IsNullOrWhiteSpace((string?)s.Attribute("aria-label"))));
        Assert.All(page.Descendants("th"), t => Assert.True((string?)t.Attribute("scope") is "col" or "row"));
        string[] ids = [.. page.Descendants().Attributes("id").Select(a => a.Value)];
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.All(page.Descendants().Attributes("aria-labelledby").Concat(page.Descendants().Attributes("href")), a => Assert.Contains(a.Value.TrimStart('#'), ids));
        Assert.All(page.Descendants("table"), t => Assert.All(t.Descendants("tr").Skip(1), r => Assert.Equal(t.Descendants("tr").First().Elements().Count(), r.Elements().Count())));
        Assert.Single(page.Descendants("main"));
    }

    [Fact]
    public void Render_HostileTexts_StayText()
    {
        var input = SampleReports.HostileInput(Hostile) with
        {
            Corpus = new Corpus(SampleReports.Corpus.Documents.Select(d => d with { Title = Hostile, Text = Hostile })),
            Provenance = new ReportProvenance { Run = Hostile, Data = [new(Hostile, 1, Hostile)], Settings = new Dictionary<string, string> { [Hostile] = Hostile } },
        };
        string html = HtmlReport.Render(input);
        var page = Parse(html);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(page.Descendants("script"));
        Assert.DoesNotContain('\u0007', html);
        Assert.Contains("alert('x')", page.Descendants("summary").First(s => s.Value.Contains("rank", StringComparison.Ordinal)).Value, StringComparison.Ordinal);
        // A text with a direction override stands only in elements that isolate it.
        Assert.All(page.DescendantNodes().OfType<XText>().Where(t => t.Value.Contains('\u202E', StringComparison.Ordinal)), t =>
            Assert.Contains(t.Ancestors(), a => a.Name == "bdi" || (string?)a.Attribute("dir") == "auto" || a.Name == "title"));
    }

    [Fact]
    public void Render_Language_IsNamedOnlyWhereTheDataNameIt()
    {
        var page = Parse(HtmlReport.Render(SampleReports.Input(SampleReports.Collapsed)));
        string[] languages = [.. page.Descendants().Where(e => (string?)e.Attribute("class") == "question").Select(e => (string?)e.Attribute("lang") ?? "none").Distinct()];
        Assert.Contains("ja", languages);
        Assert.DoesNotContain("none", languages);

        var hostile = Parse(HtmlReport.Render(SampleReports.HostileInput("\"onload=x")));
        Assert.All(hostile.Descendants().Where(e => (string?)e.Attribute("class") == "question"), e => Assert.Null(e.Attribute("lang")));
    }

    [Fact]
    public void Render_MoreThanTheWantedExamples_CountsTheRest()
    {
        var input = SampleReports.Input(SampleReports.Collapsed) with { Examples = 2 };
        var page = Parse(HtmlReport.Render(input));
        var section = page.Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == "examples");
        Assert.Equal(4, section.Elements("details").Count());
        int broken = new ReportComparison(input.References[0], input.Candidate).Broken.Count();
        Assert.Contains(section.Elements("p"), p => p.Value == string.Create(CultureInfo.InvariantCulture, $"and {broken - 2} more, in report.json"));
    }

    [Fact]
    public void Render_ManyCohortValues_FoldsAllButTheTwelveThatMovedMost()
    {
        var (candidate, reference) = SampleReports.ManyIntents(77);
        var page = Parse(HtmlReport.Render(new ReportInput { Candidate = candidate, References = [reference] }));
        var section = page.Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == "cohorts");
        var tables = section.Descendants("tbody").ToArray();
        Assert.Equal([12, 65], tables.Select(t => t.Elements("tr").Count()));
        Assert.Equal("details", tables[1].Ancestors().First(a => a.Name.LocalName is "details" or "section").Name.LocalName);
        Assert.Equal("intent-40", tables[0].Elements("tr").First().Element("th")!.Element("bdi")!.Value);      // the one that collapsed
    }

    [Fact]
    public void Render_WithoutReferenceOrDecision_ShowsTheCandidateAndSaysSo()
    {
        var page = Parse(HtmlReport.Render(new ReportInput { Candidate = SampleReports.Bm25 }));
        int found = SampleReports.Bm25.Queries.Count(q => q.FirstRelevantRank <= 3);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"420 questions: right page in top 3 for {found}"), page.Descendants("h1").Single().Value);
        Assert.Equal("No verdict", page.Descendants("strong").First().Value);
        Assert.Contains("no margins", page.Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Histogram_CountsEveryMarginOnce()
    {
        var page = Parse(HtmlReport.Render(SampleReports.Input(SampleReports.Good)));
        var table = page.Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == "margins").Descendants("tbody").First();
        var numbers = table.Elements("tr").Select(r => r.Elements("td").Select(d => int.Parse(d.Value, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        Assert.Equal(SampleReports.Good.Metrics[MetricNames.ZMarginHard].N, numbers.Sum(n => n[0]));
        Assert.Equal(SampleReports.Reference.Metrics[MetricNames.ZMarginHard].N, numbers.Sum(n => n[1]));
        int below = table.Elements("tr").Where(r => double.Parse(r.Element("th")!.Value, CultureInfo.InvariantCulture) < 0).Sum(r => int.Parse(r.Elements("td").First().Value, CultureInfo.InvariantCulture));
        Assert.Equal(SampleReports.Good.Queries.Count(q => q.Metrics.TryGetValue(MetricNames.ZMarginHard, out double m) && m < 0), below);
    }

    [Fact]
    public void Render_DecisionOfAnotherReport_IsRefused()
    {
        var input = SampleReports.Input(SampleReports.Good) with { Decision = SampleReports.Decide(SampleReports.Collapsed) };
        var error = Assert.Throws<NearfarException>(() => HtmlReport.Render(input));
        Assert.Contains("helpdesk v8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_ReferenceOfAnotherSet_IsRefused()
    {
        var input = new ReportInput { Candidate = SampleReports.Good, References = [SampleReports.Reference with { SetHash = new string('8', 64) }] };
        Assert.Throws<NearfarException>(() => HtmlReport.Render(input));
    }

    [Fact]
    public void Render_Spaces_HoldTheNumbersOfTheReports()
    {
        var section = SectionOf(SampleReports.Input(SampleReports.Good with { Geometry = SampleReports.Shape(.7), Cohorts = SampleReports.WithScales(SampleReports.Good) }), "space");
        var scales = section.Descendants("tbody").First().Elements("tr").ToArray();
        Assert.Equal(["helpdesk v8", "helpdesk v7", "untrained encoder"], scales.Select(r => r.Element("th")!.Value));      // BM25 has no space
        Assert.Equal(["-0.140", "0.100", "0.430", "0.110", "0.120", "unknown"], scales[0].Elements("td").Skip(1).Select(d => d.Value));
        Assert.Contains("from -0.140 by 0.100 to 0.430", (string)scales[0].Descendants("svg").Single().Attribute("aria-label")!, StringComparison.Ordinal);
        var measures = section.Descendants("tbody").ElementAt(1).Elements("tr").ToArray();
        Assert.Equal(["alignment", "uniformity", "anisotropy", "effective_rank", "hub_skew", "hub_share"], measures.Select(r => r.Element("th")!.Nodes().First().ToString()));
        Assert.Equal("0.7000.600 to 0.800", measures[0].Element("td")!.Value);
        Assert.Equal("1.200≈ 0.900 to 1.500", measures[4].Element("td")!.Value);                                    // a hub figure's interval is rough
        Assert.Equal([false, false, false, false, true, true], measures.Select(m => m.Element("td")!.Descendants("span").Any(x => (string?)x.Attribute("aria-label") == IntervalText.RoughMeaning)));
        Assert.Equal("71.5", measures[3].Element("td")!.Value);                                                    // no interval
        Assert.Contains("top 10 of at least 20 questions", measures[5].Element("th")!.Value, StringComparison.Ordinal);
        Assert.Contains("shop/refund-policy/annual/en", section.Descendants("ul").Single().Value, StringComparison.Ordinal);
        Assert.Contains("42 questions", section.Descendants("ul").Single().Value, StringComparison.Ordinal);
        var cohorts = section.Descendants("details").Single().Descendants("tbody").Single().Elements("tr").ToArray();
        Assert.Equal("language = ja", cohorts[0].Element("th")!.Value);                                             // the farthest from the whole
        Assert.Equal("+1.583", cohorts[0].Elements("td").Last().Value);                                            // (.30 - .11) / .12
    }

    [Theory]
    [InlineData("hub_skew", 5000, true)]
    [InlineData("anti_hub_share", 5000, true)]
    [InlineData("alignment", 99, true)]
    [InlineData("alignment", 100, false)]
    [InlineData("uniformity", 30, true)]
    [InlineData("anisotropy", 100, false)]
    [InlineData("effective_rank", 50, false)]
    [InlineData("pooled_auc", 50, false)]
    public void IsRough_HubsAndDistancesOfFewTexts(string name, int n, bool rough) => Assert.Equal(rough, GeometryNames.IsRough(name, new(n, .7, .6, .8)));

    [Theory]
    [InlineData(.989, 100, false)]
    [InlineData(.991, 100, true)]
    [InlineData(.999, 1100, false)]
    [InlineData(1, 5000, true)]
    public void IsRough_AreaWithHardlyAPairOutOfOrder(double area, int n, bool rough) => Assert.Equal(rough, GeometryNames.IsRough("pooled_auc", new(n, area, .9, 1)));

    [Fact]
    public void Render_ReportsOfKeywordSearchAlone_HaveNoSpaces() =>
        Assert.DoesNotContain("The spaces behind it", HtmlReport.Render(new ReportInput { Candidate = SampleReports.Bm25 }), StringComparison.Ordinal);

    [Fact]
    public void Render_Quantiles_OfBothVersionsInTheirUnitsAndInSpreads()
    {
        var quantiles = MarginQuantiles.Of(SampleReports.Good.Queries)!;
        var section = SectionOf(SampleReports.Input(SampleReports.Good with { Quantiles = quantiles }), "margins");
        var rows = section.Descendants("tbody").Last().Elements("tr").ToArray();
        Assert.Equal([MetricNames.MarginHard, MetricNames.MarginMean], rows.Select(r => r.Element("th")!.Element("small")!.Value));
        var q05 = quantiles[MetricNames.MarginHard]["q05"];
        var cell = rows[0].Elements("td").First();
        Assert.StartsWith(Figures.Fixed(q05.Value, 3), cell.Value, StringComparison.Ordinal);
        Assert.Contains($"{Figures.Fixed(q05.Low!.Value, 3)} to {Figures.Fixed(q05.High!.Value, 3)}", cell.Value, StringComparison.Ordinal);
        Assert.EndsWith($"z {Figures.Fixed(q05.Value / .12, 2)}", cell.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_FrozenGateSet_TellsVersionHashAndReviewedShare()
    {
        var input = SampleReports.Input(SampleReports.Good) with { GateSet = SampleReports.Frozen(SampleReports.Good.SetHash) };
        foreach (string text in new[] { HtmlReport.Render(input), MarkdownReport.Render(input) })
        {
            Assert.Contains("Gate set version 3 (777777777777): people wrote, judged or reviewed 630 of its 2520 negatives, 25 %", text, StringComparison.Ordinal);
        }

        Assert.Contains("none is known", HtmlReport.Render(input with { GateSet = null }), StringComparison.Ordinal);
        string message = Assert.Throws<NearfarException>(() => HtmlReport.Render(input with { GateSet = SampleReports.Frozen(new string('9', 64)) })).Message;
        Assert.Contains("version 3 999999999999", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_RangesOfACohort_StandInTheirOrder()
    {
        Assert.Equal(["<4", "4-9", "9-16", ">=16", "(unknown)"], CohortOrder.Of(["(unknown)", "4-9", ">=16", "9-16", "<4"]));
        Assert.Equal(["<365d", "365d-1095d", ">=1095d"], CohortOrder.Of(["365d-1095d", "<365d", ">=1095d"]));
        Assert.Equal(["10-x", "2-y", "<b>"], CohortOrder.Of(["2-y", "<b>", "10-x"]));          // names, not ranges
        Assert.Equal(["2024", "9"], CohortOrder.Of(["9", "2024"]));
    }

    [Fact]
    public void Render_DocumentWithoutTitle_SaysItsTextOnce()
    {
        var corpus = new Corpus(SampleReports.Corpus.Documents.Select(d => d with { Title = null, Text = "Only this of " + d.Id }));
        var section = SectionOf(SampleReports.Input(SampleReports.Collapsed) with { Corpus = corpus }, "examples");
        var hits = section.Descendants("li").Where(l => (string?)l.Attribute("class") is "right" or "other").ToArray();
        Assert.NotEmpty(hits);
        Assert.All(hits, h => Assert.Equal(2, h.Value.Split("Only this of").Length));
    }

    [Fact]
    public void Render_OneQuestionThatTurned_IsNoCohortThatMovedMost()
    {
        var (candidate, reference) = SampleReports.ManyIntents(77);
        EvalReport Lone(EvalReport report, double recall)
        {
            QueryScore[] rows = [.. report.Queries.Select((q, i) => i != 0 ? q : q with
            {
                Cohorts = new Dictionary<string, string>(StringComparer.Ordinal) { ["intent"] = "lone" },
                Metrics = q.Metrics.ToDictionary(m => m.Key, m => m.Key == "recall@5" ? recall : m.Value, StringComparer.Ordinal),
            })];
            return report with { Queries = rows, Metrics = Aggregation.Summarise(rows), Cohorts = Aggregation.ByCohort(rows) };
        }

        var section = SectionOf(new ReportInput { Candidate = Lone(candidate, 0), References = [Lone(reference, 1)] }, "cohorts");
        Assert.DoesNotContain(section.Descendants("tbody").First().Elements("tr"), r => r.Element("th")!.Element("bdi")!.Value == "lone");
        Assert.Contains(section.Descendants("tbody").ElementAt(1).Elements("tr"), r => r.Element("th")!.Element("bdi")!.Value == "lone");
    }

    [Fact]
    public void Render_ManyReasons_FoldsAllButSix()
    {
        var input = SampleReports.Input(SampleReports.Collapsed);
        var bad = input.Decision!.Reasons.First(r => r.Outcome == TestOutcome.Bad);
        GateReason[] many = [.. Enumerable.Range(0, 25).Select(i => bad with { Cohort = new CohortKey("intent", $"i{i}"), Outcome = i % 5 == 0 ? TestOutcome.Open : TestOutcome.Bad })];
        var section = SectionOf(input with { Decision = input.Decision with { Reasons = many, Advice = [] } }, "why");
        var lists = section.Descendants("ul").Where(u => (string?)u.Attribute("class") == "reasons").ToArray();
        Assert.Equal([6, 19], lists.Select(l => l.Elements("li").Count()));
        Assert.All(lists[0].Elements("li"), l => Assert.Equal("bad", (string?)l.Attribute("class")));        // what blocks comes first
        Assert.Equal("14 more proven bad, 5 more not decided", lists[1].Parent!.Element("summary")!.Value);
    }

    private static XElement SectionOf(ReportInput input, string id) =>
        Parse(HtmlReport.Render(input)).Descendants("section").Single(s => (string?)s.Attribute("aria-labelledby") == id);

    [Fact]
    public void Render_Samples_AreWrittenToBeLookedAt()
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_REPORT_SAMPLES");
        Assert.SkipWhen(folder is null, "NEARFAR_REPORT_SAMPLES names no folder for the sample pages.");
        foreach (var (name, report) in new[] { ("passed", SampleReports.Good), ("blocked", SampleReports.Collapsed), ("inconclusive", SampleReports.Equal) })
        {
            var input = SampleReports.Input(report);
            File.WriteAllText(Path.Combine(folder, name + ".html"), HtmlReport.Render(input));
            File.WriteAllText(Path.Combine(folder, name + ".md"), MarkdownReport.Render(input));
            File.WriteAllText(Path.Combine(folder, name + ".xml"), JUnitReport.Render(input.Decision!));
            File.WriteAllLines(Path.Combine(folder, name + ".txt"), ConsoleSummary.Lines(input));
        }

        var (many, before) = SampleReports.ManyIntents(77);
        File.WriteAllText(Path.Combine(folder, "many.html"), HtmlReport.Render(new ReportInput { Candidate = many, References = [before] }));
    }

    internal static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static string HeadingOf(XElement section, XElement row)
    {
        string id = (string)row.Ancestors("div").First().Attribute("aria-labelledby")!;
        return section.Elements("h3").Single(h => (string?)h.Attribute("id") == id).Value;
    }

    private static string Three(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    private static string Count(int n) => n == 1 ? "1 question" : string.Create(CultureInfo.InvariantCulture, $"{n} questions");
}
