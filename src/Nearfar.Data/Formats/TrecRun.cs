using System.Globalization;
using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>A ranking as trec_eval reads it: <c>query Q0 document rank score tag</c>, separated by white space.</summary>
public static class TrecRun
{
    /// <summary>Documents by query, in file order with the scores of the file; the rank column is kept but trec_eval sorts by score.</summary>
    /// <param name="path">Plain or gzip.</param>
    /// <exception cref="NearfarException">
    /// No such file, an empty or damaged one, or bad lines: NaN, a decimal comma, a document twice in a query; all in one message, with their numbers.
    /// </exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<RetrievedDocument>> Read(string path)
    {
        var run = new Dictionary<string, IReadOnlyList<RetrievedDocument>>(StringComparer.Ordinal);
        var seen = new HashSet<(string, string)>();
        var problems = new ProblemList();
        foreach (var (cells, line) in TrecLines.Read(path, problems))
        {
            if (cells.Length != 6)
            {
                problems.Add(path, line, $"wanted 6 cells (query Q0 document rank score tag), came {cells.Length}.");
            }
            else if (!double.TryParse(cells[4], NumberStyles.Float, CultureInfo.InvariantCulture, out double score) || !double.IsFinite(score))
            {
                problems.Add(path, line, $"score \"{cells[4]}\" is not a finite number{(cells[4].Contains(',', StringComparison.Ordinal) ? "; write a decimal point, not a comma" : "")}.");
            }
            else if (!int.TryParse(cells[3], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int rank))
            {
                problems.Add(path, line, $"rank \"{cells[3]}\" is not a whole number.");
            }
            else if (!seen.Add((cells[0], cells[2])))
            {
                problems.Add(path, line, $"document \"{cells[2]}\" stands twice for query \"{cells[0]}\". Keep one.");
            }
            else
            {
                run.TryAdd(cells[0], new List<RetrievedDocument>());
                ((List<RetrievedDocument>)run[cells[0]]).Add(new RetrievedDocument(cells[2], score, rank));
            }
        }

        problems.ThrowIfAny();
        return run;
    }

    /// <summary>Writes a ranking atomically, queries and documents in the order given, scores with all their digits.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="run">Documents by query; every score finite.</param>
    /// <param name="tag">Name of the run.</param>
    /// <exception cref="ArgumentException">An id or the tag holds white space, or a score is missing or not finite.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, IReadOnlyList<RetrievedDocument>> run, string tag)
    {
        ArgumentNullException.ThrowIfNull(run);
        TrecLines.Word(tag);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            foreach (var (query, documents) in run)
            {
                foreach (var document in documents)
                {
                    double score = document.Score is { } s && double.IsFinite(s) ? s : throw new ArgumentException($"Document \"{document.Id}\" of query \"{query}\" has no finite score.", nameof(run));
                    writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TrecLines.Word(query)} Q0 {TrecLines.Word(document.Id)} {document.Rank} {score:R} {tag}"));
                }
            }
        });
    }
}
