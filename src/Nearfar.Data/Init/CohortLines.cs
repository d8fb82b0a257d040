using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>Which attributes make cohorts worth a look, as lines of the workspace file.</summary>
internal static class CohortLines
{
    private const int MostValues = 20;

    // What these names mean is settled: an attribute's own values under them would be shadowed.
    private static readonly string[] s_taken = [PageCohort.Attribute, "query_length", "doc_age"];

    /// <summary>Attributes of the questions themselves.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<Pair> pairs) => Of([.. pairs.Select(p => p.Cohorts)]);

    /// <summary>Attributes of the documents; <c>updated</c> becomes an age when the ages differ.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<Document> documents, DateOnly asOf)
    {
        var days = documents.Select(d => d.Attributes.GetValueOrDefault("updated")).OfType<string>().ToList();
        int ages = days.All(d => Dates.TryParseDay(d, out _)) ? days.Select(d => AgeOf(d, asOf)).Distinct().Count() : 0;
        return [.. Of([.. documents.Select(d => d.Attributes)]), .. ages > 1 ? (string[])["doc_age: {from: document.updated, edges: [90d, 365d]}"] : []];
    }

    private static int AgeOf(string text, DateOnly asOf) =>
        Dates.TryParseDay(text, out var day) ? (asOf.DayNumber - day.DayNumber) switch { < 90 => 0, < 365 => 1, _ => 2 } : -1;

    // 2 to 20 values that at least half of the rows have: more are names, fewer tell nothing apart.
    private static List<string> Of(IReadOnlyList<IReadOnlyDictionary<string, string>> rows)
    {
        var lines = new List<string>();
        foreach (string name in rows.SelectMany(r => r.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var values = rows.Where(r => r.ContainsKey(name)).Select(r => r[name]).ToList();
            int distinct = values.Distinct(StringComparer.Ordinal).Count();
            if (name is not ("updated" or "path" or "group" or "replaces") && distinct is >= 2 and <= MostValues && values.Count * 2 >= rows.Count)
            {
                lines.Add(s_taken.Contains(name)
                    ? $"# {name}: not your rows' own {name}, whose name is taken here; rename it in the rows to see it as a cohort"
                    : $"{WorkspaceFiles.Quote(name)}: {{}}");
            }
        }

        return lines;
    }
}
