using Nearfar.Evaluation.Slices;

namespace Nearfar.Reporting;

/// <summary>Slices that nobody named: groups of questions that fare worse, found by search and proven over everything searched.</summary>
internal static class SlicesSection
{
    private const int ShownExamples = 3;

    public static void Write(Markup page, ReportView view)
    {
        if (view.Slices is not { } findings)
        {
            return;
        }

        using (page.In("section", ("aria-labelledby", "slices")))
        {
            page.Leaf("h2", "Slices that nobody named", ("id", "slices"));
            page.Leaf("p", Searched(findings), ("dir", "auto"));
            if (findings.Slices.Count + findings.Retested.Count > 0)
            {
                WriteTable(page, view, findings);
            }

            page.Leaf("p", Limits(findings), ("class", "soft"));
        }
    }

    /// <summary>What was searched and how much was found, as one sentence.</summary>
    public static string Searched(SliceFindings findings)
    {
        string what = findings.Before is { } before ? $"{findings.Metric} of {NameOf(findings.Label)} less that of {NameOf(before)}" : $"{findings.Metric} of {NameOf(findings.Label)}";
        string within = findings.Within is { } attribute ? $", each question against its own {attribute}" : "";
        string found = findings.Slices.Count == 0 ? "none is proven worse than the rest" : $"{Figures.Count(findings.Slices.Count, "slice")} {(findings.Slices.Count == 1 ? "is" : "are")} proven worse than the rest";
        return $"{Figures.Count(findings.Tested, "slice")} of {Figures.Count(findings.N, "question")} tested together on {what}{within}: {found}.";
    }

    /// <summary>What the search could not have found.</summary>
    public static string Limits(SliceFindings findings)
    {
        string chance = $"If nothing were wrong, a search like this would name any slice in {Figures.Percent(findings.Alpha)} of all cases. Slices are advice until they are found again on new questions.";
        string least = findings.Detectable.Count == 0 ? "" : " Least effect that would have been seen: "
            + string.Join(", ", findings.Detectable.OrderBy(d => d.Key).Select(d => $"{Figures.Value(findings.Metric, d.Value)} with {Figures.Count(d.Key, "question")}")) + ".";
        string missing = findings.Missing > 0 ? $" {Figures.Count(findings.Missing, "question")} without {findings.Metric} {(findings.Missing == 1 ? "is" : "are")} left out." : "";
        return chance + least + missing;
    }

    /// <summary>Advice, or proven twice.</summary>
    public static string Standing(Slice slice) => slice.Confirmed ? "✕ confirmed on new questions" : "◆ advice";

    private static string NameOf(string label) => label == "bm25" ? "BM25" : Snippet.Of(label, 80);

    private static void WriteTable(Markup page, ReportView view, SliceFindings findings)
    {
        bool difference = findings.Before is not null;
        using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-labelledby", "slices")))
        using (page.In("table"))
        {
            using (page.In("thead"))
            using (page.In("tr"))
            {
                page.Leaf("th", "slice", ("scope", "col"));
                foreach (string title in (string[])["questions", difference ? $"change of {findings.Metric}" : findings.Metric, "effect", "expected of new questions", "adjusted p"])
                {
                    page.Leaf("th", title, ("scope", "col"), ("class", "number"));
                }

                page.Leaf("th", "standing", ("scope", "col"));
            }

            using (page.In("tbody"))
            {
                foreach (var slice in findings.Slices.Concat(findings.Retested))
                {
                    WriteRow(page, view, findings, slice, difference);
                }
            }
        }
    }

    private static void WriteRow(Markup page, ReportView view, SliceFindings findings, Slice slice, bool difference)
    {
        string Show(double value) => difference ? Figures.Difference(findings.Metric, value) : Figures.Value(findings.Metric, value);
        string state = slice.Confirmed ? "bad" : "open";
        using (page.In("tr"))
        {
            using (page.In("th", ("scope", "row"), ("class", "slice")))
            {
                page.Leaf("span", string.Join(" and ", slice.Conditions.Select(Words)), ("dir", "auto"));
                WriteExamples(page, view, slice);
            }

            page.Leaf("td", Figures.Whole(slice.N), ("class", "number")).Leaf("td", Show(slice.Mean), ("class", "number"));
            page.Leaf("td", Figures.Difference(findings.Metric, slice.Effect), ("class", "number"));
            page.Leaf("td", slice.ShrunkenMean is { } mean ? Show(mean) : "too few slices", ("class", slice.ShrunkenMean is null ? "number soft" : "number"));
            page.Leaf("td", Figures.Fixed(slice.AdjustedP, 4), ("class", "number"));
            using (page.In("td", ("class", state)))
            {
                page.Leaf("span", Standing(slice), ("class", "mark " + state));
            }
        }
    }

    private static string Words(SliceCondition condition) => condition.Attribute == SliceCondition.WordAttribute
        ? $"“{Snippet.Of(condition.Value, 60)}” in the question" : $"{Snippet.Of(condition.Attribute, 60)} = {Snippet.Of(condition.Value, 60)}";

    private static void WriteExamples(Markup page, ReportView view, Slice slice)
    {
        if (slice.Examples.Count == 0)
        {
            return;
        }

        using (page.In("details", ("class", "fold")))
        {
            page.Leaf("summary", "its worst questions");
            using (page.In("ul"))
            {
                foreach (string id in slice.Examples.Take(ShownExamples))
                {
                    using (page.In("li"))
                    {
                        Texts.Write(page, "span", view.QuestionOf(id));
                        page.Text(" ").Leaf("bdi", Snippet.Of(id, 120), ("class", "id soft"));
                    }
                }
            }
        }
    }
}
