using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;

namespace Nearfar.Reporting;

/// <summary>The spaces behind the numbers: scale of their similarities, geometry, hubs. Never compared as quality: retrieval is that.</summary>
internal static class SpaceSection
{
    private const int ShownHubs = 5;
    private const int ShownCohorts = 40;

    private static readonly (string Name, string Meaning)[] s_measures =
    [
        (GeometryNames.Alignment, "mean squared distance of a question to its right pages; lower is nearer"),
        (GeometryNames.Uniformity, "0 when all documents lie together, about -4 when spread evenly"),
        (GeometryNames.Anisotropy, "mean cosine of two documents; 0 when spread evenly"),
        (GeometryNames.Isotropy, "1 when no direction is preferred"),
        (GeometryNames.IsoScore, "1 when all dimensions are used alike"),
        (GeometryNames.EffectiveRank, "directions in use"),
        (GeometryNames.ParticipationRatio, "directions in use, the large ones counting more"),
        (GeometryNames.HubSkew, "0 when documents are found about equally often"),
        (GeometryNames.HubRobinHood, "share of places that would have to move for that"),
        (GeometryNames.HubShare, "documents in the top {0} of at least {1} questions"),
        (GeometryNames.AntiHubShare, "documents that no question finds"),
        (GeometryNames.PooledAuc, "1 when one threshold can serve all questions"),
    ];

    /// <summary>Whether any model of the page has a space to show.</summary>
    public static bool IsThere(ReportView view) => Models(view).Length > 0;

    public static void Write(Markup page, ReportView view)
    {
        var models = Models(view);
        if (models.Length == 0)
        {
            return;
        }

        using (page.In("section", ("aria-labelledby", "space")))
        {
            page.Leaf("h2", "The spaces behind it", ("id", "space"));
            page.Leaf("p", "A similarity means something only within its own space. These describe a space; whether pages are found is said above.", ("class", "soft"));
            WriteScales(page, [.. models.Where(m => m.Scale is not null)]);
            WriteGeometry(page, [.. models.Where(m => m.Geometry is not null)]);
            WriteHubs(page, view);
            WriteCohortScales(page, view);
        }
    }

    private static EvalReport[] Models(ReportView view) => [.. view.Input.References.Prepend(view.Now).Where(r => r.Scale is not null || r.Geometry is not null)];

    private static void WriteScales(Markup page, EvalReport[] models)
    {
        if (models.Length == 0)
        {
            return;
        }

        page.Leaf("h3", "Similarity of unrelated texts", ("id", "space-scale"));
        double low = models.Min(m => m.Scale!.Q01), high = models.Max(m => m.Scale!.Q99);
        using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-labelledby", "space-scale")))
        using (page.In("table", ("class", "spaces")))
        {
            string axis = $"1 % to 99 %, axis {Figures.Fixed(low, 2)} to {Figures.Fixed(high, 2)}";
            Head(page, ["model", axis, "1 %", "middle", "99 %", "mean", "spread", "temperature"], numbers: true, plot: 1);
            using (page.In("tbody"))
            {
                foreach (var model in models)
                {
                    WriteScale(page, model, model.Scale!, low, high);
                }
            }
        }

        page.Leaf("p", "Pairs of a question and a document that is no answer, drawn at random: "
            + string.Join(", ", models.Select(m => m.Scale!.Pairs).Distinct().Select(n => Figures.Whole(n))) + " each. The spread is the unit of z margins; a threshold moves to another model by quantile, not by value.", ("class", "soft"));
    }

    private static void WriteScale(Markup page, EvalReport model, ScaleFingerprint scale, double low, double high)
    {
        using (page.In("tr"))
        {
            page.Leaf("th", ReportTitle.NameOf(model), ("scope", "row"), ("dir", "auto"));
            using (page.In("td", ("class", "plot")))
            {
                string At(double value) => Figures.Position(high > low ? 100 * Math.Clamp((value - low) / (high - low), 0, 1) : 50);
                string text = $"{ReportTitle.NameOf(model)}: from {Figures.Fixed(scale.Q01, 3)} by {Figures.Fixed(scale.Q50, 3)} to {Figures.Fixed(scale.Q99, 3)}";
                using (page.In("svg", ("height", "14"), ("role", "img"), ("aria-label", text)))
                {
                    page.Empty("line", ("class", "axis"), ("x1", "0%"), ("x2", "100%"), ("y1", "7"), ("y2", "7"));
                    page.Empty("line", ("class", "range"), ("x1", At(scale.Q01)), ("x2", At(scale.Q99)), ("y1", "7"), ("y2", "7"));
                    page.Empty("line", ("class", "range wide"), ("x1", At(scale.Mu - scale.Sigma)), ("x2", At(scale.Mu + scale.Sigma)), ("y1", "7"), ("y2", "7"));
                    page.Empty("circle", ("class", "dot"), ("cx", At(scale.Q50)), ("cy", "7"), ("r", "4"));
                }
            }

            foreach (double value in (ReadOnlySpan<double>)[scale.Q01, scale.Q50, scale.Q99, scale.Mu, scale.Sigma])
            {
                page.Leaf("td", Figures.Fixed(value, 3), ("class", "number"));
            }

            page.Leaf("td", scale.Temperature is { } t ? Figures.Fixed(t, 4).TrimEnd('0') : "unknown", ("class", "number"));
        }
    }

    private static void WriteGeometry(Markup page, EvalReport[] models)
    {
        if (models.Length == 0)
        {
            page.Leaf("p", "These reports were made by a version that did not measure geometry; score again for it: nearfar eval.", ("class", "soft"));
            return;
        }

        page.Leaf("h3", "Geometry", ("id", "space-geometry"));
        using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-labelledby", "space-geometry")))
        using (page.In("table", ("class", "spaces")))
        {
            Head(page, ["measure", .. models.Select(ReportTitle.NameOf)], numbers: false);
            using (page.In("tbody"))
            {
                foreach (var (name, meaning) in s_measures.Where(m => models.Any(r => r.Geometry!.Measures.ContainsKey(m.Name))))
                {
                    WriteMeasure(page, models, name, meaning);
                }
            }
        }

        var first = models[0].Geometry!;
        page.Leaf("p", $"{Figures.Count(first.Sample, "document")} drawn with seed {first.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)}; hubs are counted in the top {Figures.Whole(first.HubDepth)} of all questions. "
            + $"Below each value its 95% interval, where the sample allows one. {IntervalText.Mark} {IntervalText.RoughMeaning}: hubs, distances of fewer than {GeometryNames.EnoughTexts} texts, and an area with less than one question's worth of pairs out of order.", ("class", "soft"));
    }

    private static void WriteMeasure(Markup page, EvalReport[] models, string name, string meaning)
    {
        using (page.In("tr"))
        {
            using (page.In("th", ("scope", "row")))
            {
                int depth = models[0].Geometry!.HubDepth;
                page.Text(name).Leaf("small", string.Format(System.Globalization.CultureInfo.InvariantCulture, meaning, depth, 2 * depth));
            }

            foreach (var model in models)
            {
                WriteEstimate(page, name, model.Geometry!.Measures.GetValueOrDefault(name));
            }
        }
    }

    private static void WriteEstimate(Markup page, string name, Estimate? estimate)
    {
        using (page.In("td", ("class", "pair")))
        {
            if (estimate is null)
            {
                page.Leaf("span", "none", ("class", "soft"));
                return;
            }

            int decimals = name is GeometryNames.EffectiveRank or GeometryNames.ParticipationRatio ? 1 : 3;
            page.Text(Figures.Fixed(estimate.Value, decimals));
            if (estimate is { Low: { } low, High: { } high })
            {
                using (page.In("small"))
                {
                    IntervalText.Write(page, GeometryNames.IsRough(name, estimate), $"{Figures.Fixed(low, decimals)} to {Figures.Fixed(high, decimals)}");
                }
            }
        }
    }

    private static void WriteHubs(Markup page, ReportView view)
    {
        if (view.Now.Geometry is not { Hubs.Count: > 0 } geometry)
        {
            return;
        }

        page.Leaf("p", $"Found most often by {ReportTitle.NameOf(view.Now)}, whatever is asked; suspects for false hits of a semantic cache:", ("dir", "auto"));
        using (page.In("ul"))
        {
            foreach (var hub in geometry.Hubs.Take(ShownHubs))
            {
                using (page.In("li"))
                {
                    if (view.Input.Corpus?.TryGet(hub.Id, out var document) == true)
                    {
                        Texts.WriteTitle(page, document!);
                        page.Text(" ");
                    }

                    page.Leaf("bdi", Snippet.Of(hub.Id, 120), ("class", "id"));
                    page.Text($" in the top {Figures.Whole(geometry.HubDepth)} of {Figures.Count(hub.Count, "question")}");
                }
            }
        }
    }

    // One background for all hides a language whose unrelated texts are all near each other.
    private static void WriteCohortScales(Markup page, ReportView view)
    {
        if (view.Now.Scale is not { Sigma: > 0 } whole)
        {
            return;
        }

        var rows = view.Matrix.Rows.Select(r => (Row: r, view.Now.Cohorts[r.Attribute][r.Value].Scale)).Where(r => r.Scale is not null)
            .OrderByDescending(r => Math.Abs(r.Scale!.Mu - whole.Mu)).ToArray();
        if (rows.Length == 0)
        {
            return;
        }

        using (page.In("details", ("class", "fold long")))
        {
            page.Leaf("summary", $"Unrelated texts by cohort, farthest from the whole set first ({ReportTitle.NameOf(view.Now)})");
            using (page.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Similarity of unrelated texts by cohort")))
            using (page.In("table", ("class", "spaces")))
            {
                Head(page, ["cohort", "questions", "mean", "spread", "1 %", "99 %", "mean, in spreads from the whole"], numbers: true);
                using (page.In("tbody"))
                {
                    foreach (var (row, scale) in rows.Take(ShownCohorts))
                    {
                        WriteCohortScale(page, row, scale!, whole);
                    }
                }
            }

            if (rows.Length > ShownCohorts)
            {
                page.Leaf("p", $"and {Figures.Whole(rows.Length - ShownCohorts)} nearer to the whole, in report.json", ("class", "soft"));
            }
        }
    }

    private static void WriteCohortScale(Markup page, MatrixRow row, ScaleFingerprint scale, ScaleFingerprint whole)
    {
        using (page.In("tr"))
        {
            page.Leaf("th", ReasonText.NameOf(new(row.Attribute, row.Value)), ("scope", "row"), ("dir", "auto")).Leaf("td", Figures.Whole(row.N), ("class", "number"));
            foreach (double value in (ReadOnlySpan<double>)[scale.Mu, scale.Sigma, scale.Q01, scale.Q99])
            {
                page.Leaf("td", Figures.Fixed(value, 3), ("class", "number"));
            }

            page.Leaf("td", Figures.Difference("", (scale.Mu - whole.Mu) / whole.Sigma), ("class", "number"));
        }
    }

    private static void Head(Markup page, string[] titles, bool numbers, int plot = -1)
    {
        using (page.In("thead"))
        using (page.In("tr"))
        {
            for (int i = 0; i < titles.Length; i++)
            {
                page.Leaf("th", titles[i], ("scope", "col"), ("dir", "auto"), ("class", i == plot ? "plot" : i > 0 && numbers ? "number" : "pair"));
            }
        }
    }
}
