namespace Nearfar.Reporting;

/// <summary>Loss and held-out quality over the steps, side by side: two scales are never laid over each other.</summary>
internal static class TrainingSection
{
    private const int Height = 140;

    public static void Write(Markup page, ReportView view)
    {
        if (view.Input.Training is not { Points.Count: > 1 } curve)
        {
            return;
        }

        using (page.In("section", ("aria-labelledby", "training")))
        {
            page.Leaf("h2", "Training", ("id", "training"));
            page.Leaf("p", curve.ChosenStep is { } step
                ? $"Step {Figures.Whole(step)} was kept, by {curve.QualityName} on held-out questions. The loss never chooses."
                : $"The step is chosen by {curve.QualityName} on held-out questions, never by the loss.");
            using (page.In("div", ("class", "twin")))
            {
                Draw(page, curve.QualityName + " on dev", curve, p => p.Quality);
                Draw(page, "training loss", curve, p => p.Loss);
            }
        }
    }

    private static void Draw(Markup page, string name, TrainingCurve curve, Func<TrainingPoint, double?> value)
    {
        var points = curve.Points.Where(p => value(p) is not null).Select(p => (p.Step, Value: value(p)!.Value)).ToArray();
        if (points.Length < 2)
        {
            return;
        }

        double low = points.Min(p => p.Value);
        double high = points.Max(p => p.Value);
        double range = high > low ? high - low : 1;
        int last = Math.Max(1, curve.Points[^1].Step);
        string summary = $"{name}: from {Figures.Fixed(points[0].Value, 3)} to {Figures.Fixed(points[^1].Value, 3)}, lowest {Figures.Fixed(low, 3)}, highest {Figures.Fixed(high, 3)}";
        using (page.In("figure"))
        {
            page.Leaf("figcaption", summary, ("class", "soft"));
            using (page.In("svg", ("height", Figures.Whole(Height + 22)), ("role", "img"), ("aria-label", summary + $", over {Figures.Whole(last)} steps")))
            {
                DrawLine(page, points, low, range, last);
                page.Empty("line", ("class", "axis"), ("x1", "0%"), ("x2", "100%"), ("y1", Figures.Whole(Height)), ("y2", Figures.Whole(Height)));
                page.Leaf("text", "step 0", ("x", "0%"), ("y", Figures.Whole(Height + 16)));
                page.Leaf("text", Figures.Whole(last), ("x", "100%"), ("y", Figures.Whole(Height + 16)), ("text-anchor", "end"));
                if (curve.ChosenStep is { } step)
                {
                    string at = Figures.Position(100.0 * step / last);
                    page.Empty("line", ("class", "zero"), ("x1", at), ("x2", at), ("y1", "0"), ("y2", Figures.Whole(Height)));
                }
            }
        }
    }

    private static void DrawLine(Markup page, (int Step, double Value)[] points, double low, double range, int last)
    {
        var line = new System.Text.StringBuilder();
        foreach (var (step, value) in points)
        {
            double y = 8 + ((Height - 16) * (1 - ((value - low) / range)));
            line.Append(line.Length > 0 ? " " : "").Append(Figures.Coordinate(1000.0 * step / last)).Append(',').Append(Figures.Coordinate(y));
        }

        using (page.In("svg", ("viewBox", $"0 0 1000 {Figures.Whole(Height)}"), ("height", Figures.Whole(Height)), ("preserveAspectRatio", "none")))
        {
            page.Empty("polyline", ("class", "curve"), ("points", line.ToString()));
        }
    }
}
