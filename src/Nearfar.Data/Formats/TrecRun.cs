using System.Globalization;
using Nearfar.Evaluation.Ranking;
using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>A ranking as trec_eval reads it: <c>query Q0 document rank score tag</c>, separated by white space.</summary>
public static class TrecRun
{
    /// <summary>Documents by query, in file order with the scores of the file; the rank column is kept but trec_eval sorts by score.</summary>
    /// <param name="path">Plain, gzip or zstd.</param>
    /// <exception cref="NearfarException">
    /// No such file, an empty or damaged one, or bad lines: NaN, a decimal comma, a document twice in a query; all in one message, with their numbers.
    /// </exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<RetrievedDocument>> Read(string path)
    {
        var run = new Dictionary<string, IReadOnlyList<RetrievedDocument>>(StringComparer.Ordinal);
        var seen = new HashSet<(string, string)>();
        TrecLines.Read(path, (in line, block) =>
        {
            if (TrecCells.TryScore(line, block, out double score) is { } problem)
            {
                return problem;
            }

            string query = TrecCells.Text(line.Cell(block, 0));
            string document = TrecCells.Text(line.Cell(block, 2));
            if (!TrecCells.IsWhole(line.Cell(block, 3), out int rank))
            {
                return $"rank \"{TrecCells.Text(line.Cell(block, 3))}\" is not a whole number.";
            }

            if (!seen.Add((query, document)))
            {
                return TrecCells.Twice(query, document);
            }

            run.TryAdd(query, new List<RetrievedDocument>());
            ((List<RetrievedDocument>)run[query]).Add(new RetrievedDocument(document, score, rank));
            return null;
        });
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
