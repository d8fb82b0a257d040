using System.Globalization;
using Nearfar.Data.Formats;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.Init;

/// <summary>A table of questions and answers, CSV or Parquet, as a draft.</summary>
internal sealed class FaqSource
{
    private static readonly string[] s_questions = ["question", "query", "anchor", "sentence1", "q", "title"];
    private static readonly string[] s_answers = ["answer", "positive", "positive_chunk", "sentence2", "a", "text", "body"];
    private static readonly string[] s_dates = ["updated", "last_update", "last_updated", "modified", "last_modified", "date"];

    private readonly List<Document> _documents = [];
    private readonly Dictionary<string, Document> _byText = new(StringComparer.Ordinal);
    private readonly List<Pair> _pairs = [];
    private readonly Dictionary<string, int> _byFold = new(StringComparer.Ordinal);
    private readonly ProblemList _problems = new();

    public static InitDraft Read(string csv, InitOptions options)
    {
        var reading = new RowReading { SkipInvalid = true };
        IReadOnlyList<string> header;
        using (var rows = TableRows.Open(csv, DataSource.NoColumns, reading))
        {
            header = rows.Names;
        }

        string question = Column(csv, header, options, "question", s_questions);
        string answer = Column(csv, header, options, "answer", s_answers);
        var columns = new Dictionary<string, string>(StringComparer.Ordinal) { ["question"] = question, ["text"] = answer };
        if (options.Columns.TryGetValue("id", out string? id))
        {
            columns["id"] = id;
        }

        var read = DocumentFormat.Faq.Read(csv, reading, open: () => TableRows.Open(csv, columns, reading));
        var source = new FaqSource();
        source._problems.AddAll(read.Problems, Math.Max(read.Skipped, read.Problems.Count));
        string? date = s_dates.FirstOrDefault(d => read.Rows.Any(r => r.Attributes.ContainsKey(d)) && read.Rows.All(r => !r.Attributes.TryGetValue(d, out string? v) || Day(v) is not null));
        for (int i = 0; i < read.Rows.Count; i++)
        {
            source.Add(read.Rows[i], csv, read.Lines[i], date);
        }

        return source.ToDraft(csv, options.AsOf);
    }

    private static string Column(string csv, IReadOnlyList<string> header, InitOptions options, string field, string[] names)
    {
        if (options.Columns.TryGetValue(field, out string? given))
        {
            return given;
        }

        return names.SelectMany(n => header.Where(h => string.Equals(h, n, StringComparison.OrdinalIgnoreCase))).FirstOrDefault()
            ?? throw new NearfarException(csv, 1, $"no column for the {field} among {string.Join(", ", header)}. Call it {field}, or map it: {field}=YOUR_COLUMN.");
    }

    private void Add(Document row, string csv, long line, string? date)
    {
        string? question = row.Attributes.GetValueOrDefault("question")?.Trim();
        if (string.IsNullOrEmpty(question))
        {
            _problems.Add(csv, line, "the question is blank.");
            return;
        }

        var document = Keep(row, date);
        string key = FoldKeys.Of(question);
        if (!_byFold.TryGetValue(key, out int known))
        {
            _byFold[key] = _pairs.Count;
            _pairs.Add(new Pair
            {
                Id = ContentHash.IdOf(key),
                Query = question,
                PositiveIds = [document.Id],
                Provenance = new Provenance { Source = "human", DocumentId = document.Id, Rule = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(csv)}:{line}") },
            });
        }
        else if (!_pairs[known].PositiveIds.Contains(document.Id, StringComparer.Ordinal))
        {
            _pairs[known] = _pairs[known] with { PositiveIds = [.. _pairs[known].PositiveIds, document.Id] };
        }
    }

    private Document Keep(Document row, string? date)
    {
        if (_byText.TryGetValue(row.Text, out var known))
        {
            return known;
        }

        var attributes = row.Attributes.Where(a => a.Key != "question" && a.Key != date && a.Value.Trim().Length > 0)
            .ToDictionary(a => a.Key, a => a.Value.Trim(), StringComparer.Ordinal);
        if (date is not null && row.Attributes.TryGetValue(date, out string? text))
        {
            attributes["updated"] = Day(text)!;
        }

        var document = row with { Attributes = attributes };
        _byText[row.Text] = document;
        _documents.Add(document);
        return document;
    }

    private static string? Day(string text) =>
        DateTime.TryParseExact(text.Trim(), ["yyyy-MM-dd", "yyyy/MM/dd", "yyyy.MM.dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : null;

    private InitDraft ToDraft(string csv, DateOnly asOf) => new()
    {
        Documents = _documents,
        Questions = _pairs,
        Sentences = [.. _documents.Select(Sentences.Of).OfType<Pair>()],
        Cohorts = CohortLines.Of(_documents, asOf),
        Comments =
        [
            $"Made from {Path.GetFileName(csv)}: answers are the documents, questions the pairs.",
            "Where a page has one question and that is held out, training has a sentence of its text instead (provenance: synthetic).",
        ],
        Skipped = _problems.Count,
        Problems = _problems.Shown,
    };
}
