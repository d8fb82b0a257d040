using System.Globalization;
using Nearfar.Evaluation.Ranking;

namespace Nearfar.Data.Formats;

/// <summary>Relevance judgements as trec_eval reads them: <c>query 0 document grade</c>, separated by white space.</summary>
public static class TrecQrels
{
    /// <summary>Grades by document, by query, in file order. Negative grades (pooled, unjudged) are kept.</summary>
    /// <param name="path">Plain, gzip or zstd.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, or bad lines: all in one message, with their numbers.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Read(string path)
    {
        var judged = new Dictionary<string, IReadOnlyDictionary<string, int>>(StringComparer.Ordinal);
        TrecLines.Read(path, (in line, block) =>
        {
            if (TrecCells.TryGrade(line, block, out int grade) is { } problem)
            {
                return problem;
            }

            string query = TrecCells.Text(line.Cell(block, 0));
            string document = TrecCells.Text(line.Cell(block, 2));
            judged.TryAdd(query, new Dictionary<string, int>(StringComparer.Ordinal));
            return ((Dictionary<string, int>)judged[query]).TryAdd(document, grade) ? null : TrecCells.JudgedTwice(query, document);
        });
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
