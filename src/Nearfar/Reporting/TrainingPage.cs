using Nearfar.Training;

namespace Nearfar.Reporting;

/// <summary>A training run as one page: warnings first, then held-out quality, every cohort, what the batches looked like and of what they were made.</summary>
/// <remarks>Self-contained, without scripts, light and dark. Equal histories give equal text.</remarks>
internal static class TrainingPage
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

    private const string Css = """
        .small { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: 1.25rem 1.75rem; }
        .small figure { margin: 0; } .small figcaption { display: flex; justify-content: space-between; gap: .5rem; font-size: .875rem; overflow-wrap: break-word; }
        .small figcaption b { font-weight: 600; min-width: 0; } .small svg + svg { margin-top: .25rem; } .small figcaption span { color: var(--soft); white-space: nowrap; font-variant-numeric: tabular-nums; }
        .small figcaption .bad { color: var(--bad); font-weight: 600; }
        .small + p { margin-top: 1rem; } figure p { margin: .25rem 0 0; font-size: .8125rem; color: var(--soft); }
        svg .faint { fill: none; stroke: var(--then); stroke-width: 1; stroke-opacity: .45; vector-effect: non-scaling-stroke; }
        .share { display: flex; height: .875rem; border-radius: .125rem; overflow: hidden; background: var(--raised); }
        .parts td { vertical-align: middle; } .parts .bar { width: 40%; min-width: 8rem; }
        .share i { background: var(--now); opacity: .75; } .notes { list-style: none; padding: 0; max-width: 60rem; }
        .notes li { border-left: .25rem solid var(--open); background: var(--open-ground); padding: .5rem .75rem; margin: .375rem 0; }
        .notes b { color: var(--open); }
        """;

    public static string Render(TrainingHistory history, string name)
    {
        var page = new Markup();
        page.Trusted("<!DOCTYPE html>\n");
        using (page.In("html", ("lang", "en")))
        {
            WriteHead(page, name);
            using (page.In("body"))
            {
                WriteSummary(page, history, name);
                WriteWarnings(page, history);
                if (history.Evaluations.Count > 0)
                {
                    HeldOutSection.Write(page, history);
                }

                if (history.Steps.Count > 0)
                {
                    BatchSection.Write(page, history);
                }

                if (history.Minings.Count > 0)
                {
                    RefreshSection.Write(page, history);
                }

                WriteIdentity(page, history);
            }
        }

        return page.ToString();
    }

    private static void WriteHead(Markup page, string name)
    {
        using (page.In("head"))
        {
            page.Empty("meta", ("charset", "utf-8"));
            page.Empty("meta", ("http-equiv", "Content-Security-Policy"), ("content", Policy));
            page.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
            page.Empty("meta", ("name", "color-scheme"), ("content", "light dark"));
            page.Leaf("title", $"Training run {name}");
            using (page.In("style"))
            {
                page.Trusted(Stylesheet.Css);
                page.Trusted("\n" + Css.ReplaceLineEndings("\n"));
            }
        }
    }

    private static void WriteSummary(Markup page, TrainingHistory history, string name)
    {
        using (page.In("header"))
        {
            page.Leaf("p", "Training run", ("class", "eyebrow"));
            page.Leaf("h1", name);
            long step = history.Steps.Count == 0 ? 0 : history.Steps[^1].Step;
            string where = step == history.Start.Steps ? $"All {history.Start.Steps} steps are done" : $"Step {step} of {history.Start.Steps}";
            string kept = history.Evaluations.LastOrDefault(e => e.Best) is { } best
                ? $" Kept so far: {(best.Step == 0 ? "the untrained rows" : $"step {best.Step}")}{(best.Averaged ? " (averaged parameters)" : "")}, held-out nDCG@10 {Figures.Fixed(best.Score.Ndcg10, 3)}"
                    + (history.Evaluations[0].Step == 0 && best.Step > 0 ? $", untrained {Figures.Fixed(history.Evaluations[0].Score.Ndcg10, 3)}." : ".")
                : "";
            page.Leaf("p", $"{where}, on {Figures.Whole(history.Start.Rows)} rows.{kept} Held-out questions choose the step; the loss never does.");
        }
    }

    private static void WriteWarnings(Markup page, TrainingHistory history)
    {
        var warned = history.Evaluations.Where(e => e.Warnings.Count > 0).ToList();
        using (page.In("section", ("aria-labelledby", "warnings")))
        {
            page.Leaf("h2", "Warnings", ("id", "warnings"));
            if (warned.Count == 0)
            {
                page.Leaf("p", "None: no evaluation found the loss falling while held-out recall, overall or of a protected cohort, fell by more than its standard error.");
                return;
            }

            using (page.In("ul", ("class", "notes")))
            {
                foreach (var evaluation in warned.AsEnumerable().Reverse().Take(8))
                {
                    foreach (string warning in evaluation.Warnings)
                    {
                        using (page.In("li"))
                        {
                            page.Leaf("b", $"Step {evaluation.Step}: ").Text(warning);
                        }
                    }
                }
            }

            page.Leaf("p", (warned.Count > 8 ? $"The last 8 evaluations of {warned.Count} that warned. " : "") + "A hint to look, no verdict: the steps after the kept one are thrown away, and the gate tests what is kept.", ("class", "soft"));
        }
    }

    private static void WriteIdentity(Markup page, TrainingHistory history)
    {
        using (page.In("section", ("aria-labelledby", "options")))
        {
            page.Leaf("h2", "Options and data", ("id", "options"));
            using (page.In("dl", ("class", "facts")))
            {
                foreach (var (key, value) in history.Start.Identity.OrderBy(v => v.Key, StringComparer.Ordinal))
                {
                    page.Leaf("dt", key.StartsWith("options.", StringComparison.Ordinal) ? key[8..] : key);
                    page.Leaf("dd", Figures.ShortHash(value));
                }
            }
        }
    }
}
