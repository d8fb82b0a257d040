using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>What the numbers cannot say: too small cohorts, questions without margin, ties, unknown words.</summary>
internal static class LimitsSection
{
    private const int Shown = 12;

    public static void Write(Markup page, ReportView view)
    {
        using (page.In("section", ("aria-labelledby", "limits")))
        {
            page.Leaf("h2", "What these numbers cannot tell", ("id", "limits"));
            var notes = Notes(view).ToArray();
            if (notes.Length > 0)
            {
                using (page.In("ul"))
                {
                    foreach (string note in notes)
                    {
                        page.Leaf("li", note, ("dir", "auto"));
                    }
                }
            }

            WriteUnproven(page, view);
        }
    }

    /// <summary>Each as a sentence; the other forms of the report print them too.</summary>
    public static IEnumerable<string> Notes(ReportView view)
    {
        var now = view.Now;
        int margins = now.Metrics.TryGetValue(MetricNames.MarginHard, out var summary) ? summary.N : 0;
        if (now.Space is not null && margins < now.Queries.Count)
        {
            yield return $"{Figures.Whole(now.Queries.Count - margins)} of {Figures.Count(now.Queries.Count, "question")} carry no negatives or no known token, so they have no margin.";
        }

        int unknown = now.Queries.Count(q => q.NoKnownToken);
        if (unknown > 0)
        {
            yield return $"{Figures.Count(unknown, "question")} {(unknown == 1 ? "has" : "have")} no token that the model knows; each counts as a miss.";
        }

        if (now.DocumentsWithoutToken > 0)
        {
            yield return $"{Figures.Count(now.DocumentsWithoutToken, "document")} of {Figures.Whole(now.Documents)} {(now.DocumentsWithoutToken == 1 ? "has" : "have")} no token that the model knows and cannot be found.";
        }

        if (now.TieSensitivity.TryGetValue(view.Matrix.Main, out double ties) && ties >= 0.0005)
        {
            yield return $"Equal scores: {view.Matrix.Main} could differ by {Figures.Value(view.Matrix.Main, ties)} with another order of ties.";
        }

        string[] small = [.. SmallCohorts(view)];
        if (small.Length > 0)
        {
            yield return $"Under 3 questions or 2 documents, listed without evidence: {string.Join(", ", small.Take(Shown))}{(small.Length > Shown ? $" and {Figures.Whole(small.Length - Shown)} more" : "")}.";
        }
    }

    private static IEnumerable<string> SmallCohorts(ReportView view) =>
        view.Matrix.Rows.Where(r => r.N < 3 || r.Clusters < 2).Select(r => $"{r.Attribute} = {r.Value} ({Figures.Whole(r.N)})");

    private static void WriteUnproven(Markup page, ReportView view)
    {
        if (view.Decision is not { Unproven.Count: > 0 } decision)
        {
            return;
        }

        page.Leaf("p", $"{Figures.Count(decision.Unproven.Count, "cohort")} without a limit of their own {(decision.Unproven.Count == 1 ? "is" : "are")} not proven to be no worse. That does not change the verdict; about this many questions would decide:");
        using (page.In("details", ("class", "fold long")))
        {
            page.Leaf("summary", "Unproven cohorts");
            using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Unproven cohorts")))
            using (page.In("table"))
            {
                WriteTable(page, decision.Unproven);
            }
        }
    }

    private static void WriteTable(Markup page, IReadOnlyList<Gating.GateReason> unproven)
    {
        using (page.In("thead"))
        using (page.In("tr"))
        {
            foreach (string title in (string[])["cohort", "measure", "questions", "difference", "bounds", "would decide"])
            {
                page.Leaf("th", title, ("scope", "col"));
            }
        }

        using (page.In("tbody"))
        {
            foreach (var reason in unproven)
            {
                using (page.In("tr"))
                {
                    page.Leaf("th", reason.Cohort?.ToString() ?? "all questions", ("scope", "row"), ("dir", "auto")).Leaf("td", reason.Metric).Leaf("td", Figures.Whole(reason.N));
                    page.Leaf("td", reason.Difference is { } d ? Figures.Difference(reason.Metric, d) : "").Leaf("td", Figures.Interval(reason.Metric, reason.Low, reason.High));
                    page.Leaf("td", reason.QueriesNeeded is { } needed ? "about " + Figures.Whole(needed) : "more documents");
                }
            }
        }
    }
}
