namespace Nearfar.Reporting;

/// <summary>The report as one page a person reads in a minute: self-contained, without scripts, light and dark, on screen and on paper.</summary>
/// <remarks>Equal input gives equal text, whatever the machine's culture. Every text from the data is escaped. Thread-safe.</remarks>
public static class HtmlReport
{
    // Texts in the page come from questions and documents: even if one got through as markup, it could load and run nothing.
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

    /// <summary>Renders the page.</summary>
    /// <param name="input">Reports of one set; a decision only with the reports it was made on.</param>
    /// <returns>HTML that is well-formed XML too; store it as UTF-8.</returns>
    /// <exception cref="NearfarException">The reports are of different sets, or the decision was made on another report.</exception>
    public static string Render(ReportInput input)
    {
        var view = new ReportView(input);
        var page = new Markup();
        page.Trusted("<!DOCTYPE html>\n");
        using (page.In("html", ("lang", "en")))
        {
            WriteHead(page, view);
            using (page.In("body"))
            {
                page.Leaf("a", "Skip to the reasons and tables", ("class", "skip"), ("href", "#content"));
                VerdictSection.WriteHeader(page, view);
                WriteContents(page, view);
                using (page.In("main", ("id", "content"), ("tabindex", "-1")))
                {
                    VerdictSection.WriteReasons(page, view);
                    ModelsSection.Write(page, view);
                    CohortSection.Write(page, view);
                    SlicesSection.Write(page, view);
                    MarginSection.Write(page, view);
                    SpaceSection.Write(page, view);
                    ExamplesSection.Write(page, view);
                    LimitsSection.Write(page, view);
                    TrainingSection.Write(page, view);
                    ProvenanceSection.Write(page, view);
                }
            }
        }

        return page.ToString();
    }

    private static void WriteContents(Markup page, ReportView view)
    {
        (string Id, string Words, bool There)[] sections =
        [
            ("why", "Why", view.Decision is not null), ("models", "All questions", true), ("cohorts", "By cohort", true), ("slices", "Slices", view.Slices is not null),
            ("margins", "Margins", true), ("space", "Spaces", SpaceSection.IsThere(view)), ("examples", "Questions that changed", view.Comparison is not null), ("limits", "What is not known", true), ("provenance", "Where it came from", true),
        ];
        using (page.In("nav", ("aria-label", "On this page")))
        using (page.In("ul"))
        {
            foreach (var section in sections.Where(s => s.There))
            {
                using (page.In("li"))
                {
                    page.Leaf("a", section.Words, ("href", "#" + section.Id));
                }
            }
        }
    }

    private static void WriteHead(Markup page, ReportView view)
    {
        using (page.In("head"))
        {
            page.Empty("meta", ("charset", "utf-8"));
            page.Empty("meta", ("http-equiv", "Content-Security-Policy"), ("content", Policy));
            page.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
            page.Empty("meta", ("name", "color-scheme"), ("content", "light dark"));
            string verdict = view.Decision is { } decision ? ReasonText.Word(decision.Verdict) + ": " : "";
            page.Leaf("title", verdict + ReportTitle.Of(view));
            using (page.In("style"))
            {
                page.Trusted(Stylesheet.Css);
            }
        }
    }
}
