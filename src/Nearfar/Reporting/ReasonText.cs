using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>A gate's reason in plain words; its statistics are <see cref="GateReason.ToString"/>.</summary>
internal static class ReasonText
{
    private const int LongestName = 80;

    /// <summary>Whom the test is about.</summary>
    public static string Who(GateReason reason) => reason.Cohort is { } cohort
        ? $"{(reason.Rule == "G2" ? "Protected cohort" : "Cohort")} {NameOf(cohort)}"
        : "All questions";

    /// <summary><c>intent = refund-policy</c>; cohort values are data and may be long.</summary>
    public static string NameOf(CohortKey? cohort) =>
        cohort is { } key ? $"{Snippet.Of(key.Attribute, LongestName)} = {Snippet.Of(key.Value, LongestName)}" : "all questions";

    /// <summary>What was measured and what was wanted.</summary>
    public static string What(GateReason reason) => reason.Baseline is null || reason.Difference is null
        ? $"{reason.Metric} {Figures.Value(reason.Metric, reason.Candidate)}; {(reason.Rule == "violation" ? "at most" : "at least")} {Figures.Value(reason.Metric, reason.Threshold)} is wanted"
        : reason.Rule == "watch" ? $"{Moved(reason)}; margins are watched and never block"
        : $"{Moved(reason)}; a fall of {Figures.Value(reason.Metric, Math.Abs(reason.Threshold))} is allowed";

    /// <summary>The measure before and now, and against what.</summary>
    public static string Moved(GateReason reason)
    {
        string metric = reason.Metric;
        string now = Figures.Value(metric, reason.Candidate);
        if (reason.Baseline is { } before && reason.Difference is { } difference)
        {
            string against = reason.Reference is { } kind ? $" against {Name(kind)}" : "";
            return $"{metric} {Figures.Value(metric, before)}, now {now} ({Figures.Difference(metric, difference)}){against}";
        }

        return $"{metric} {now}";
    }

    /// <summary>What the data say about it.</summary>
    public static string Finding(GateReason reason) => reason.Outcome switch
    {
        TestOutcome.Bad => "proven bad",
        TestOutcome.Fine => "proven fine",
        _ => "not decided" + Needed(reason),
    };

    /// <summary>How many questions would decide an open test; empty for others.</summary>
    public static string Needed(GateReason reason) => reason.Outcome != TestOutcome.Open ? ""
        : reason.QueriesNeeded is { } needed ? $"; {Figures.Whole(reason.N)} questions are here, about {Figures.Whole(needed)} would decide"
        : $"; {Figures.Count(reason.N, "question")} on {Figures.Count(reason.Clusters, "document")} cannot tell, more are needed";

    public static string Name(ReferenceKind kind) => kind switch
    {
        ReferenceKind.Current => "the current release",
        ReferenceKind.Bm25 => "keyword search (BM25)",
        ReferenceKind.Untrained => "the untrained encoder",
        _ => "an earlier release",
    };

    public static string Word(Verdict verdict) => verdict switch { Verdict.Passed => "PASSED", Verdict.Blocked => "BLOCKED", _ => "INCONCLUSIVE" };

    public static string Symbol(Verdict verdict) => verdict switch { Verdict.Passed => "✓", Verdict.Blocked => "✕", _ => "?" };

    public static string Symbol(TestOutcome outcome) => outcome switch { TestOutcome.Fine => "✓", TestOutcome.Bad => "✕", _ => "?" };

    /// <summary>One sentence under the verdict.</summary>
    public static string Because(GateDecision decision)
    {
        int tests = decision.Reasons.Count;
        int bad = decision.Reasons.Count(r => r.Outcome == TestOutcome.Bad);
        int open = decision.Reasons.Count(r => r.Outcome == TestOutcome.Open);
        return decision.Verdict switch
        {
            Verdict.Passed => tests == 1 ? "The one test is proven fine." : $"All {Figures.Whole(tests)} tests are proven fine.",
            Verdict.Blocked => $"{Figures.Whole(bad)} of {Figures.Count(tests, "test")} {(bad == 1 ? "is" : "are")} proven bad: {string.Join("; ", decision.Reasons.Where(r => r.Outcome == TestOutcome.Bad).Take(3).Select(Short))}{More(bad - 3)}.",
            _ => $"Nothing is proven bad, but {Figures.Whole(open)} of {Figures.Count(tests, "test")} {(open == 1 ? "is" : "are")} not decided: {string.Join("; ", decision.Reasons.Where(r => r.Outcome == TestOutcome.Open).Take(3).Select(Short))}{More(open - 3)}.{Meaning(decision)}",
        };
    }

    private static string Short(GateReason reason) =>
        $"{NameOf(reason.Cohort)}, {reason.Metric}{(reason.Reference is { } kind ? $" against {Name(kind)}" : "")}";

    private static string More(int count) => count > 0 ? $"; and {Figures.Whole(count)} more" : "";

    private static string Meaning(GateDecision decision) => decision.OnInconclusive switch
    {
        InconclusiveAction.Pass => " The policy lets an inconclusive release pass.",
        InconclusiveAction.Block => " The policy blocks an inconclusive release.",
        _ => "",
    };

    /// <summary><c>Gate set version 3 (1a2b…): people wrote, judged or reviewed 120 of its 400 negatives, 30 %.</c>; null when no version is known.</summary>
    public static string? Frozen(ReportView view) => view.Input.GateSet is not { } set ? null
        : $"Gate set version {Figures.Whole(set.Version)} ({Figures.ShortHash(set.Hash)}): " + (set.Negatives == 0 ? "its questions carry no negatives." :
            $"people wrote, judged or reviewed {Figures.Whole(set.Reviewed)} of its {Figures.Count(set.Negatives, "negative")}, {Figures.Percent((double)set.Reviewed / set.Negatives)}.");

    /// <summary>How the questions are apart from what was trained on, by the built-in cohort <c>page</c>; null when the set does not say.</summary>
    public static string? Disjoint(Evaluation.EvalReport report)
    {
        if (!report.Cohorts.TryGetValue("page", out var pages))
        {
            return null;
        }

        int known = pages.TryGetValue("known", out var k) ? k.N : 0, unseen = pages.TryGetValue("new", out var n) ? n.N : 0;
        return $"{Figures.Count(known, "question")} on known pages (trained on with other questions), {Figures.Whole(unseen)} on new pages (no page of their cluster was trained on).";
    }
}
