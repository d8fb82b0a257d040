namespace Nearfar.Reporting;

/// <summary>One small picture of a value over the steps, with its own scale and its figures in words.</summary>
internal static class StepCurve
{
    private const int Height = 72, Width = 1000, Most = 240;      // points of a line: more than a narrow picture can show

    /// <param name="page">Receives it.</param>
    /// <param name="name">What is drawn.</param>
    /// <param name="points">Ascending by step.</param>
    /// <param name="marked">Step of a dashed line.</param>
    /// <param name="note">Stands below.</param>
    /// <param name="smooth">Draws single values thin and their running mean thick.</param>
    /// <param name="scale">Lowest and highest of a scale that pictures share; null: its own.</param>
    /// <param name="below">A second value under the first, of the same steps, with its scale.</param>
    public static void Draw(Markup page, string name, IReadOnlyList<(long Step, double Value)> points, double? marked, string? note = null, bool smooth = false,
        (double Low, double High)? scale = null, (IReadOnlyList<(long Step, double Value)> Points, (double Low, double High) Scale)? below = null)
    {
        if (points.Count == 0)
        {
            return;
        }

        double low = points.Min(p => p.Value), high = points.Max(p => p.Value);
        var line = smooth ? Smoothed(points) : points;
        string range = $"{Number(line[0].Value)} to {Number(line[^1].Value)}";
        using (page.In("figure"))
        {
            using (page.In("figcaption"))
            {
                page.Leaf("b", name);
                page.Leaf("span", range);
            }

            string words = $"{name}: {range}, lowest {Number(low)}, highest {Number(high)}, steps {points[0].Step} to {points[^1].Step}";
            Pane(page, words, Height, smooth ? points : null, line, scale ?? (low, high), marked);
            if (below is { } second && second.Points.Count > 0)
            {
                Pane(page, $"{name}: margin {Number(second.Points[0].Value)} to {Number(second.Points[^1].Value)}", Height / 2, second.Points, null, second.Scale, marked);
            }

            page.Leaf("p", $"{Number(low)} … {Number(high)}{(note is null ? "" : $"; {note}")}");
        }
    }

    private static void Pane(Markup page, string words, int height, IReadOnlyList<(long Step, double Value)>? thin, IReadOnlyList<(long Step, double Value)>? thick, (double Low, double High) scale, double? marked)
    {
        long last = (thick ?? thin)![^1].Step;
        string bottom = Figures.Whole(height), right = Figures.Whole(Width);
        using (page.In("svg", ("viewBox", $"0 0 {right} {bottom}"), ("height", bottom), ("preserveAspectRatio", "none"), ("role", "img"), ("aria-label", words)))
        {
            page.Empty("line", ("class", "axis"), ("x1", "0"), ("x2", right), ("y1", bottom), ("y2", bottom), ("vector-effect", "non-scaling-stroke"));
            if (thin is not null)
            {
                Line(page, thick is null ? "then" : "faint", thin, scale, last, height);
            }

            if (thick is not null)
            {
                Line(page, "curve", thick, scale, last, height);
            }

            if (marked is { } step && last > 0 && step <= last)
            {
                string x = Figures.Coordinate(Width * step / last);
                page.Empty("line", ("class", "zero"), ("x1", x), ("x2", x), ("y1", "0"), ("y2", bottom), ("vector-effect", "non-scaling-stroke"));
            }
        }
    }

    private static void Line(Markup page, string kind, IReadOnlyList<(long Step, double Value)> points, (double Low, double High) scale, long last, int height)
    {
        var text = new System.Text.StringBuilder();
        double range = scale.High > scale.Low ? scale.High - scale.Low : 1;
        int every = (points.Count + Most - 1) / Most;
        for (int i = 0; i < points.Count; i++)
        {
            if (i % every == 0 || i == points.Count - 1)
            {
                double y = 3 + ((height - 6) * (1 - ((points[i].Value - scale.Low) / range)));
                text.Append(text.Length > 0 ? " " : "").Append(Figures.Coordinate((double)Width * points[i].Step / Math.Max(1, last))).Append(',').Append(Figures.Coordinate(y));
            }
        }

        page.Empty("polyline", ("class", kind), ("points", text.ToString()));
    }

    // A mean over a twentieth of the points, at least over one: steps are noisy, and the eye wants their drift.
    private static (long Step, double Value)[] Smoothed(IReadOnlyList<(long Step, double Value)> points)
    {
        int window = Math.Max(1, points.Count / 20);
        double sum = 0;
        var mean = new (long, double)[points.Count];
        for (int i = 0; i < points.Count; i++)
        {
            sum += points[i].Value - (i >= window ? points[i - window].Value : 0);
            mean[i] = (points[i].Step, sum / Math.Min(i + 1, window));
        }

        return mean;
    }

    private static string Number(double value) => Figures.Fixed(value, Math.Abs(value) is > 0 and < 0.0995 ? 4 : 3);
}
