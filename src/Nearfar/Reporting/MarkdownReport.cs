using System.Text;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>The report as Markdown for a pull request: counts, verdict and why, cohorts that moved; the rest is folded.</summary>
/// <remarks>Equal input gives equal text, whatever the machine's culture. Thread-safe.</remarks>
public static class MarkdownReport
{
    private const int ShownCohorts = 12;

    /// <summary>Renders the report.</summary>
    /// <param name="input">Reports of one set; a decision only with the reports it was made on.</param>
    /// <returns>GitHub-flavoured Markdown with "\n" line ends.</returns>
    /// <exception cref="NearfarException">The reports are of different sets, or the decision was made on another report.</exception>
    public static string Render(ReportInput input)
    {
        var view = new ReportView(input);
        var text = new StringBuilder();
        text.Append("**").Append(view.Counts.FirstLine).Append("**\n\n");
        text.Append(ReasonText.Disjoint(view.Now) is { } disjoint ? MarkdownText.Escape(disjoint) + "\n\n" : "");
        WriteVerdict(text, view);
        WriteMoved(text, view);
        WriteOverall(text, view);
        WriteChanged(text, view);
        WriteProvenance(text, view);
        return text.ToString();
    }

    private static void WriteVerdict(StringBuilder text, ReportView view)
    {
        if (view.Decision is not { } decision)
        {
            text.Append("No verdict: this report has not been through the gate.\n\n");
            return;
        }

        text.Append("### ").Append(ReasonText.Symbol(decision.Verdict)).Append(' ').Append(ReasonText.Word(decision.Verdict)).Append("\n\n");
        text.Append(MarkdownText.Escape(ReasonText.Because(decision))).Append("\n\n");
        foreach (var reason in decision.Reasons)
        {
            text.Append("- ").Append(ReasonText.Symbol(reason.Outcome)).Append(' ').Append(ReasonText.Finding(reason)).Append(": **")
                .Append(MarkdownText.Escape(ReasonText.Who(reason))).Append("**, ").Append(view.CountsFor(reason.Cohort)).Append(". ")
                .Append(MarkdownText.Escape(ReasonText.What(reason))).Append(".\n");
        }

        text.Append('\n');
        WriteFolded(text, "Why: the statistics", decision.Reasons);
        WriteFolded(text, "Watch list: cohorts that may have fallen; does not block", view.Watch);
        WriteFolded(text, "Advice: limits that do not block", decision.Advice);
        WriteFolded(text, $"Unproven: {Figures.Count(decision.Unproven.Count, "cohort")}; does not change the verdict", decision.Unproven);
    }

    private static void WriteFolded(StringBuilder text, string title, IReadOnlyList<GateReason> reasons)
    {
        if (reasons.Count == 0)
        {
            return;
        }

        text.Append("<details><summary>").Append(title).Append("</summary>\n\n");
        foreach (var reason in reasons)
        {
            text.Append("- ").Append(reason.Rule).Append(": ").Append(MarkdownText.Escape(reason.ToString())).Append('\n');
        }

        text.Append("\n</details>\n\n");
    }

    private static void WriteMoved(StringBuilder text, ReportView view)
    {
        var rows = view.Matrix.Rows.Where(r => r.Cells[0]?.State is { } state && state is not (CellState.Still or CellState.TooFew))
            .OrderByDescending(r => r.Weight).ThenBy(r => r.Attribute, StringComparer.Ordinal).ThenBy(r => r.Value, StringComparer.Ordinal).ToArray();
        if (view.Comparison is null || rows.Length == 0)
        {
            return;
        }

        text.Append("Cohorts that moved or were tested:\n\n");
        MarkdownText.Head(text, ["cohort", "questions", $"in top {Figures.Whole(view.Input.Top)}", view.Matrix.Main, "difference, 95% interval", "says"]);
        foreach (var row in rows.Take(ShownCohorts))
        {
            MarkdownText.Row(text, Cells(row));
        }

        text.Append(rows.Length > ShownCohorts ? $"\nand {Figures.Whole(rows.Length - ShownCohorts)} more in the report.\n\n" : "\n");
    }

    private static IEnumerable<string> Cells(MatrixRow row)
    {
        var cell = row.Cells[0]!;
        yield return MarkdownText.Escape($"{row.Attribute} = {row.Value}");
        yield return Figures.Whole(row.N);
        yield return $"{Figures.Whole(row.Counts.Before!.Value)} → {Figures.Whole(row.Counts.Now)}";
        yield return cell.Change is { } change ? $"{Figures.Value(cell.Metric, change.Before)} → {Figures.Value(cell.Metric, change.After)}" : Figures.Value(cell.Metric, cell.Now.Mean);
        yield return cell.Change is { } moved ? $"{Figures.Difference(cell.Metric, moved.Difference)} {Figures.Interval(cell.Metric, moved.Low, moved.High)}" : "";
        yield return CellWords.Mark(cell.State);
    }

    private static void WriteOverall(StringBuilder text, ReportView view)
    {
        MarkdownText.Head(text, ["model", $"in top {Figures.Whole(view.Input.Top)}", .. view.Matrix.Metrics]);
        foreach (var report in view.Input.References.Prepend(view.Now))
        {
            int found = report.Queries.Count(q => q.FirstRelevantRank <= view.Input.Top);
            MarkdownText.Row(text, [MarkdownText.Escape(report.Label), Figures.Whole(found), .. view.Matrix.Metrics.Select(m => report.Metrics.TryGetValue(m, out var s) ? Figures.Value(m, s.Mean) : "–")]);
        }

        text.Append('\n');
    }

    private static void WriteChanged(StringBuilder text, ReportView view)
    {
        if (view.Comparison is not { } comparison)
        {
            return;
        }

        int depth = Math.Min(comparison.Before.Depth, comparison.After.Depth);
        WriteQuestions(text, view, "Broken", [.. comparison.Broken.OrderBy(q => q.RanksWon(depth))]);
        WriteQuestions(text, view, "Fixed", [.. comparison.Fixed.OrderByDescending(q => q.RanksWon(depth))]);
    }

    private static void WriteQuestions(StringBuilder text, ReportView view, string title, Evaluation.QuestionChange[] questions)
    {
        if (questions.Length == 0)
        {
            return;
        }

        text.Append("<details><summary>").Append(title).Append(": ").Append(Figures.Count(questions.Length, "question")).Append("</summary>\n\n");
        foreach (var question in questions.Take(view.Input.Examples))
        {
            text.Append("- ").Append(Rank(question.Before)).Append(" → ").Append(Rank(question.After)).Append(": ").Append(MarkdownText.Escape(Snippet.Of(question.Query, 160))).Append('\n');
        }

        text.Append(questions.Length > view.Input.Examples ? $"- and {Figures.Whole(questions.Length - view.Input.Examples)} more\n" : "").Append("\n</details>\n\n");
    }

    private static string Rank(int? rank) => rank is { } r ? "rank " + Figures.Whole(r) : "not found";

    private static void WriteProvenance(StringBuilder text, ReportView view)
    {
        text.Append("<details><summary>Where this came from</summary>\n\n");
        foreach (string note in LimitsSection.Notes(view))
        {
            text.Append("- ").Append(MarkdownText.Escape(note)).Append('\n');
        }

        foreach (var (name, value) in ProvenanceSection.Facts(view))
        {
            text.Append("- ").Append(MarkdownText.Escape(name)).Append(": ").Append(MarkdownText.Escape(value)).Append('\n');
        }

        text.Append("\n</details>\n");
    }
}
