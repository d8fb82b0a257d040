using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>Margin histograms of candidate and main reference over each other.</summary>
internal static class MarginSection
{
    private const int Height = 180;

    public static void Write(Markup page, ReportView view)
    {
        using (page.In("section", ("aria-labelledby", "margins")))
        {
            page.Leaf("h2", "How far apart right and wrong pages are", ("id", "margins"));
            if (MarginBins.Of(view.Now, view.ThenWithMargins) is not { } bins)
            {
                page.Leaf("p", view.Now.Space is null ? "The candidate ranks without vectors, so it has no margins." : "No question of the set carries negatives, so there are no margins.");
                return;
            }

            bool z = bins.Metric == MetricNames.ZMarginHard;
            page.Leaf("p", $"A question's hard margin is its similarity to the right page less that to the nearest wrong one{(z ? ", in standard deviations of the similarity of unrelated texts, so that models compare" : "")}. Below 0 the wrong page is nearer.");
            WriteFigure(page, view, bins);
            WriteTable(page, view, bins);
            WriteTails(page, view);
        }
    }

    // A good mean over a tenth of the questions below 0 is not good.
    private static void WriteTails(Markup page, ReportView view)
    {
        var models = view.Input.References.Prepend(view.Now).Where(r => r.Quantiles is { Count: > 0 }).ToArray();
        if (models.Length == 0)
        {
            return;
        }

        page.Leaf("h3", "The low tail", ("id", "tails"));
        page.Leaf("p", "Raw margins in each model's own unit with the 95% interval; z is the same in its spreads of unrelated texts, which compare.", ("class", "soft"));
        using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-labelledby", "tails")))
        using (page.In("table", ("class", "spaces")))
        {
            using (page.In("thead"))
            using (page.In("tr"))
            {
                foreach (string title in (ReadOnlySpan<string>)["model", "5 % are below", "10 % are below", "middle"])
                {
                    page.Leaf("th", title, ("scope", "col"));
                }
            }

            using (page.In("tbody"))
            {
                foreach (var (model, metric) in models.SelectMany(m => m.Quantiles!.Keys.Order(StringComparer.Ordinal).Select(k => (m, k))))
                {
                    WriteTail(page, model, metric);
                }
            }
        }
    }

    private static void WriteTail(Markup page, EvalReport model, string metric)
    {
        using (page.In("tr"))
        {
            using (page.In("th", ("scope", "row")))
            {
                page.Leaf("bdi", ReportTitle.NameOf(model)).Leaf("small", metric);
            }

            foreach (string name in (ReadOnlySpan<string>)["q05", "q10", "q50"])
            {
                using (page.In("td", ("class", "pair")))
                {
                    if (!model.Quantiles![metric].TryGetValue(name, out var estimate))
                    {
                        page.Leaf("span", "none", ("class", "soft"));
                        continue;
                    }

                    page.Text(Figures.Fixed(estimate.Value, 3));
                    page.Leaf("small", Bounds(estimate));
                    if (model.Scale is { Sigma: > 0 } scale)
                    {
                        page.Leaf("small", $"z {Figures.Fixed(estimate.Value / scale.Sigma, 2)}");
                    }
                }
            }
        }
    }

    private static string Bounds(Estimate estimate) => estimate switch
    {
        { Low: { } low, High: { } high } => $"{Figures.Fixed(low, 3)} to {Figures.Fixed(high, 3)}",
        { Low: { } low } => $"{Figures.Fixed(low, 3)} and up",
        { High: { } high } => $"up to {Figures.Fixed(high, 3)}",
        _ => "no interval",
    };

    private static void WriteFigure(Markup page, ReportView view, MarginBins bins)
    {
        using (page.In("figure"))
        {
            using (page.In("ul", ("class", "key")))
            {
                Key(page, "now", view.Now, bins.Metric);
                if (bins.Then is not null)
                {
                    Key(page, "then", view.ThenWithMargins!, bins.Metric);
                }
            }

            Draw(page, view, bins);
            page.Leaf("figcaption", $"{bins.Metric}; height: questions, highest bin {Figures.Whole(bins.Highest)}"
                + (view.ThenWithMargins is not null && bins.Then is null ? $". {ReportTitle.NameOf(view.ThenWithMargins)} has no margins that compare." : ""), ("class", "soft"), ("dir", "auto"));
        }
    }

    private static void Key(Markup page, string kind, EvalReport report, string metric)
    {
        using (page.In("li"))
        {
            page.Leaf("span", "", ("class", "swatch " + kind)).Leaf("bdi", ReportTitle.NameOf(report)).Text(": " + Summary(report, metric));
        }
    }

    private static string Summary(EvalReport report, string metric)
    {
        double[] values = [.. report.Queries.Where(q => q.Metrics.ContainsKey(metric)).Select(q => q.Metrics[metric])];
        int below = values.Count(v => v < 0);
        return $"mean {Figures.Value(metric, report.Metrics[metric].Mean)}; below 0: {Figures.Whole(below)} of {Figures.Count(values.Length, "question")}";
    }

    private static void Draw(Markup page, ReportView view, MarginBins bins)
    {
        string text = $"Histogram of {bins.Metric}. {ReportTitle.NameOf(view.Now)}: {Summary(view.Now, bins.Metric)}."
            + (bins.Then is null ? "" : $" {ReportTitle.NameOf(view.ThenWithMargins!)}: {Summary(view.ThenWithMargins!, bins.Metric)}.");
        using (page.In("svg", ("height", Figures.Whole(Height + 24)), ("role", "img"), ("aria-label", text)))
        {
            double width = 100.0 / bins.Now.Length;
            for (int i = 0; i < bins.Now.Length; i++)
            {
                if (bins.Now[i] > 0)
                {
                    double tall = (double)Height * bins.Now[i] / bins.Highest;
                    page.Empty("rect", ("class", "now bar"), ("x", Figures.Position((i * width) + (width * .06))), ("width", Figures.Position(width * .88)),
                        ("y", Figures.Coordinate(Height - tall)), ("height", Figures.Coordinate(tall)));
                }
            }

            DrawOutline(page, bins);
            page.Empty("line", ("class", "axis"), ("x1", "0%"), ("x2", "100%"), ("y1", Figures.Whole(Height)), ("y2", Figures.Whole(Height)));
            DrawTicks(page, bins);
        }
    }

    // A nested drawing stretches with the page; text and strokes outside it keep their size.
    private static void DrawOutline(Markup page, MarginBins bins)
    {
        if (bins.Then is not { } then)
        {
            return;
        }

        var path = new System.Text.StringBuilder("M0 " + Figures.Whole(Height));
        for (int i = 0; i < then.Length; i++)
        {
            string y = Figures.Coordinate(Height - ((double)Height * then[i] / bins.Highest));
            path.Append(System.Globalization.CultureInfo.InvariantCulture, $"V{y}H{i + 1}");
        }

        path.Append('V').Append(Figures.Whole(Height));
        using (page.In("svg", ("viewBox", $"0 0 {Figures.Whole(then.Length)} {Figures.Whole(Height)}"), ("height", Figures.Whole(Height)), ("preserveAspectRatio", "none")))
        {
            page.Empty("path", ("class", "then"), ("d", path.ToString()));
        }
    }

    private static void DrawTicks(Markup page, MarginBins bins)
    {
        int every = bins.Now.Length switch { <= 8 => 1, <= 16 => 2, <= 40 => 5, _ => 10 };
        int zero = (int)Math.Round(-bins.Start / bins.Width);
        string at = Figures.Position(100.0 * zero / bins.Now.Length);
        page.Empty("line", ("class", "zero"), ("x1", at), ("x2", at), ("y1", "0"), ("y2", Figures.Whole(Height + 4)));
        for (int edge = zero % every; edge <= bins.Now.Length; edge += every)
        {
            double value = (edge - zero) * bins.Width;
            page.Leaf("text", Figures.Fixed(value, bins.Width < .1 ? 2 : bins.Width < 1 ? 1 : 0), ("x", Figures.Position(100.0 * edge / bins.Now.Length)), ("y", Figures.Whole(Height + 18)),
                ("text-anchor", edge == 0 ? "start" : edge == bins.Now.Length ? "end" : "middle"));
        }
    }

    private static void WriteTable(Markup page, ReportView view, MarginBins bins)
    {
        using (page.In("details", ("class", "fold screen")))
        {
            page.Leaf("summary", "The picture as a table");
            using (page.In("table"))
            {
                page.Leaf("caption", $"Questions by {bins.Metric}");
                using (page.In("thead"))
                using (page.In("tr"))
                {
                    page.Leaf("th", "from", ("scope", "col")).Leaf("th", ReportTitle.NameOf(view.Now), ("scope", "col"), ("dir", "auto"));
                    if (bins.Then is not null)
                    {
                        page.Leaf("th", ReportTitle.NameOf(view.ThenWithMargins!), ("scope", "col"), ("dir", "auto"));
                    }
                }

                using (page.In("tbody"))
                {
                    WriteBins(page, bins);
                }
            }
        }
    }

    private static void WriteBins(Markup page, MarginBins bins)
    {
        for (int i = 0; i < bins.Now.Length; i++)
        {
            using (page.In("tr"))
            {
                page.Leaf("th", Figures.Fixed(bins.Start + (i * bins.Width), 3), ("scope", "row")).Leaf("td", Figures.Whole(bins.Now[i]));
                if (bins.Then is { } then)
                {
                    page.Leaf("td", Figures.Whole(then[i]));
                }
            }
        }
    }
}
