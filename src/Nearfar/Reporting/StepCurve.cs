namespace Nearfar.Reporting;

/// <summary>One small picture of a value over the steps, with its own scale and its figures in words.</summary>
internal static class StepCurve
{
    private const int Height = 72, Width = 1000, Most = 240;      // points of a line: more than a narrow picture can show

    public static void Draw(Markup page, string name, IReadOnlyList<(long Step, double Value)> points, double? marked, string? note = null, bool smooth = false)
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

            using (page.In("svg", ("viewBox", $"0 0 {Width} {Height}"), ("height", Figures.Whole(Height)), ("preserveAspectRatio", "none"), ("role", "img"),
                ("aria-label", $"{name}: {range}, lowest {Number(low)}, highest {Number(high)}, steps {points[0].Step} to {points[^1].Step}")))
            {
                page.Empty("line", ("class", "axis"), ("x1", "0"), ("x2", Figures.Whole(Width)), ("y1", Figures.Whole(Height)), ("y2", Figures.Whole(Height)), ("vector-effect", "non-scaling-stroke"));
                if (smooth)
                {
                    Line(page, "faint", points, low, high, points[^1].Step);
                }

                Line(page, "curve", line, low, high, points[^1].Step);
                if (marked is { } step && points[^1].Step > 0 && step <= points[^1].Step)
                {
                    string x = Figures.Coordinate(Width * step / points[^1].Step);
                    page.Empty("line", ("class", "zero"), ("x1", x), ("x2", x), ("y1", "0"), ("y2", Figures.Whole(Height)), ("vector-effect", "non-scaling-stroke"));
                }
            }

            page.Leaf("p", $"{Number(low)} … {Number(high)}{(note is null ? "" : $"; {note}")}");
        }
    }

    private static void Line(Markup page, string kind, IReadOnlyList<(long Step, double Value)> points, double low, double high, long last)
    {
        var text = new System.Text.StringBuilder();
        double range = high > low ? high - low : 1;
        int every = (points.Count + Most - 1) / Most;
        for (int i = 0; i < points.Count; i++)
        {
            if (i % every == 0 || i == points.Count - 1)
            {
                double y = 4 + ((Height - 8) * (1 - ((points[i].Value - low) / range)));
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
