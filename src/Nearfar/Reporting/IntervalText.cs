using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Reporting;

/// <summary>The interval of a paired difference in words. One that rests on few changes is marked: it is printed, but not as one of 95 %.</summary>
internal static class IntervalText
{
    /// <summary>Stands before an interval that rests on few changes.</summary>
    public const string Mark = "≈";

    /// <summary>What the mark says, in few words.</summary>
    public const string Meaning = "few changes, not a 95% interval";

    /// <summary>The same with its numbers, those of <see cref="MetricChange.FewChanges"/>.</summary>
    public static readonly string LongMeaning =
        $"{Meaning}: under {Figures.Whole(MeanBounds.EnoughBinaryChanges)} documents whose questions changed, or under {Figures.Whole(MeanBounds.EnoughGradedChanges)} where a measure is not yes or no";

    /// <summary>One line without markup: <c>≈ [low, high]</c>, or <c>no interval</c>.</summary>
    public static string Of(string metric, MetricChange change) => (change.FewChanges ? Mark + " " : "") + Figures.Interval(metric, change.Low, change.High);

    /// <summary>The same for ears: what a screen reader says of a drawing.</summary>
    public static string Spoken(string metric, MetricChange change) => (change.FewChanges ? Meaning + ": " : "") + Figures.Interval(metric, change.Low, change.High);

    /// <summary>One word of a cell: on a narrow screen it goes to a line of its own rather than break. The mark is read out by its meaning.</summary>
    public static void Write(Markup page, string metric, MetricChange change)
    {
        using (page.In("span", ("class", "nowrap")))
        {
            if (change.FewChanges)
            {
                page.Leaf("span", Mark, ("role", "img"), ("aria-label", Meaning), ("title", Meaning)).Text(" ");
            }

            page.Text(Figures.Interval(metric, change.Low, change.High));
        }
    }
}
