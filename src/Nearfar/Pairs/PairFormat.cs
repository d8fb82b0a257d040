using System.Text.Json;

namespace Nearfar.Pairs;

/// <summary>Pairs as JSONL rows. Holds the inline texts of one file: make one for each file.</summary>
internal sealed class PairFormat : RowFormat<Pair>
{
    public static IReadOnlyList<string> Fields { get; } =
    [
        "id", "query", "positive_chunk", "positive_ids", "hard_negative_chunk", "hard_negative_ids", "forbidden_ids", "query_id", "expected_answer",
        "embedding_model_version", "relevance", "cohorts", "provenance", "anchor", "positive", "negative", "hard_negative", "sentence1", "sentence2", "question", "answer",
    ];

    private readonly Dictionary<string, Document> _byId = new(StringComparer.Ordinal);
    private readonly List<Document> _inline = [];

    public IReadOnlyList<Document> InlineDocuments => _inline;

    /// <summary>Forgets the inline texts of the rows so far: whoever reads a file larger than memory takes each row's own.</summary>
    public void ForgetInline()
    {
        _byId.Clear();
        _inline.Clear();
    }

    public override Pair? Parse(ref RowScanner row, List<string> problems)
    {
        var draft = new PairDraft();
        while (row.NextField(out string name))
        {
            if (row.IsNull)
            {
                row.Skip();
            }
            else if (!ReadText(ref row, draft, name))
            {
                ReadRest(ref row, draft, name);
            }
        }

        return problems.Count > 0 ? null : Finish(draft, problems);
    }

    public override string? GivenId(Pair row) => row.Id.Length == 0 ? null : row.Id;

    public override Pair WithContentId(Pair row, string suffix) =>
        row with { Id = ContentHash.IdOf(string.Join('\n', [row.QueryId ?? "", row.Query, .. row.PositiveIds])) + suffix };

    public override void Write(Utf8JsonWriter json, Pair row)
    {
        json.WriteString("id", row.Id);
        json.WriteString("query", row.Query);
        RowJson.WriteText(json, "query_id", row.QueryId);
        RowJson.WriteIds(json, "positive_ids", row.PositiveIds);
        if (row.HardNegatives.Count > 0)
        {
            json.WriteStartArray("hard_negative_ids");
            foreach (var negative in row.HardNegatives)
            {
                WriteNegative(json, negative);
            }

            json.WriteEndArray();
        }

        RowJson.WriteIds(json, "forbidden_ids", row.ForbiddenIds);
        RowJson.WriteGrades(json, "relevance", row.Relevance);
        RowJson.WriteText(json, "expected_answer", row.ExpectedAnswer);
        RowJson.WriteText(json, "embedding_model_version", row.EmbeddingModelVersion);
        RowJson.WriteMap(json, "cohorts", row.Cohorts);
        if (row.Provenance is not null)
        {
            ProvenanceJson.Write(json, "provenance", row.Provenance);
        }
    }

    private static bool ReadText(ref RowScanner row, PairDraft draft, string name)
    {
        switch (name)
        {
            case "query" or "anchor" or "sentence1" or "question":
                row.OneOf(draft.QueryField, name);
                (draft.QueryField, draft.Query) = (name, row.Text(name));
                return true;
            case "positive_chunk" or "positive_ids" or "positive" or "sentence2" or "answer":
                row.OneOf(draft.PositiveField, name);
                draft.PositiveField = name;
                draft.Positives = name == "positive_ids" ? row.IdList(name) : null;
                draft.PositiveTexts = name == "positive_ids" ? [] : row.Texts(name);
                return true;
            case "hard_negative_chunk" or "hard_negative" or "negative":
                row.OneOf(draft.NegativeField, name);
                (draft.NegativeField, draft.NegativeTexts) = (name, row.Texts(name));
                return true;
            case "hard_negative_ids":
                row.OneOf(draft.NegativeField, name);
                (draft.NegativeField, draft.Negatives) = (name, ReadNegatives(ref row));
                return true;
            default:
                return false;
        }
    }

    private static void ReadRest(ref RowScanner row, PairDraft draft, string name)
    {
        switch (name)
        {
            case "id": draft.Id = row.Id(name); break;
            case "query_id": draft.QueryId = row.Id(name); break;
            case "forbidden_ids": draft.Forbidden = row.IdList(name); break;
            case "relevance": draft.Relevance = row.Grades(name); break;
            case "expected_answer": draft.ExpectedAnswer = row.Text(name); break;
            case "embedding_model_version": draft.ModelVersion = row.Text(name); break;
            case "cohorts": draft.Cohorts = row.ScalarMap(name); break;
            case "provenance": draft.Provenance = ProvenanceJson.Read(ref row, name); break;
            default: row.Unknown(name, name, Fields); break;
        }
    }

    // Ids, or {"id", "provenance"} where a miner said why.
    private static List<HardNegative> ReadNegatives(ref RowScanner row)
    {
        const string field = "hard_negative_ids";
        var negatives = new List<HardNegative>();
        if (!row.IsList)
        {
            return row.Id(field) is { } single ? [new HardNegative(single)] : [];
        }

        while (row.NextElement())
        {
            var negative = row.IsObject ? ReadNegative(ref row, field) : row.Id(field) is { } id ? new HardNegative(id) : null;
            if (negative is not null && negatives.Any(n => n.DocumentId == negative.DocumentId))
            {
                row.Problem(field, $"names \"{negative.DocumentId}\" twice. Keep one");
            }
            else if (negative is not null)
            {
                negatives.Add(negative);
            }
        }

        return negatives;
    }

    private static HardNegative? ReadNegative(ref RowScanner row, string field)
    {
        string? id = null;
        Provenance? provenance = null;
        while (row.NextInner(out string name))
        {
            switch (name)
            {
                case "id": id = row.Id($"{field}.id"); break;
                case "provenance": provenance = ProvenanceJson.Read(ref row, $"{field}.provenance"); break;
                default: row.Unknown($"{field}.{name}", name, ["id", "provenance"]); break;
            }
        }

        if (id is null)
        {
            row.Problem(field, "holds an object without a usable \"id\"");
        }

        return id is null ? null : new HardNegative(id, provenance);
    }

    private static void WriteNegative(Utf8JsonWriter json, HardNegative negative)
    {
        if (negative.Provenance is null)
        {
            json.WriteStringValue(negative.DocumentId);
            return;
        }

        json.WriteStartObject();
        json.WriteString("id", negative.DocumentId);
        ProvenanceJson.Write(json, "provenance", negative.Provenance);
        json.WriteEndObject();
    }

    private Pair? Finish(PairDraft draft, List<string> problems)
    {
        var positives = draft.Positives ?? Keep(draft.PositiveTexts);
        positives.AddRange((draft.Relevance ?? []).Where(g => g.Value > 0).Select(g => g.Key).Except(positives, StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var negatives = draft.Negatives ?? [.. Keep(draft.NegativeTexts).Select(id => new HardNegative(id))];
        draft.Check(positives, negatives, problems);
        if (problems.Count > 0)
        {
            return null;
        }

        var pair = new Pair
        {
            Id = draft.Id ?? "",
            Query = draft.Query!,
            QueryId = draft.QueryId,
            PositiveIds = positives,
            HardNegatives = negatives,
            ForbiddenIds = draft.Forbidden ?? [],
            Relevance = draft.Relevance,
            ExpectedAnswer = draft.ExpectedAnswer,
            EmbeddingModelVersion = draft.ModelVersion,
            Provenance = draft.Provenance,
        };
        return draft.Cohorts is null ? pair : pair with { Cohorts = draft.Cohorts };
    }

    private List<string> Keep(IReadOnlyList<string> texts)
    {
        var ids = new List<string>(texts.Count);
        foreach (string text in texts)
        {
            string id = ContentHash.IdOf(text);
            if (_byId.TryAdd(id, new Document { Id = id, Text = text }))
            {
                _inline.Add(_byId[id]);
            }

            if (!ids.Contains(id, StringComparer.Ordinal))
            {
                ids.Add(id);
            }
        }

        return ids;
    }
}
