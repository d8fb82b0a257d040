using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>A difference with its interval on an axis that all rows of a table share. Positions are percentages, so it is as wide as its cell.</summary>
/// <param name="reach">Half the axis: it runs from -reach to +reach.</param>
internal sealed class IntervalPlot(double reach)
{
    private const int LargeEnough = 30;

    /// <summary>An axis that holds the cohorts large enough to have narrow intervals, the smaller ones only when there are no others; at least ±0.05, so that noise does not look like a fall.</summary>
    /// <remarks>One wide interval would press all others together: what reaches beyond the axis ends in an arrow head.</remarks>
    public static IntervalPlot Over(IReadOnlyList<MetricChange> changes)
    {
        var large = changes.Where(c => c.N >= LargeEnough).ToArray();
        var ends = (large.Length > 0 ? large : changes).SelectMany(c => (double[])[c.Difference, c.Low ?? 0, c.High ?? 0]);
        return new(Math.Max(0.05, ends.Select(Math.Abs).DefaultIfEmpty(0).Max() * 1.05));
    }

    public double Reach => reach;

    /// <param name="page">Receives the drawing.</param>
    /// <param name="change">The difference, where the dot stands, and its interval, if there is one; broken where it rests on few changes.</param>
    /// <param name="limit">What the gate held the interval against.</param>
    /// <param name="state"><c>good</c>, <c>bad</c>, <c>open</c> or empty: the colour, never the only sign.</param>
    /// <param name="text">What a screen reader says.</param>
    public void Draw(Markup page, MetricChange change, double? limit, string state, string text)
    {
        var (difference, low, high) = (change.Difference, change.Low, change.High);
        using (page.In("svg", ("class", state), ("height", "14"), ("role", "img"), ("aria-label", text)))
        {
            page.Empty("line", ("class", "zero"), ("x1", "50%"), ("x2", "50%"), ("y1", "-3"), ("y2", "17"));
            if (limit is { } l && Math.Abs(l) <= reach)
            {
                page.Empty("line", ("class", "limit"), ("x1", At(l)), ("x2", At(l)), ("y1", "-3"), ("y2", "17"));
            }

            if (low is { } from && high is { } to)
            {
                page.Empty("line", ("class", change.FewChanges ? "range few" : "range"), ("x1", At(from)), ("x2", At(to)), ("y1", "7"), ("y2", "7"));
            }

            if (Math.Min(difference, low ?? 0) < -reach)
            {
                page.Leaf("text", "‹", ("x", "0%"), ("y", "11"), ("text-anchor", "end"));
            }

            if (Math.Max(difference, high ?? 0) > reach)
            {
                page.Leaf("text", "›", ("x", "100%"), ("y", "11"));
            }

            page.Empty("circle", ("class", "dot"), ("cx", At(difference)), ("cy", "7"), ("r", "4"));
        }
    }

    private string At(double value) => Figures.Position(50 + (50 * Math.Clamp(value / reach, -1, 1)));
}
