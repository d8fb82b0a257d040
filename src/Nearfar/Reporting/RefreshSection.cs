using Nearfar.Training;

namespace Nearfar.Reporting;

/// <summary>Mining inside the run: when which model's negatives came into force, how much they changed, and what the rules refused.</summary>
internal static class RefreshSection
{
    private const int MostRules = 3;

    public static void Write(Markup page, TrainingHistory history)
    {
        using (page.In("section", ("aria-labelledby", "mined")))
        {
            page.Leaf("h2", "Negatives mined in the run", ("id", "mined"));
            using (page.In("div", ("class", "scroll")))
            using (page.In("table"))
            {
                page.Leaf("caption", "Each row replaces the negatives of the row above; given ones stay");
                using (page.In("thead"))
                using (page.In("tr"))
                {
                    foreach (string head in (string[])["In force from step", "Mined at step", "Pairs", "Negatives", "In force before", "Refused most by", "Provenance"])
                    {
                        page.Leaf("th", head, ("scope", "col"));
                    }
                }

                using (page.In("tbody"))
                {
                    foreach (var mining in history.Minings)
                    {
                        Row(page, mining);
                    }
                }
            }

            page.Leaf("p", "In force before: the share of all hard negatives that this mining left as they were. Near 100 % the schedule mines more often than the model moves.", ("class", "soft"));
        }
    }

    private static void Row(Markup page, HistoryMining mining)
    {
        var refused = mining.Refused.Where(r => r.Value > 0).OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal).Take(MostRules);
        using (page.In("tr"))
        {
            page.Leaf("th", $"{mining.Step}", ("scope", "row"));
            page.Leaf("td", $"{mining.MinedAt}", ("class", "number"));
            page.Leaf("td", Figures.Whole(mining.Pairs), ("class", "number"));
            page.Leaf("td", Figures.Whole(mining.Negatives), ("class", "number"));
            page.Leaf("td", Figures.Fixed(100 * mining.Unchanged, 0) + " %", ("class", "number"));
            page.Leaf("td", string.Join(", ", refused.Select(r => $"{r.Key} {Figures.Whole(r.Value)}")) is { Length: > 0 } rules ? rules : "nothing");
            page.Leaf("td", mining.File);
        }
    }
}
