using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>The end of <c>loop</c> and <c>gate</c> in a terminal: plain lines, no colours, no control characters.</summary>
/// <remarks>Equal input gives equal lines, whatever the machine's culture. Thread-safe.</remarks>
public static class ConsoleSummary
{
    private const int Shown = 6;

    /// <summary>The lines: counts of questions, the verdict, what is bad or open, the cohorts that moved.</summary>
    /// <param name="input">Reports of one set; a decision only with the reports it was made on.</param>
    /// <param name="why">Adds the statistics of every test. Default false.</param>
    /// <exception cref="NearfarException">The reports are of different sets, or the decision was made on another report.</exception>
    public static IReadOnlyList<string> Lines(ReportInput input, bool why = false)
    {
        var view = new ReportView(input);
        var lines = new List<string> { view.Counts.FirstLine };
        if (view.Decision is { } decision)
        {
            if (ReasonText.Disjoint(view.Now) is { } disjoint)
            {
                lines.Add(disjoint);
            }

            lines.Add($"{ReasonText.Word(decision.Verdict)}. {ReasonText.Because(decision)}");
            lines.AddRange(decision.Reasons.Where(r => r.Outcome != TestOutcome.Fine).Select(r =>
                $"  {Word(r.Outcome)}  {ReasonText.Who(r)}: {view.CountsFor(r)}. {ReasonText.What(r)}{ReasonText.Needed(r)}."));
            AddList(lines, "watch, may have fallen", [.. view.Watch.Select(r => $"{r.Cohort?.ToString() ?? "all questions"}: {ReasonText.Moved(r)}")]);
        }

        AddMoved(lines, view);
        if (why && view.Decision is { } decided)
        {
            lines.Add("Why, in numbers:");
            lines.AddRange(decided.Reasons.Concat(view.Watch).Concat(decided.Advice).Concat(decided.Unproven).Select(r => $"  {r.Rule}  {r}"));
        }

        return [.. lines.Select(Clean)];
    }

    private static void AddMoved(List<string> lines, ReportView view)
    {
        var moved = view.Matrix.Rows.Where(r => r.Cells[0]?.Change is { Low: not null }).OrderBy(r => r.Cells[0]!.Change!.Difference * Math.Sqrt(r.N)).ToArray();
        AddList(lines, "down", [.. moved.Where(r => r.Cells[0]!.Change!.High < 0).Select(Move)]);
        AddList(lines, "up", [.. moved.Reverse().Where(r => r.Cells[0]!.Change!.Low > 0).Select(Move)]);
        if (view.Comparison is not null && !moved.Any(r => r.Cells[0]!.Change is { } c && (c.High < 0 || c.Low > 0)))
        {
            lines.Add($"  no cohort moved in {view.Matrix.Main} by more than its 95% interval");
        }
    }

    private static string Move(MatrixRow row)
    {
        var cell = row.Cells[0]!;
        MetricChange change = cell.Change!;
        return $"{row.Attribute}={row.Value} {cell.Metric} {Figures.Value(cell.Metric, change.Before)} to {Figures.Value(cell.Metric, change.After)} "
            + $"(n {Figures.Whole(row.N)}, in top {Figures.Whole(row.Counts.Top)}: {Figures.Whole(row.Counts.Before!.Value)} to {Figures.Whole(row.Counts.Now)})";
    }

    private static void AddList(List<string> lines, string title, string[] items)
    {
        lines.AddRange(items.Take(Shown).Select(i => $"  {title}  {i}"));
        if (items.Length > Shown)
        {
            lines.Add($"  {title}  and {Figures.Whole(items.Length - Shown)} more in the report");
        }
    }

    private static string Word(TestOutcome outcome) => outcome == TestOutcome.Bad ? "bad " : "open";

    // Cohort values come from data: an escape sequence in one must not reach the terminal.
    private static string Clean(string line) => string.Concat(line.EnumerateRunes().Select(r => System.Text.Rune.IsControl(r) ? "\uFFFD" : r.ToString()));
}
