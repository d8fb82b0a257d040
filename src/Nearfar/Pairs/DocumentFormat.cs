using System.Text.Json;

namespace Nearfar.Pairs;

/// <summary>Documents as JSONL rows: <c>id, text, title</c> and any scalar attributes.</summary>
/// <param name="beir">BEIR's spelling: <c>_id</c>, a <c>metadata</c> object whose scalars become attributes, and a title alone where there is no text (TREC-COVID's papers without an abstract).</param>
/// <param name="equalRowsAllowed">Equal rows without ids are told apart by number, as in a list of questions with the same answer.</param>
internal sealed class DocumentFormat(bool beir = false, bool equalRowsAllowed = false) : RowFormat<Document>
{
    public static DocumentFormat Plain { get; } = new();

    public static DocumentFormat Beir { get; } = new(beir: true);

    public static DocumentFormat Faq { get; } = new(equalRowsAllowed: true);

    public override bool EqualRowsAllowed => equalRowsAllowed;

    public override Document? Parse(ref RowScanner row, List<string> problems)
    {
        string? id = null, text = null, title = null;
        bool hasText = false;
        Dictionary<string, string>? attributes = null;
        while (row.NextField(out string name))
        {
            if (name == "text")
            {
                hasText = true;
                text = beir && row.IsBlank ? "" : row.Text(name);
            }
            else if (row.IsNull)
            {
                row.Skip();
            }
            else if (name == "id" || (beir && name == "_id"))
            {
                id = row.Id(name);
            }
            else if (name == "title")
            {
                title = row.ScalarText(name);
            }
            else if (beir && name == "metadata" && row.IsObject)
            {
                attributes = Metadata(ref row, attributes);
            }
            else if (beir && (row.IsObject || row.IsList))
            {
                row.Skip();     // the answers of a question-answering set
            }
            else if (row.ScalarText(name) is { } value)
            {
                (attributes ??= new(StringComparer.Ordinal))[name] = value;
            }
        }

        if (!hasText)
        {
            problems.Add("has no \"text\". A document row is {\"id\": …, \"text\": …}.");
        }

        if (text is not "")
        {
            return text is null ? null : Make(id, text, title, attributes);
        }

        if (string.IsNullOrWhiteSpace(title))
        {
            problems.Add("\"text\" is blank and there is no title. Fill one of them or remove the row.");
            return null;
        }

        return Make(id, title, null, attributes);
    }

    public override string? GivenId(Document row) => row.Id.Length == 0 ? null : row.Id;

    public override Document WithContentId(Document row, string suffix) => row with { Id = ContentHash.IdOf(row.Content) + suffix };

    public override void Write(Utf8JsonWriter json, Document row)
    {
        json.WriteString("id", row.Id);
        if (row.Title is not null)
        {
            json.WriteString("title", row.Title);
        }

        json.WriteString("text", row.Text);
        foreach (var (name, value) in row.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            if (name is "id" or "text" or "title")
            {
                throw new ArgumentException($"Document \"{row.Id}\" has an attribute named \"{name}\", which is a field. Rename it.", nameof(row));
            }

            json.WriteString(name, value);
        }
    }

    private static Document Make(string? id, string text, string? title, Dictionary<string, string>? attributes)
    {
        var document = new Document { Id = id ?? "", Text = text, Title = string.IsNullOrWhiteSpace(title) ? null : title };
        return attributes is null ? document : document with { Attributes = attributes };
    }

    // Public BEIR folders hold lists and empty objects here that nothing reads.
    private static Dictionary<string, string>? Metadata(ref RowScanner row, Dictionary<string, string>? attributes)
    {
        while (row.NextInner(out string name))
        {
            if (row.IsNull || row.IsObject || row.IsList)
            {
                row.Skip();
            }
            else if (row.ScalarText(name) is { } value)
            {
                (attributes ??= new(StringComparer.Ordinal)).TryAdd(name, value);
            }
        }

        return attributes;
    }
}
