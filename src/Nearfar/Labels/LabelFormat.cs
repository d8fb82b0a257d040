using System.Globalization;
using System.Text.Json;
using Nearfar.Pairs;

namespace Nearfar.Labels;

/// <summary>Labelling rows as JSONL; CSV has the same fields as columns.</summary>
internal sealed class LabelFormat : RowFormat<LabelRow>
{
    public static IReadOnlyList<string> Fields { get; } = ["question_id", "query", "document_id", "title", "text", "grade", "rater", "time", "pool"];

    public static LabelFormat Instance { get; } = new();

    public override bool EqualRowsAllowed => false;

    public override LabelRow? Parse(ref RowScanner row, List<string> problems)
    {
        var label = new LabelRow { QuestionId = "", Query = "", DocumentId = "" };
        while (row.NextField(out string name))
        {
            if (row.IsNull)
            {
                row.Skip();
            }
            else
            {
                label = ReadField(ref row, label, name);
            }
        }

        Check(label, problems);
        return label;
    }

    public override string? GivenId(LabelRow row) => $"{row.QuestionId} {row.DocumentId}";

    public override LabelRow WithContentId(LabelRow row, string suffix) => row;

    public override void Write(Utf8JsonWriter json, LabelRow row)
    {
        json.WriteString("question_id", row.QuestionId);
        json.WriteString("query", row.Query);
        json.WriteString("document_id", row.DocumentId);
        RowJson.WriteText(json, "title", row.Title);
        json.WriteString("text", row.Text);
        if (row.Grade is { } grade)
        {
            json.WriteNumber("grade", grade);
        }

        RowJson.WriteText(json, "rater", row.Rater);
        RowJson.WriteText(json, "time", row.Time is { } time ? Dates.Write(time) : null);
        RowJson.WriteText(json, "pool", row.Pool);
    }

    private static LabelRow ReadField(ref RowScanner row, LabelRow label, string name)
    {
        switch (name)
        {
            case "question_id": return label with { QuestionId = row.Id(name) ?? "" };
            case "query": return label with { Query = row.Text(name) ?? "" };
            case "document_id": return label with { DocumentId = row.Id(name) ?? "" };
            case "title": return label with { Title = row.ScalarText(name) };
            case "text": return label with { Text = row.ScalarText(name) ?? "" };
            case "grade": return label with { Grade = ReadGrade(ref row) };
            case "rater": return label with { Rater = row.Text(name) };
            case "time": return label with { Time = row.Time(name) };
            case "pool": return label with { Pool = row.ScalarText(name) };
            default:
                row.Unknown(name, name, Fields);
                return label;
        }
    }

    // A table's cell is text; no grade but these is guessed at.
    private static int? ReadGrade(ref RowScanner row)
    {
        string? text = row.ScalarText("grade");
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int grade) && grade <= 3)
        {
            return grade;
        }

        row.Problem("grade", $"is \"{text}\"; wanted 0 (wrong), 1, 2 or 3, or nothing where nobody judged");
        return null;
    }

    private static void Check(LabelRow label, List<string> problems)
    {
        if (problems.Count > 0)
        {
            return;
        }

        foreach (var (field, value) in new[] { ("question_id", label.QuestionId), ("query", label.Query), ("document_id", label.DocumentId) })
        {
            if (value.Length == 0)
            {
                problems.Add($"has no \"{field}\".");
            }
        }

        if (label.Grade is not null && string.IsNullOrWhiteSpace(label.Rater))
        {
            problems.Add("has a grade and no \"rater\". Say who judged.");
        }
    }
}
