using System.Globalization;
using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>Relevance judgements as trec_eval reads them: <c>query 0 document grade</c>, separated by white space.</summary>
public static class TrecQrels
{
    /// <summary>Grades by document, by query, in file order. Negative grades (pooled, unjudged) are kept.</summary>
    /// <param name="path">Plain or gzip.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, or bad lines: all in one message, with their numbers.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Read(string path)
    {
        var judged = new Dictionary<string, IReadOnlyDictionary<string, int>>(StringComparer.Ordinal);
        var problems = new ProblemList();
        foreach (var (cells, line) in TrecLines.Read(path, problems))
        {
            if (cells.Length != 4)
            {
                problems.Add(path, line, $"wanted 4 cells (query 0 document grade), came {cells.Length}.");
            }
            else if (!int.TryParse(cells[3], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int grade))
            {
                problems.Add(path, line, $"grade \"{cells[3]}\" is not a whole number.");
            }
            else
            {
                judged.TryAdd(cells[0], new Dictionary<string, int>(StringComparer.Ordinal));
                if (!((Dictionary<string, int>)judged[cells[0]]).TryAdd(cells[2], grade))
                {
                    problems.Add(path, line, $"document \"{cells[2]}\" is judged twice for query \"{cells[0]}\". Keep one.");
                }
            }
        }

        problems.ThrowIfAny();
        return judged;
    }

    /// <summary>Writes judgements atomically, queries and documents in the order given.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="judged">Grades by document, by query.</param>
    /// <exception cref="ArgumentException">An id holds white space, which the format cannot carry.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> judged)
    {
        ArgumentNullException.ThrowIfNull(judged);
        AtomicFile.Write(path, string.Concat(judged.SelectMany(q => q.Value.Select(d => string.Create(
            CultureInfo.InvariantCulture, $"{TrecLines.Word(q.Key)} 0 {TrecLines.Word(d.Key)} {d.Value}\n")))));
    }
}
