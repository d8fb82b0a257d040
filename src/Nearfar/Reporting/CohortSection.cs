using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>The matrix cohort by measure, one table an attribute.</summary>
internal static class CohortSection
{
    private const int ShownRows = 12;
    private const int FoldedRows = 200;

    public static void Write(Markup page, ReportView view)
    {
        using (page.In("section", ("aria-labelledby", "cohorts")))
        {
            page.Leaf("h2", "By cohort", ("id", "cohorts"));
            if (view.Matrix.Groups.Count == 0)
            {
                page.Leaf("p", "The set declares no cohorts.");
                return;
            }

            WriteKey(page, view);
            var plot = IntervalPlot.Over([.. view.Matrix.Rows.Select(r => r.Cells[0]?.Change).OfType<MetricChange>()]);
            for (int i = 0; i < view.Matrix.Groups.Count; i++)
            {
                WriteGroup(page, view, i, plot);
            }
        }
    }

    private static void WriteKey(Markup page, ReportView view)
    {
        using (page.In("ul", ("class", "key")))
        {
            if (view.Decision is not null)
            {
                Key(page, CellState.Fine, "the gate proved it fine");
                Key(page, CellState.Bad, "the gate blocks for it");
                Key(page, CellState.Open, "the gate could not decide");
                Key(page, CellState.Watch, "on the watch list");
            }

            if (view.Comparison is not null)
            {
                Key(page, CellState.Better, "interval above 0");
                Key(page, CellState.Worse, "interval below 0");
            }

            Key(page, CellState.TooFew, "under 3 questions or 2 documents");
            if (view.Matrix.Changes.Any(c => c.FewChanges))
            {
                Key(page, IntervalText.Mark, "soft", IntervalText.LongMeaning);
            }

            if (view.Matrix.Rows.SelectMany(r => r.Cells).Any(c => c is { Change: null, Now.FewEvents: true }))
            {
                Key(page, IntervalText.Mark, "soft", IntervalText.LongEventMeaning);
            }
        }

        if (view.Comparison is not null)
        {
            page.Leaf("p", $"Each cell: {ReportTitle.NameOf(view.Then!)} → {ReportTitle.NameOf(view.Now)}, below it the difference with its 95% interval. A filled cell is a decision of the gate.", ("class", "soft"), ("dir", "auto"));
            page.Leaf("p", "Up and down are single looks, each wrong about one time in twenty; only the gate's marks are tests.", ("class", "soft"));
        }
    }

    private static void Key(Markup page, CellState state, string words) => Key(page, CellWords.Mark(state), CellWords.Colour(state), words);

    private static void Key(Markup page, string mark, string colour, string words)
    {
        using (page.In("li"))
        {
            page.Leaf("b", mark, ("class", colour)).Text(" " + words);
        }
    }

    private static void WriteGroup(Markup page, ReportView view, int group, IntervalPlot plot)
    {
        var (attribute, rows) = view.Matrix.Groups[group];
        string id = "cohort-" + Figures.Whole(group + 1);
        using (page.In("h3", ("id", id)))
        {
            page.Leaf("bdi", Snippet.Of(attribute, 80));
        }

        if (rows.Count <= ShownRows)
        {
            WriteTable(page, view, rows, id, plot);
            return;
        }

        var ordered = rows.OrderByDescending(r => r.Weight).ThenBy(r => r.Value, StringComparer.Ordinal).ToArray();
        WriteTable(page, view, ordered[..ShownRows], id, plot);
        using (page.In("details", ("class", "fold long")))
        {
            page.Leaf("summary", $"{Figures.Whole(rows.Count - ShownRows)} more values that moved less");
            WriteTable(page, view, [.. ordered.Skip(ShownRows).Take(FoldedRows)], id, plot);
            if (rows.Count > ShownRows + FoldedRows)
            {
                page.Leaf("p", $"and {Figures.Whole(rows.Count - ShownRows - FoldedRows)} more, in report.json", ("class", "soft"));
            }
        }
    }

    private static void WriteTable(Markup page, ReportView view, IReadOnlyList<MatrixRow> rows, string id, IntervalPlot plot)
    {
        using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-labelledby", id)))
        using (page.In("table", ("class", "cohorts")))
        {
            WriteHead(page, view, plot);
            using (page.In("tbody"))
            {
                foreach (var row in rows)
                {
                    WriteRow(page, view, row, plot);
                }
            }
        }
    }

    private static void WriteHead(Markup page, ReportView view, IntervalPlot plot)
    {
        using (page.In("thead"))
        using (page.In("tr"))
        {
            page.Leaf("th", "cohort", ("scope", "col"));
            page.Leaf("th", $"in top {Figures.Whole(view.Input.Top)}", ("scope", "col"));
            string main = view.Matrix.Main;
            page.Leaf("th", Head(view, main), ("scope", "col"));
            if (view.Comparison is not null)
            {
                page.Leaf("th", $"change, axis ±{Figures.Fixed(plot.Reach, 2)}", ("scope", "col"), ("class", "plot"));
            }

            foreach (string metric in view.Matrix.Metrics.Skip(1))
            {
                page.Leaf("th", Head(view, metric), ("scope", "col"));
            }
        }
    }

    private static string Head(ReportView view, string metric) => view.Comparison is null || view.Then?.Metrics.ContainsKey(metric) == true ? metric : metric + ", now";

    private static void WriteRow(Markup page, ReportView view, MatrixRow row, IntervalPlot plot)
    {
        using (page.In("tr"))
        {
            using (page.In("th", ("scope", "row")))
            {
                page.Leaf("bdi", Snippet.Of(row.Value, 80)).Leaf("small", Figures.Count(row.N, "question"));
            }

            WriteCounts(page, row.Counts);
            WriteCell(page, row.Cells[0], row.N);
            if (view.Comparison is not null)
            {
                using (page.In("td", ("class", "plot")))
                {
                    DrawPlot(page, view, row, plot);
                }
            }

            foreach (var cell in row.Cells.Skip(1))
            {
                WriteCell(page, cell, row.N);
            }
        }
    }

    private static void WriteCounts(Markup page, QuestionCounts counts)
    {
        using (page.In("td", ("class", "pair")))
        {
            page.Text(counts.Before is { } before ? $"{Figures.Whole(before)} → {Figures.Whole(counts.Now)}" : Figures.Whole(counts.Now));
            if (counts.Fixed + counts.Broken > 0)
            {
                page.Leaf("small", $"{Figures.Whole(counts.Fixed!.Value)} fixed, {Figures.Whole(counts.Broken!.Value)} broken");
            }
        }
    }

    private static void WriteCell(Markup page, MatrixCell? cell, int questions)
    {
        string colour = cell is null ? "" : CellWords.Colour(cell.State);
        // Only the gate's decisions fill a cell; what merely moved is marked in its text.
        using (page.In("td", ("class", cell?.State >= CellState.Watch ? "pair " + colour : "pair")))
        {
            if (cell is null)
            {
                page.Leaf("span", "none", ("class", "soft"));
                return;
            }

            string now = Figures.Value(cell.Metric, cell.Now.Mean);
            page.Text(cell.Change is { } change ? $"{Figures.Value(cell.Metric, change.Before)} → {Figures.Value(cell.Metric, change.After)}" : now);
            if (CellWords.Mark(cell.State) is { Length: > 0 } mark)
            {
                page.Text(" ").Leaf("span", mark, ("class", "mark " + colour));
            }

            WriteSpread(page, cell);
            if (cell.Now.N != questions)
            {
                page.Leaf("small", $"of {Figures.Count(cell.Now.N, "question")}");
            }
        }
    }

    private static void WriteSpread(Markup page, MatrixCell cell)
    {
        if (cell.Change is { } change)
        {
            using (page.In("small"))
            {
                page.Text(Figures.Difference(cell.Metric, change.Difference));
                if (change.Low is not null)
                {
                    IntervalText.Write(page.Text(" "), cell.Metric, change);
                }
            }
        }
        else if (cell.Now.Low is not null)
        {
            using (page.In("small"))
            {
                IntervalText.Write(page, cell.Metric, cell.Now);
            }
        }
    }

    private static void DrawPlot(Markup page, ReportView view, MatrixRow row, IntervalPlot plot)
    {
        if (row.Cells[0] is not { Change: { } change } cell)
        {
            return;
        }

        double? limit = view.Decision?.Reasons.FirstOrDefault(r => r.Cohort == new CohortKey(row.Attribute, row.Value) && r.Metric == cell.Metric && r.Difference is not null)?.Threshold;
        string text = $"{Snippet.Of(row.Value, 80)}: {Figures.Difference(cell.Metric, change.Difference)} {IntervalText.Spoken(cell.Metric, change)}"
            + (limit is { } l ? $", limit {Figures.Difference(cell.Metric, l)}" : "");
        plot.Draw(page, change, limit, CellWords.Colour(cell.State), text);
    }
}
