using System.Globalization;
using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>A data set as BEIR lays it out: <c>corpus.jsonl</c>, <c>queries.jsonl</c> (each plain, <c>.gz</c> or <c>.zst</c>) and <c>qrels/SPLIT.tsv</c>.</summary>
/// <remarks>Thakur et al. 2021, arXiv:2104.08663.</remarks>
public sealed class BeirFolder
{
    private readonly string _folder;

    /// <param name="folder">Holds the corpus and the queries.</param>
    /// <exception cref="NearfarException">A file is missing.</exception>
    public BeirFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _folder = folder;
        CorpusPath = Existing("corpus.jsonl");
        QueriesPath = Existing("queries.jsonl");
    }

    /// <summary>Whether a folder holds a corpus as BEIR names it.</summary>
    /// <param name="folder">Any folder.</param>
    public static bool IsAt(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return Packed(Path.Combine(folder, "corpus.jsonl")) is not null;
    }

    /// <summary>The corpus file.</summary>
    public string CorpusPath { get; }

    /// <summary>The queries file.</summary>
    public string QueriesPath { get; }

    /// <summary>Names of the splits that have judgements, in ordinal order.</summary>
    public IReadOnlyList<string> Splits => !Directory.Exists(Path.Combine(_folder, "qrels")) ? []
        : [.. Directory.EnumerateFiles(Path.Combine(_folder, "qrels"), "*.tsv").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    /// <summary>The documents; scalars of <c>metadata</c> become attributes.</summary>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">Bad rows: all in one message, with their lines.</exception>
    public RowSet<Document> ReadCorpus(RowReading? reading = null) => DocumentFormat.Beir.Read(CorpusPath, reading);

    /// <summary>The judged queries of a split as pairs, in the order of its judgements; grades above 0 are positives.</summary>
    /// <param name="split">For example <c>train</c>, <c>dev</c>, <c>test</c>.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <remarks>A query without a relevant document is left out: it can neither be trained on nor scored.</remarks>
    /// <exception cref="NearfarException">No such split, or bad rows: all in one message, with their lines.</exception>
    public RowSet<Pair> ReadPairs(string split, RowReading? reading = null)
    {
        string path = Path.Combine(_folder, "qrels", split + ".tsv");
        if (!File.Exists(path))
        {
            throw new NearfarException(path, 0, $"no such split; this folder has {(Splits.Count == 0 ? "none" : string.Join(", ", Splits))}. Name one with split.");
        }

        reading ??= new RowReading();
        var queries = DocumentFormat.Beir.Read(QueriesPath, reading).Rows.ToDictionary(q => q.Id, StringComparer.Ordinal);
        var problems = new ProblemList(reading.MaxProblems);
        var judged = Judgements(path, reading, queries, problems);
        if (!reading.SkipInvalid)
        {
            problems.ThrowIfAny();
        }

        var rows = judged.Where(j => j.Value.Grades.Any(g => g.Value > 0)).ToList();
        return new RowSet<Pair>(path, [.. rows.Select(j => ToPair(queries[j.Key], j.Value.Grades))], [.. rows.Select(j => j.Value.Line)], null, problems.Shown, problems.Count);
    }

    private static Dictionary<string, (long Line, Dictionary<string, int> Grades)> Judgements(string path, RowReading reading, Dictionary<string, Document> queries, ProblemList problems)
    {
        var judged = new Dictionary<string, (long Line, Dictionary<string, int> Grades)>(StringComparer.Ordinal);
        using var lines = new LineReader(path, reading);
        while (lines.Next(out var bytes))
        {
            long line = lines.Line;
            if (lines.Trouble is { } trouble)
            {
                problems.Add(path, line, trouble);
                continue;
            }

            string text = System.Text.Encoding.UTF8.GetString(bytes);
            string[] cells = text.Split('\t');
            if (string.IsNullOrWhiteSpace(text) || (line == 1 && cells is [_, _, var last] && !int.TryParse(last, CultureInfo.InvariantCulture, out _)))
            {
                continue; // the header: query-id, corpus-id, score
            }

            if (cells.Length != 3 || !int.TryParse(cells[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int grade))
            {
                problems.Add(path, line, "wanted query-id, corpus-id and a whole score, separated by tabs.");
            }
            else if (!queries.ContainsKey(cells[0]))
            {
                problems.Add(path, line, $"query \"{cells[0]}\" is not in the queries file.");
            }
            else
            {
                judged.TryAdd(cells[0], (line, new Dictionary<string, int>(StringComparer.Ordinal)));
                if (!judged[cells[0]].Grades.TryAdd(cells[1], grade))
                {
                    problems.Add(path, line, $"document \"{cells[1]}\" is judged twice for query \"{cells[0]}\". Keep one.");
                }
            }
        }

        return judged;
    }

    private static Pair ToPair(Document query, Dictionary<string, int> grades) => new()
    {
        Id = query.Id,
        Query = query.Text,
        QueryId = query.Id,
        PositiveIds = [.. grades.Where(g => g.Value > 0).Select(g => g.Key)],
        Relevance = grades.All(g => g.Value == 1) ? null : grades,
        Cohorts = query.Attributes,
    };

    private string Existing(string name)
    {
        string plain = Path.Combine(_folder, name);
        return Packed(plain) ?? throw new NearfarException(plain, 0, "is missing; a BEIR folder holds corpus.jsonl, queries.jsonl (or .gz, .zst) and qrels/*.tsv.");
    }

    private static string? Packed(string plain) => new[] { plain, plain + ".gz", plain + ".zst" }.FirstOrDefault(File.Exists);
}
