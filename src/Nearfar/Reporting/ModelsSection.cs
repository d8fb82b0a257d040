using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>The candidate and every reference over all questions.</summary>
internal static class ModelsSection
{
    public static void Write(Markup page, ReportView view)
    {
        string[] metrics = Metrics(view);
        (EvalReport Report, ReportComparison? Comparison)[] rows = [(view.Now, null), .. view.Input.References.Select(r => (r, new ReportComparison(r, view.Now, view.Input.Top)))];
        bool few = rows.Any(r => metrics.Any(m => r.Comparison?.Overall.GetValueOrDefault(m)?.FewChanges == true));
        using (page.In("section", ("aria-labelledby", "models")))
        {
            page.Leaf("h2", "All questions", ("id", "models"));
            page.Leaf("p", "The candidate with the 95% interval of its means; under each reference, how far the candidate stands above it, question by question, with the interval of that."
                + (few ? $" {IntervalText.Mark} {IntervalText.Meaning}." : "")
                + (metrics.Any(m => view.Now.Metrics.GetValueOrDefault(m)?.FewEvents == true) ? $" {IntervalText.Mark} {IntervalText.LongEventMeaning}." : ""), ("class", "soft"));
            using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-labelledby", "models")))
            using (page.In("table"))
            {
                WriteHead(page, view, metrics);
                using (page.In("tbody"))
                {
                    foreach (var (report, comparison) in rows)
                    {
                        WriteRow(page, view, report, metrics, comparison);
                    }
                }
            }
        }
    }

    private static string[] Metrics(ReportView view)
    {
        return [.. view.Matrix.Metrics.Append(MetricNames.MarginBelowZero).Distinct(StringComparer.Ordinal).Where(view.Now.Metrics.ContainsKey)];
    }

    private static void WriteHead(Markup page, ReportView view, string[] metrics)
    {
        using (page.In("thead"))
        using (page.In("tr"))
        {
            page.Leaf("th", "model", ("scope", "col")).Leaf("th", $"in top {Figures.Whole(view.Input.Top)}", ("scope", "col"), ("class", "number"));
            foreach (string metric in metrics)
            {
                page.Leaf("th", Figures.IsLowerBetter(metric) ? metric + " (less is better)" : metric, ("scope", "col"));
            }
        }
    }

    private static void WriteRow(Markup page, ReportView view, EvalReport report, string[] metrics, ReportComparison? comparison)
    {
        using (page.In("tr"))
        {
            using (page.In("th", ("scope", "row")))
            {
                page.Leaf("bdi", ReportTitle.NameOf(report));
                page.Leaf("small", comparison is null ? "candidate" : ReferenceEquals(report, view.Then) ? "main reference" : "reference");
            }

            int found = report.Queries.Count(q => q.FirstRelevantRank <= view.Input.Top);
            page.Leaf("td", Figures.Whole(found), ("class", "number"));
            foreach (string metric in metrics)
            {
                WriteCell(page, report, metric, comparison);
            }
        }
    }

    private static void WriteCell(Markup page, EvalReport report, string metric, ReportComparison? comparison)
    {
        using (page.In("td", ("class", "pair")))
        {
            if (!report.Metrics.TryGetValue(metric, out var summary))
            {
                page.Leaf("span", "none", ("class", "soft"));
                return;
            }

            page.Text(Figures.Value(metric, summary.Mean));
            if (comparison is null)
            {
                using (page.In("small"))
                {
                    IntervalText.Write(page, metric, summary);
                }
            }
            else if (comparison.Overall.TryGetValue(metric, out var change))
            {
                using (page.In("small"))
                {
                    IntervalText.Write(page.Text(Figures.Difference(metric, change.Difference) + " "), metric, change);
                }
            }
            else
            {
                page.Leaf("small", "other scale");
            }
        }
    }
}
