using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Reporting;

/// <summary>An interval in words. One that rests on few changes or few events is marked: it is printed, but not as one of 95 %.</summary>
internal static class IntervalText
{
    /// <summary>Stands before an interval that rests on few changes, or on few events.</summary>
    public const string Mark = "≈";

    /// <summary>What the mark says of a difference, in few words.</summary>
    public const string Meaning = "few changes, not a 95% interval";

    /// <summary>The same with its numbers, those of <see cref="MetricChange.FewChanges"/>.</summary>
    public static readonly string LongMeaning = $"{Meaning}: under {Figures.Whole(MeanBounds.EnoughChanges)} documents whose questions changed";

    /// <summary>What the mark says of a mean's own interval, in few words.</summary>
    public const string EventMeaning = "few events, not a 95% interval";

    /// <summary>The same with its numbers, those of <see cref="MetricSummary.FewEvents"/>.</summary>
    public static readonly string LongEventMeaning =
        $"{EventMeaning}: a share with a yes, or a no, at under {Figures.Whole(MeanBounds.EnoughEvents)} documents, or of under {Figures.Whole(MeanBounds.EnoughForShare)} in all, another mean with a value off 0, or off 1, at under {Figures.Whole(MeanBounds.EnoughGradedEvents)}";

    /// <summary>What the mark says of the interval of a figure that is no mean.</summary>
    public const string RoughMeaning = "rough, not a 95% interval";

    /// <summary>The interval of a mean without markup: <c>≈ low to high</c>.</summary>
    public static string Range(string metric, MetricSummary summary) => (summary.FewEvents ? Mark + " " : "") + Figures.Range(metric, summary.Low, summary.High);

    /// <summary>One line without markup: <c>≈ [low, high]</c>, or <c>no interval</c>.</summary>
    public static string Of(string metric, MetricChange change) => (change.FewChanges ? Mark + " " : "") + Figures.Interval(metric, change.Low, change.High);

    /// <summary>The same for ears: what a screen reader says of a drawing.</summary>
    public static string Spoken(string metric, MetricChange change) => (change.FewChanges ? Meaning + ": " : "") + Figures.Interval(metric, change.Low, change.High);

    /// <summary>One word of a cell: on a narrow screen it goes to a line of its own rather than break. The mark is read out by its meaning.</summary>
    public static void Write(Markup page, string metric, MetricChange change) =>
        Write(page, change.FewChanges ? Meaning : null, Figures.Interval(metric, change.Low, change.High));

    /// <summary>The same of a mean.</summary>
    public static void Write(Markup page, string metric, MetricSummary summary) =>
        Write(page, summary.FewEvents ? EventMeaning : null, Figures.Range(metric, summary.Low, summary.High));

    /// <summary>An interval that may be rough.</summary>
    public static void Write(Markup page, bool isRough, string interval) => Write(page, isRough ? RoughMeaning : null, interval);

    private static void Write(Markup page, string? meaning, string interval)
    {
        using (page.In("span", ("class", "nowrap")))
        {
            if (meaning is not null)
            {
                page.Leaf("span", Mark, ("role", "img"), ("aria-label", meaning), ("title", meaning)).Text(" ");
            }

            page.Text(interval);
        }
    }
}
