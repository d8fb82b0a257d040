using System.Text;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>The report as Markdown for a pull request: counts, verdict and why, cohorts that moved; the rest is folded.</summary>
/// <remarks>Equal input gives equal text, whatever the machine's culture. Thread-safe.</remarks>
public static class MarkdownReport
{
    /// <summary>UTF-8 bytes that a report never exceeds: a comment on GitHub takes 65,536 characters, and whoever posts it adds a line or two.</summary>
    public const int MostBytes = 64_000;

    private const int ShownCohorts = 12;
    private const int ShownReasons = 20;
    private const int FoldedReasons = 60;
    private const int LongestLine = 600;

    /// <summary>Renders the report.</summary>
    /// <param name="input">Reports of one set; a decision only with the reports it was made on.</param>
    /// <returns>GitHub-flavoured Markdown with "\n" line ends, at most <see cref="MostBytes"/> long; what was left out is named at its end.</returns>
    /// <exception cref="NearfarException">The reports are of different sets, or the decision was made on another report.</exception>
    public static string Render(ReportInput input)
    {
        var view = new ReportView(input);
        var text = new StringBuilder();
        text.Append("**").Append(view.Counts.FirstLine).Append("**\n\n").Append(MarkdownText.Escape(ReportTitle.Of(view))).Append(". ");
        text.Append(ReasonText.Disjoint(view.Now) is { } disjoint ? MarkdownText.Escape(disjoint) : "").Append("\n\n");
        text.Append(ReasonText.Frozen(view) is { } frozen ? MarkdownText.Escape(frozen) + "\n\n" : "");
        WriteVerdict(text, view);
        AppendWhileItFits(text, view);
        return text.ToString();
    }

    // What matters most comes first; a part that does not fit is left out whole, so that no table or fold is cut open.
    private static void AppendWhileItFits(StringBuilder text, ReportView view)
    {
        (string Name, Action<StringBuilder> Write)[] parts =
        [
            ("cohorts", t => WriteMoved(t, view)),
            ("all questions", t => WriteOverall(t, view)),
            ("slices", t => WriteSlices(t, view)),
            ("questions that changed", t => WriteChanged(t, view)),
            ("statistics", t => WriteFolded(t, "Why: the statistics", view.Decision?.Reasons ?? [])),
            ("watch list", t => WriteFolded(t, "Watch list: cohorts that may have fallen; does not block", view.Watch)),
            ("advice", t => WriteFolded(t, "Advice: limits that do not block", view.Decision?.Advice ?? [])),
            ("provenance", t => WriteProvenance(t, view)),
            ("unproven cohorts", t => WriteFolded(t, "Unproven cohorts; they do not change the verdict", view.Decision?.Unproven ?? [])),
        ];
        var cut = new List<string>();
        int left = MostBytes - System.Text.Encoding.UTF8.GetByteCount(text.ToString()) - 500;
        foreach (var (name, write) in parts)
        {
            var part = new StringBuilder();
            write(part);
            int size = System.Text.Encoding.UTF8.GetByteCount(part.ToString());
            if (size <= left)
            {
                text.Append(part);
                left -= size;
            }
            else
            {
                cut.Add(name);
            }
        }

        text.Append(cut.Count > 0 ? $"Left out, because a comment has room for {MostBytes / 1000} kB: {string.Join(", ", cut)}. The HTML report has them.\n" : "");
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
        foreach (var reason in decision.Reasons.Take(ShownReasons))
        {
            text.Append("- ").Append(ReasonText.Symbol(reason.Outcome)).Append(' ').Append(ReasonText.Finding(reason)).Append(": **")
                .Append(MarkdownText.Escape(ReasonText.Who(reason))).Append("**, ").Append(view.CountsFor(reason)).Append(". ")
                .Append(MarkdownText.Escape(ReasonText.What(reason))).Append(".\n");
        }

        text.Append(decision.Reasons.Count > ShownReasons ? $"- and {Figures.Count(decision.Reasons.Count - ShownReasons, "test")} more\n" : "").Append('\n');
    }

    private static void WriteFolded(StringBuilder text, string title, IReadOnlyList<GateReason> reasons)
    {
        if (reasons.Count == 0)
        {
            return;
        }

        text.Append("<details><summary>").Append(title).Append(": ").Append(Figures.Whole(reasons.Count)).Append("</summary>\n\n");
        foreach (var reason in reasons.Take(FoldedReasons))
        {
            text.Append("- ").Append(reason.Rule).Append(": ").Append(MarkdownText.Escape(Snippet.Of(reason.ToString(), LongestLine))).Append('\n');
        }

        text.Append(reasons.Count > FoldedReasons ? $"- and {Figures.Whole(reasons.Count - FoldedReasons)} more, in decision.json\n" : "").Append("\n</details>\n\n");
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
        text.Append(rows.Take(ShownCohorts).Any(r => r.Cells[0]!.Change?.FewChanges == true) ? $"{IntervalText.Mark} {IntervalText.LongMeaning}.\n\n" : "");
    }

    private static IEnumerable<string> Cells(MatrixRow row)
    {
        var cell = row.Cells[0]!;
        yield return MarkdownText.Escape(ReasonText.NameOf(new CohortKey(row.Attribute, row.Value)));
        yield return Figures.Whole(row.N);
        yield return $"{Figures.Whole(row.Counts.Before!.Value)} → {Figures.Whole(row.Counts.Now)}";
        yield return cell.Change is { } change ? $"{Figures.Value(cell.Metric, change.Before)} → {Figures.Value(cell.Metric, change.After)}" : Figures.Value(cell.Metric, cell.Now.Mean);
        yield return cell.Change is { } moved ? $"{Figures.Difference(cell.Metric, moved.Difference)} {IntervalText.Of(cell.Metric, moved)}" : "";
        yield return CellWords.Mark(cell.State);
    }

    private static void WriteOverall(StringBuilder text, ReportView view)
    {
        MarkdownText.Head(text, ["model", $"in top {Figures.Whole(view.Input.Top)}", .. view.Matrix.Metrics]);
        foreach (var report in view.Input.References.Prepend(view.Now))
        {
            int found = report.Queries.Count(q => q.FirstRelevantRank <= view.Input.Top);
            MarkdownText.Row(text, [MarkdownText.Escape(ReportTitle.NameOf(report)), Figures.Whole(found), .. view.Matrix.Metrics.Select(m => report.Metrics.TryGetValue(m, out var s) ? Figures.Value(m, s.Mean) : "–")]);
        }

        text.Append('\n');
    }

    private static void WriteSlices(StringBuilder text, ReportView view)
    {
        if (view.Slices is not { } findings)
        {
            return;
        }

        text.Append("<details><summary>Slices that nobody named: ").Append(Figures.Whole(findings.Slices.Count + findings.Retested.Count)).Append("</summary>\n\n");
        text.Append(MarkdownText.Escape(SlicesSection.Searched(findings))).Append("\n\n");
        foreach (var slice in findings.Slices.Concat(findings.Retested))
        {
            text.Append("- ").Append(SlicesSection.Standing(slice)).Append(": **").Append(MarkdownText.Escape(Snippet.Of(slice.Name, 200))).Append("**, ").Append(Figures.Count(slice.N, "question"))
                .Append(", effect ").Append(Figures.Difference(findings.Metric, slice.Effect)).Append(", adjusted p ").Append(Figures.Fixed(slice.AdjustedP, 4)).Append('\n');
        }

        text.Append('\n').Append(MarkdownText.Escape(SlicesSection.Limits(findings))).Append("\n\n</details>\n\n");
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
            text.Append("- ").Append(MarkdownText.Escape(Snippet.Of(name, 120))).Append(": ").Append(MarkdownText.Escape(Snippet.Of(value, 400))).Append('\n');
        }

        text.Append("\n</details>\n");
    }
}
