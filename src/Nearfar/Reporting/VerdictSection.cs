using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>Counts of questions, the verdict, and why.</summary>
internal static class VerdictSection
{
    private const int ShownQuestions = 5;
    private const int ShownWatch = 8;
    private const int ShownReasons = 6;

    public static void WriteHeader(Markup page, ReportView view)
    {
        using (page.In("header"))
        {
            page.Leaf("p", ReportTitle.Of(view), ("class", "eyebrow"), ("dir", "auto"));
            page.Leaf("h1", view.Counts.FirstLine);
            WriteVerdict(page, view.Decision);
            WriteCounts(page, view.Counts);
            if (ReasonText.Disjoint(view.Now) is { } disjoint)
            {
                page.Leaf("p", disjoint, ("class", "soft"));
            }

            if (ReasonText.Frozen(view) is { } frozen)
            {
                page.Leaf("p", frozen, ("class", "soft"));
            }
        }
    }

    public static void WriteReasons(Markup page, ReportView view)
    {
        if (view.Decision is not { } decision)
        {
            return;
        }

        using (page.In("section", ("aria-labelledby", "why")))
        {
            page.Leaf("h2", "Why", ("id", "why"));
            WriteNotes(page, decision);
            var decisive = decision.Reasons.Where(r => r.Outcome != TestOutcome.Fine).OrderBy(r => r.Outcome == TestOutcome.Bad ? 0 : 1).ToArray();      // stable
            var fine = decision.Reasons.Where(r => r.Outcome == TestOutcome.Fine).ToArray();
            var shown = decisive.Length > 0 ? decisive : fine;
            bool isLong = shown.Length > ShownReasons + 1;       // one more is no longer than a line that folds it
            WriteList(page, view, isLong ? shown[..ShownReasons] : shown);
            if (isLong)
            {
                Fold(page, view, FoldedTitle(shown[ShownReasons..]), shown[ShownReasons..]);
            }

            if (decisive.Length > 0 && fine.Length > 0)
            {
                Fold(page, view, $"{Figures.Count(fine.Length, "test")} proven fine", fine);
            }

            if (view.Watch.Count > 0)
            {
                page.Leaf("h3", "Watch: these cohorts may have fallen");
                page.Leaf("p", "At most about one in ten of this list is chance. It does not block.", ("class", "soft"));
                WriteWatch(page, view);
            }

            if (decision.Advice.Count > 0)
            {
                Fold(page, view, $"{Figures.Count(decision.Advice.Count, "limit")} reported as advice, not blocking", decision.Advice);
            }
        }
    }

    private static string FoldedTitle(GateReason[] rest)
    {
        int bad = rest.Count(r => r.Outcome == TestOutcome.Bad), open = rest.Count(r => r.Outcome == TestOutcome.Open);
        string[] kinds = [.. new[] { (bad, "proven bad"), (open, "not decided"), (rest.Length - bad - open, "proven fine") }.Where(k => k.Item1 > 0).Select(k => $"{Figures.Whole(k.Item1)} more {k.Item2}")];
        return string.Join(", ", kinds);
    }

    private static void WriteNotes(Markup page, GateDecision decision)
    {
        foreach (string note in decision.Notes)
        {
            page.Leaf("p", note, ("class", "soft"), ("dir", "auto"));
        }
    }

    private static void WriteWatch(Markup page, ReportView view)
    {
        using (page.In("ul"))
        {
            foreach (var reason in view.Watch.Take(ShownWatch))
            {
                using (page.In("li", ("class", "watch")))
                {
                    page.Leaf("b", "◆ watch", ("class", "open")).Text(" ").Leaf("b", ReasonText.Who(reason), ("dir", "auto"));
                    page.Text($": {view.CountsFor(reason)}. {ReasonText.What(reason)}{(reason.P is { } p ? $"; p {Figures.Fixed(p, 4)}" : "")}.");
                }
            }

            if (view.Watch.Count > ShownWatch)
            {
                page.Leaf("li", $"and {Figures.Whole(view.Watch.Count - ShownWatch)} more, marked in the tables below");
            }
        }
    }

    private static void WriteVerdict(Markup page, GateDecision? decision)
    {
        string state = decision is null ? "" : decision.Verdict switch { Verdict.Passed => " good", Verdict.Blocked => " bad", _ => " open" };
        using (page.In("p", ("class", "verdict" + state)))
        {
            page.Leaf("strong", decision is null ? "No verdict" : $"{ReasonText.Symbol(decision.Verdict)} {ReasonText.Word(decision.Verdict)}");
            page.Leaf("span", decision is null ? "This report has not been through the gate." : ReasonText.Because(decision), ("dir", "auto"));
        }
    }

    private static void WriteCounts(Markup page, QuestionCounts counts)
    {
        using (page.In("ul", ("class", "counts"), ("aria-label", $"Questions by what became of their right page in the top {Figures.Whole(counts.Top)}")))
        {
            if (counts.Before is null)
            {
                Count(page, "kept", counts.Now, $"✓ right page in top {Figures.Whole(counts.Top)}");
                Count(page, "missed", counts.Questions - counts.Now, "○ missed");
                return;
            }

            Count(page, "kept", counts.Kept!.Value, "✓ right before and now");
            Count(page, "fixed", counts.Fixed!.Value, "▲ fixed");
            Count(page, "broken", counts.Broken!.Value, "▼ broken");
            Count(page, "missed", counts.Missed!.Value, "○ missed before and now");
        }
    }

    private static void Count(Markup page, string kind, int count, string words)
    {
        using (page.In("li", ("class", kind)))
        {
            page.Leaf("b", Figures.Whole(count)).Text(words);
        }
    }

    private static void Fold(Markup page, ReportView view, string title, IReadOnlyList<GateReason> reasons)
    {
        using (page.In("details", ("class", "fold")))
        {
            page.Leaf("summary", title);
            WriteList(page, view, reasons);
        }
    }

    private static void WriteList(Markup page, ReportView view, IReadOnlyList<GateReason> reasons)
    {
        using (page.In("ul", ("class", "reasons")))
        {
            foreach (var reason in reasons)
            {
                WriteReason(page, view, reason);
            }
        }
    }

    private static void WriteReason(Markup page, ReportView view, GateReason reason)
    {
        string state = reason.Outcome switch { TestOutcome.Fine => "good", TestOutcome.Bad => "bad", _ => "open" };
        using (page.In("li", ("class", state)))
        {
            page.Leaf("b", $"{ReasonText.Symbol(reason.Outcome)} {ReasonText.Finding(reason)}", ("class", "mark"));
            using (page.In("p"))
            {
                page.Leaf("b", ReasonText.Who(reason), ("dir", "auto")).Text($": {view.CountsFor(reason)}. {ReasonText.What(reason)}.");
            }

            using (page.In("details", ("class", "fold")))
            {
                page.Leaf("summary", "The numbers");
                WriteNumbers(page, reason);
                WriteQuestions(page, view, reason);
            }
        }
    }

    private static void WriteNumbers(Markup page, GateReason reason)
    {
        using (page.In("dl", ("class", "facts")))
        {
            Fact(page, "rule", reason.Rule);
            Fact(page, "questions, documents asked for", $"{Figures.Whole(reason.N)}, {Figures.Whole(reason.Clusters)}");
            Fact(page, reason.Difference is null ? "mean" : "difference", reason.Difference is { } d ? Figures.Difference(reason.Metric, d) : Figures.Value(reason.Metric, reason.Candidate));
            Fact(page, "lower and upper bound", reason.Difference is null ? Figures.Range(reason.Metric, reason.Low, reason.High) : Figures.Interval(reason.Metric, reason.Low, reason.High));
            Fact(page, "held against", reason.Difference is null ? Figures.Value(reason.Metric, reason.Threshold) : Figures.Difference(reason.Metric, reason.Threshold));
            Fact(page, "confidence of \"fine\"", Figures.Fixed(100 * reason.FineConfidence, 3) + " %, one-sided");
            Fact(page, "smallest effect these could show", reason.SmallestEffect is { } effect ? Figures.Value(reason.Metric, effect) : null);
            Fact(page, "questions that would decide", reason.QueriesNeeded is { } needed ? "about " + Figures.Whole(needed) : null);
            Fact(page, "drawn towards its family, for display", reason.Shrunken is { } shrunken ? reason.Difference is null ? Figures.Value(reason.Metric, shrunken) : Figures.Difference(reason.Metric, shrunken) : null);
            Fact(page, "adjusted p", reason.AdjustedP is { } p ? Figures.Fixed(p, 4) : null);
            Fact(page, "p of this cohort alone", reason.P is { } own ? Figures.Fixed(own, 4) : null);
            if (reason.Note is { } note)
            {
                page.Leaf("dt", "note").Leaf("dd", note, ("dir", "auto"), ("class", "wide"));       // a sentence, too long for one column on paper
            }
        }
    }

    private static void Fact(Markup page, string name, string? value)
    {
        if (value is not null)
        {
            page.Leaf("dt", name).Leaf("dd", value, ("dir", "auto"));
        }
    }

    private static void WriteQuestions(Markup page, ReportView view, GateReason reason)
    {
        if (reason.QueryIds.Count == 0)
        {
            return;
        }

        page.Leaf("p", $"{Figures.Count(reason.QueryIds.Count, "question")} against it, worst first:");
        using (page.In("ul"))
        {
            foreach (string id in reason.QueryIds.Take(ShownQuestions))
            {
                using (page.In("li"))
                {
                    page.Leaf("bdi", Snippet.Of(id, 120), ("class", "id")).Text(" ");
                    Texts.Write(page, "span", view.QuestionOf(id));
                }
            }

            if (reason.QueryIds.Count > ShownQuestions)
            {
                page.Leaf("li", $"and {Figures.Whole(reason.QueryIds.Count - ShownQuestions)} more, named in decision.json");
            }
        }
    }
}
