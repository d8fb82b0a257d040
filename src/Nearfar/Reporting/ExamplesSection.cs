using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>Questions that broke and questions that were fixed, with both rankings.</summary>
internal static class ExamplesSection
{
    private const int ShownHits = 3;
    private const int PrintedQuestions = 4;

    public static void Write(Markup page, ReportView view)
    {
        if (view.Comparison is not { } comparison)
        {
            return;
        }

        using (page.In("section", ("aria-labelledby", "examples")))
        {
            page.Leaf("h2", "Questions that changed", ("id", "examples"));
            int depth = Math.Min(comparison.Before.Depth, comparison.After.Depth);
            WriteList(page, view, $"▼ Broken: right page was in the top {Figures.Whole(comparison.Top)}, now it is not",
                [.. comparison.Broken.OrderBy(q => q.RanksWon(depth))], "Nothing broke.");
            WriteList(page, view, $"▲ Fixed: right page is in the top {Figures.Whole(comparison.Top)} now",
                [.. comparison.Fixed.OrderByDescending(q => q.RanksWon(depth))], "Nothing was fixed.");
        }
    }

    private static void WriteList(Markup page, ReportView view, string title, QuestionChange[] questions, string none)
    {
        page.Leaf("h3", title);
        if (questions.Length == 0)
        {
            page.Leaf("p", none);
            return;
        }

        for (int i = 0; i < Math.Min(questions.Length, view.Input.Examples); i++)
        {
            WriteQuestion(page, view, questions[i], open: i == 0, printed: i < PrintedQuestions);
        }

        int shown = Math.Min(questions.Length, view.Input.Examples);
        if (shown > PrintedQuestions)
        {
            page.Leaf("p", $"On paper: {Figures.Whole(PrintedQuestions)} of the {Figures.Whole(shown)} that the page shows on a screen.", ("class", "soft paper"));
        }

        if (questions.Length > view.Input.Examples)
        {
            page.Leaf("p", $"and {Figures.Whole(questions.Length - view.Input.Examples)} more, in report.json", ("class", "soft"));
        }
    }

    private static void WriteQuestion(Markup page, ReportView view, QuestionChange change, bool open, bool printed)
    {
        var now = view.RowOf(view.Now, change.Id);
        var then = view.RowOf(view.Then!, change.Id);
        using (open ? page.In("details", ("class", "case"), ("open", "open")) : page.In("details", ("class", printed ? "case" : "case screen")))
        {
            using (page.In("summary"))
            {
                page.Leaf("span", $"{Rank(change.Before, view.Then!)} → {Rank(change.After, view.Now)}", ("class", "ranks")).Text(" ");
                Texts.Write(page, "span", now);
            }

            using (page.In("div", ("class", "inside")))
            {
                using (page.In("p", ("class", "soft")))
                {
                    page.Text("Question ").Leaf("bdi", Snippet.Of(change.Id, 120), ("class", "id"));
                    foreach (var (attribute, value) in now.Cohorts.OrderBy(c => c.Key, StringComparer.Ordinal))
                    {
                        page.Text(" · ").Leaf("bdi", Snippet.Of(attribute, 80)).Text(": ").Leaf("bdi", Snippet.Of(value, 80));
                    }
                }

                using (page.In("div", ("class", "twin")))
                {
                    WriteRanking(page, view, view.Then!, then);
                    WriteRanking(page, view, view.Now, now);
                }
            }
        }
    }

    private static string Rank(int? rank, EvalReport report) => rank is { } r ? $"rank {Figures.Whole(r)}" : $"not in {Figures.Whole(report.Depth)}";

    private static void WriteRanking(Markup page, ReportView view, EvalReport report, QueryScore row)
    {
        using (page.In("div"))
        {
            using (page.In("p", ("class", "soft")))
            {
                page.Leaf("bdi", ReportTitle.NameOf(report)).Text(ReferenceEquals(report, view.Now) ? ", now" : ", before");
            }

            using (page.In("ol", ("class", "hits")))
            {
                for (int i = 0; i < Math.Min(ShownHits, row.Top.Count); i++)
                {
                    WriteHit(page, view, row, row.Top[i].Id, i + 1, row.Top[i].Score);
                }

                int rank = row.FirstRelevantRank ?? 0;
                if (rank == 0)
                {
                    WriteHit(page, view, row, row.Cluster, null, null);
                }
                else if (rank > ShownHits)
                {
                    bool kept = rank <= row.Top.Count;
                    WriteHit(page, view, row, kept ? row.Top[rank - 1].Id : row.Cluster, rank, kept ? row.Top[rank - 1].Score : null);
                }
            }
        }
    }

    private static string Score(float? score, int? rank) => score is { } value ? Figures.Fixed(value, 3) : rank is null ? "not found" : "";

    private static void WriteHit(Markup page, ReportView view, QueryScore row, string id, int? rank, float? score)
    {
        bool right = rank is null || rank == row.FirstRelevantRank || id == row.Cluster;
        using (page.In("li", ("class", right ? "right" : "other")))
        {
            page.Leaf("span", rank is { } r ? Figures.Whole(r) + "." : "–", ("class", "place"));
            if (view.Input.Corpus is { } corpus && corpus.TryGet(id, out var document))
            {
                if (!string.IsNullOrWhiteSpace(document.Title))      // else its text would stand there twice
                {
                    Texts.WriteTitle(page, document);
                }

                page.Text(right ? " ✓ right page " : " ").Leaf("small", Score(score, rank)).Text(" ").Leaf("bdi", Snippet.Of(id, 120), ("class", "id soft"));
                Texts.WriteText(page, document, right ? 220 : 110);
            }
            else
            {
                page.Leaf("bdi", Snippet.Of(id, 120), ("class", "id")).Text(right ? " ✓ right page " : " ").Leaf("small", Score(score, rank));
            }
        }
    }
}
