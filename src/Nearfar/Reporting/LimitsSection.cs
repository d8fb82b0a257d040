using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>What the numbers cannot say: too small cohorts, questions without margin, ties, unknown words.</summary>
internal static class LimitsSection
{
    private const int Shown = 12;
    private const int MostRows = 200;

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

        int deepest = now.Cutoffs.Count > 0 ? now.Cutoffs.Max() : 0;
        if (deepest > 0 && now.Metrics.TryGetValue(MetricNames.Unjudged(deepest), out var unjudged) && unjudged.Mean >= 0.0005)
        {
            yield return $"{Figures.Fixed(100 * unjudged.Mean, 1)} % of the first {Figures.Count(deepest, "document")} were never judged. They count as wrong, which is unfair to a ranking that finds new pages.";
        }

        int few = view.Matrix.Changes.Count(c => c.FewChanges);
        if (few > 0)
        {
            yield return $"{Figures.Whole(few)} of {Figures.Count(view.Matrix.Changes.Count(), "difference")} by cohort {(few == 1 ? "rests" : "rest")} on few changes, marked {IntervalText.Mark}. "
                + "Such an interval mostly holds the truth more often than 95 times in 100.";
        }

        string[] small = [.. SmallCohorts(view)];
        if (small.Length > 0)
        {
            yield return $"Under 3 questions or 2 documents, listed without evidence: {string.Join(", ", small.Take(Shown))}{(small.Length > Shown ? $" and {Figures.Whole(small.Length - Shown)} more" : "")}.";
        }
    }

    private static IEnumerable<string> SmallCohorts(ReportView view) =>
        view.Matrix.Rows.Where(r => r.N < 3 || r.Clusters < 2).Select(r => $"{ReasonText.NameOf(new(r.Attribute, r.Value))} ({Figures.Whole(r.N)})");

    private static void WriteUnproven(Markup page, ReportView view)
    {
        if (view.Decision is not { Unproven.Count: > 0 } decision)
        {
            return;
        }

        int cohorts = decision.Unproven.Select(r => r.Cohort).Distinct().Count();
        page.Leaf("p", $"{Figures.Count(cohorts, "cohort")} without a limit of {(cohorts == 1 ? "its" : "their")} own {(cohorts == 1 ? "is" : "are")} not proven to be no worse. That does not change the verdict; about this many questions would decide:");
        using (page.In("details", ("class", "fold long")))
        {
            page.Leaf("summary", $"{Figures.Count(decision.Unproven.Count, "unproven test")}");
            using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Unproven cohorts")))
            using (page.In("table"))
            {
                WriteTable(page, decision.Unproven.Take(MostRows));
            }

            if (decision.Unproven.Count > MostRows)
            {
                page.Leaf("p", $"and {Figures.Whole(decision.Unproven.Count - MostRows)} more, in decision.json", ("class", "soft"));
            }
        }
    }

    private static void WriteTable(Markup page, IEnumerable<Gating.GateReason> unproven)
    {
        using (page.In("thead"))
        using (page.In("tr"))
        {
            foreach (string title in (string[])["cohort", "measure", "questions", "against", "difference", "bounds", "would decide"])
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
                    page.Leaf("th", ReasonText.NameOf(reason.Cohort), ("scope", "row"), ("dir", "auto")).Leaf("td", reason.Metric).Leaf("td", Figures.Whole(reason.N), ("class", "number"));
                    page.Leaf("td", reason.Reference is { } kind ? ReasonText.Name(kind) : "a floor");
                    page.Leaf("td", reason.Difference is { } d ? Figures.Difference(reason.Metric, d) : "").Leaf("td", Figures.Interval(reason.Metric, reason.Low, reason.High));
                    page.Leaf("td", reason.QueriesNeeded is { } needed ? "about " + Figures.Whole(needed) : "more documents");
                }
            }
        }
    }
}
