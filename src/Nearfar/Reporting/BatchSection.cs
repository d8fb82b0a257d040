using Nearfar.Training;

namespace Nearfar.Reporting;

/// <summary>What training saw: loss, in-batch accuracy, alignment, uniformity, what was masked, and of which sets and cohorts the batches were made.</summary>
internal static class BatchSection
{
    private const int MostValues = 10;

    public static void Write(Markup page, TrainingHistory history)
    {
        using (page.In("section", ("aria-labelledby", "batches")))
        {
            page.Leaf("h2", "Batches", ("id", "batches"));
            using (page.In("div", ("class", "small")))
            {
                Draw(page, "loss", history, s => s.Loss);
                Draw(page, "in-batch accuracy", history, s => s.Facts?.Accuracy);
                Draw(page, "alignment", history, s => s.Facts?.Alignment, "lower: nearer to the own positive");
                Draw(page, "uniformity", history, s => s.Facts?.Uniformity, "lower: spread more evenly");
                Draw(page, "likely false negatives", history, s => s.Facts?.LikelyFalseNegatives, "share the miner would refuse");
                Draw(page, "masked", history, s => s.Masked, "share known to be right answers");
                Draw(page, "rate", history, s => s.Rate);
            }

            page.Leaf("p", "Thin: single steps. Thick: their running mean. None of this chooses a step.", ("class", "soft"));
        }

        using (page.In("section", ("aria-labelledby", "made-of")))
        {
            page.Leaf("h2", "What the batches were made of", ("id", "made-of"));
            if (history.Steps.Any(s => s.DataSet is not null))
            {
                Shares(page, "data set", history.Steps.GroupBy(s => s.DataSet ?? "(mined)", StringComparer.Ordinal).Select(g => (g.Key, (long)g.Sum(s => s.Pairs))));
            }

            foreach (string attribute in history.Steps.SelectMany(s => s.Cohorts.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                Shares(page, attribute, history.Steps.SelectMany(s => s.Cohorts.GetValueOrDefault(attribute, new Dictionary<string, int>())).GroupBy(v => v.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Sum(v => (long)v.Value))));
            }
        }
    }

    private static void Shares(Markup page, string name, IEnumerable<(string Value, long Rows)> values)
    {
        var sorted = values.OrderByDescending(v => v.Rows).ThenBy(v => v.Value, StringComparer.Ordinal).ToList();
        double all = sorted.Sum(v => v.Rows);
        using (page.In("div", ("class", "scroll")))
        using (page.In("table", ("class", "parts")))
        {
            page.Leaf("caption", $"Rows drawn by {name}{(sorted.Count > MostValues ? $", the {MostValues} most frequent of {sorted.Count}" : "")}");
            using (page.In("tbody"))
            {
                foreach (var (value, rows) in sorted.Take(MostValues))
                {
                    using (page.In("tr"))
                    {
                        page.Leaf("th", value, ("scope", "row"));
                        page.Leaf("td", Figures.Fixed(100 * rows / all, 1) + " %", ("class", "number"));
                        using (page.In("td", ("class", "bar")))
                        using (page.In("div", ("class", "share")))
                        {
                            page.Leaf("i", "", ("style", $"width:{Figures.Position(100 * rows / all)}"));
                        }
                    }
                }
            }
        }
    }

    private static void Draw(Markup page, string name, TrainingHistory history, Func<HistoryStep, double?> value, string? note = null) =>
        StepCurve.Draw(page, name, [.. history.Steps.Where(s => value(s) is not null).Select(s => (s.Step, value(s)!.Value))], null, note, smooth: true);
}
