using Nearfar.Labels;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.Labels;

/// <summary>What the rows of dev say of documents, and those rows with what raters said beside it.</summary>
internal static class DevJudgements
{
    private const int Shown = 20;

    /// <summary>Grade by document id: positives 1 unless they are graded, hard negatives and forbidden documents 0. A negative grade is no judgement.</summary>
    public static Dictionary<string, int> Of(Pair row)
    {
        var grades = (row.Relevance ?? new Dictionary<string, int>()).Where(g => g.Value >= 0).ToDictionary(g => g.Key, g => g.Value, StringComparer.Ordinal);
        foreach (string id in row.PositiveIds)
        {
            grades.TryAdd(id, 1);
        }

        foreach (string id in row.HardNegatives.Select(n => n.DocumentId).Concat(row.ForbiddenIds))
        {
            grades.TryAdd(id, 0);
        }

        return grades;
    }

    /// <exception cref="NearfarException">Nothing applies, a row is judged otherwise already, or its documents stand inline: all such rows in one message.</exception>
    public static IReadOnlyList<Pair> Apply(RowSet<Pair> dev, JudgedLabels labels, string path)
    {
        var byFold = labels.Questions.ToDictionary(q => FoldKeys.Of(q.Query), StringComparer.Ordinal);
        if (!dev.Rows.Any(r => byFold.ContainsKey(FoldKeys.Of(r.Query))))
        {
            throw new NearfarException(path, 0, "holds none of the judged questions. Was the sheet pooled from dev (nearfar label pool --from dev)?");
        }

        // A row that names documents by id alone would lose the texts that stand in it.
        if (dev.InlineDocuments.Count > 0)
        {
            throw new NearfarException(path, 0, "holds texts of documents in its rows; judgements need ids. Make a corpus of them first: nearfar pairs.");
        }

        var problems = new List<string>();
        Pair[] applied = [.. dev.Rows.Select((row, i) => byFold.TryGetValue(FoldKeys.Of(row.Query), out var question) ? With(row, question, $"{path}:{dev.Lines[i]}", problems) : row)];
        return problems.Count == 0 ? applied
            : throw new NearfarException($"Dev is judged otherwise already: {string.Join("; ", problems.Take(Shown))}{(problems.Count > Shown ? $"; and {problems.Count - Shown} more" : "")}. Keep one judgement.");
    }

    private static Pair With(Pair row, JudgedQuestion question, string where, List<string> problems)
    {
        var known = Of(row);
        var relevance = new Dictionary<string, int>(row.Relevance ?? new Dictionary<string, int>(), StringComparer.Ordinal);
        var positives = row.PositiveIds.ToList();
        foreach (var (id, grade) in question.Grades.OrderByDescending(g => g.Value).ThenBy(g => g.Key, StringComparer.Ordinal))
        {
            if (known.TryGetValue(id, out int before))
            {
                // That it answers was known; how well may be new, where the row has no grade.
                bool same = row.Relevance?.ContainsKey(id) == true ? before == grade : before > 0 == grade > 0;
                if (!same)
                {
                    problems.Add($"{where} has \"{id}\" as {(before > 0 ? $"right (grade {before})" : "wrong")}, the sheets as {(grade > 0 ? $"right (grade {grade})" : "wrong")}");
                }
            }
            else if (grade > 0)
            {
                positives.Add(id);
            }

            relevance[id] = grade;
        }

        foreach (string id in positives)
        {
            relevance.TryAdd(id, 1);
        }

        return row with { PositiveIds = positives, Relevance = relevance, Provenance = row.Provenance ?? question.Provenance };
    }
}
