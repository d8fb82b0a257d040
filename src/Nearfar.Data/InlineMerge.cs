using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>Joins inline texts to the corpus: a text that the corpus holds already keeps the corpus's id.</summary>
internal sealed class InlineMerge
{
    private readonly List<Document> _documents = [];
    private readonly List<long> _lines = [];
    private readonly Dictionary<string, string> _idOfText = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    public InlineMerge(RowSet<Document>? corpus)
    {
        for (int i = 0; i < (corpus?.Rows.Count ?? 0); i++)
        {
            Keep(corpus!.Rows[i], corpus.Lines[i]);
        }
    }

    public IReadOnlyList<long> Lines => _lines;

    public Corpus ToCorpus() => new(_documents);

    public RowSet<Pair>? Add(RowSet<Pair>? rows)
    {
        if (rows is null || rows.InlineDocuments.Count == 0)
        {
            return rows;
        }

        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var document in rows.InlineDocuments)
        {
            if (_idOfText.TryGetValue(document.Text, out string? id))
            {
                renamed[document.Id] = id;
            }
            else if (!_ids.Contains(document.Id))
            {
                Keep(document, 0);
            }
        }

        return renamed.All(r => r.Key == r.Value) ? rows
            : rows.With([.. rows.Rows.Select(r => Rename(r, renamed))]);
    }

    private static Pair Rename(Pair pair, Dictionary<string, string> renamed) => pair with
    {
        PositiveIds = [.. pair.PositiveIds.Select(id => renamed.GetValueOrDefault(id, id)).Distinct(StringComparer.Ordinal)],
        HardNegatives = [.. pair.HardNegatives.Select(n => n with { DocumentId = renamed.GetValueOrDefault(n.DocumentId, n.DocumentId) }).DistinctBy(n => n.DocumentId)],
    };

    private void Keep(Document document, long line)
    {
        _documents.Add(document);
        _lines.Add(line);
        _ids.Add(document.Id);
        _idOfText.TryAdd(document.Text, document.Id);
    }
}
