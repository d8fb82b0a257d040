using Nearfar.Training;

namespace Nearfar.Reporting;

/// <summary>Held-out quality by step: overall, then every cohort as a small picture of its own, protected ones first.</summary>
internal static class HeldOutSection
{
    private const int MostCohorts = 12;         // of one attribute; the rest is counted

    public static void Write(Markup page, TrainingHistory history)
    {
        double? chosen = history.Evaluations.LastOrDefault(e => e.Best)?.Step;
        using (page.In("section", ("aria-labelledby", "held-out")))
        {
            page.Leaf("h2", "Held-out quality", ("id", "held-out"));
            using (page.In("div", ("class", "small")))
            {
                Draw(page, history, "nDCG@10", e => e.Score.Ndcg10, chosen);
                Draw(page, history, "recall@5", e => e.Score.Detail?.Recall5, chosen);
                Draw(page, history, "margin", e => e.Score.Margin, chosen);
            }

            page.Leaf("p", "The dashed line is the step that is kept. First and last value stand above a picture, lowest and highest below. Cohorts of one attribute share a scale.", ("class", "soft"));
        }

        var last = history.Evaluations[^1].Score.Detail?.Cohorts ?? [];
        if (last.Count == 0)
        {
            return;
        }

        using (page.In("section", ("aria-labelledby", "by-cohort")))
        {
            page.Leaf("h2", "By cohort", ("id", "by-cohort"));
            foreach (var attribute in last.GroupBy(c => c.Attribute, StringComparer.Ordinal).OrderByDescending(a => a.Any(c => c.Protected)).ThenBy(a => a.Key, StringComparer.Ordinal))
            {
                WriteAttribute(page, history, attribute.Key, [.. attribute.OrderByDescending(c => c.Protected).ThenByDescending(c => c.Questions).ThenBy(c => c.Value, StringComparer.Ordinal)], chosen);
            }
        }
    }

    private static void WriteAttribute(Markup page, TrainingHistory history, string attribute, HeldOutCohort[] cohorts, double? chosen)
    {
        page.Leaf("h3", $"{attribute}: recall@5, below it the margin");
        var shown = cohorts.Take(MostCohorts).Select(c => (Cohort: c, Recall: Points(history, e => Find(e, c)?.Recall5), Margin: Points(history, e => Find(e, c)?.Margin))).ToList();
        var recall = ScaleOf(shown.SelectMany(s => s.Recall));
        var margin = ScaleOf(shown.SelectMany(s => s.Margin));
        using (page.In("div", ("class", "small")))
        {
            foreach (var (cohort, values, margins) in shown)
            {
                StepCurve.Draw(page, cohort.Value, values, chosen, scale: recall, below: (margins, margin), note: $"n {Figures.Whole(cohort.Questions)}{(cohort.Protected ? ", protected" : "")}{Margins(history, cohort)}");
            }
        }

        if (cohorts.Length > MostCohorts)
        {
            page.Leaf("p", $"{cohorts.Length - MostCohorts} smaller cohorts of {attribute} stand in history.jsonl.", ("class", "soft"));
        }
    }

    // Cohorts of an attribute share a scale: one question of three must not look like a landslide.
    private static (double Low, double High) ScaleOf(IEnumerable<(long Step, double Value)> points) =>
        (points.Select(p => p.Value).DefaultIfEmpty(0).Min(), points.Select(p => p.Value).DefaultIfEmpty(1).Max());

    private static string Margins(TrainingHistory history, HeldOutCohort cohort) =>
        Points(history, e => Find(e, cohort)?.Margin) is { Count: > 0 } points ? $"; margin {Figures.Fixed(points[0].Value, 3)} to {Figures.Fixed(points[^1].Value, 3)}" : "";

    private static HeldOutCohort? Find(HistoryEvaluation evaluation, HeldOutCohort cohort) =>
        evaluation.Score.Detail?.Cohorts.FirstOrDefault(c => c.Attribute == cohort.Attribute && c.Value == cohort.Value);

    private static void Draw(Markup page, TrainingHistory history, string name, Func<HistoryEvaluation, double?> value, double? chosen) =>
        StepCurve.Draw(page, name, Points(history, value), chosen);

    private static List<(long Step, double Value)> Points(TrainingHistory history, Func<HistoryEvaluation, double?> value) =>
        [.. history.Evaluations.Where(e => value(e) is not null).Select(e => (e.Step, value(e)!.Value))];
}
