using System.Text.Json;

namespace Nearfar.Pairs;

/// <summary>Provenance as JSON. An unknown field is an error: one that we dropped could not be walked back.</summary>
internal static class ProvenanceJson
{
    private static readonly string[] s_fields =
        ["source", "document_id", "document_version", "intent", "space", "trace_id", "rule", "rank", "ranks", "scores", "reviewer", "time", "step", "run"];

    private static readonly string[] s_sources = ["human", "log", "mined", "synthetic"];

    public static Provenance? Read(ref RowScanner row, string field)
    {
        if (!row.Opens(field))
        {
            return null;
        }

        var provenance = new Provenance();
        while (row.NextInner(out string name))
        {
            if (row.IsNull)
            {
                row.Skip();
                continue;
            }

            provenance = ReadField(ref row, provenance, field, name);
        }

        return provenance;
    }

    public static void Write(Utf8JsonWriter json, string field, Provenance provenance)
    {
        json.WriteStartObject(field);
        RowJson.WriteText(json, "source", provenance.Source);
        RowJson.WriteText(json, "document_id", provenance.DocumentId);
        RowJson.WriteText(json, "document_version", provenance.DocumentVersion);
        RowJson.WriteText(json, "intent", provenance.Intent);
        RowJson.WriteText(json, "space", provenance.Space);
        RowJson.WriteText(json, "trace_id", provenance.TraceId);
        RowJson.WriteText(json, "rule", provenance.Rule);
        if (provenance.Rank is { } rank)
        {
            json.WriteNumber("rank", rank);
        }

        if (provenance.Ranks.Count > 0)
        {
            RowJson.WriteGrades(json, "ranks", provenance.Ranks);
        }

        if (provenance.Scores.Count > 0)
        {
            json.WriteStartObject("scores");
            foreach (var (name, value) in provenance.Scores.OrderBy(s => s.Key, StringComparer.Ordinal))
            {
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
        }

        RowJson.WriteText(json, "reviewer", provenance.Reviewer);
        RowJson.WriteText(json, "time", provenance.Time is { } time ? Dates.Write(time) : null);
        if (provenance.Step is { } step)
        {
            json.WriteNumber("step", step);
        }

        RowJson.WriteText(json, "run", provenance.Run);
        json.WriteEndObject();
    }

    private static Provenance ReadField(ref RowScanner row, Provenance provenance, string field, string name)
    {
        string path = $"{field}.{name}";
        switch (name)
        {
            case "source": return provenance with { Source = Source(ref row, path) };
            case "document_id": return provenance with { DocumentId = row.Text(path) };
            case "document_version": return provenance with { DocumentVersion = row.Text(path) };
            case "intent": return provenance with { Intent = row.Text(path) };
            case "space": return provenance with { Space = row.Text(path) };
            case "trace_id": return provenance with { TraceId = row.Text(path) };
            case "rule": return provenance with { Rule = row.Text(path) };
            case "rank": return provenance with { Rank = row.Integer(path) };
            case "ranks": return provenance with { Ranks = row.Grades(path) };
            case "scores": return provenance with { Scores = row.Numbers(path) };
            case "reviewer": return provenance with { Reviewer = row.Text(path) };
            case "time": return provenance with { Time = row.Time(path) };
            case "step": return provenance with { Step = row.Integer(path) };
            case "run": return provenance with { Run = row.Text(path) };
            default:
                row.Unknown(path, name, s_fields);
                return provenance;
        }
    }

    private static string? Source(ref RowScanner row, string path)
    {
        string? source = row.Text(path);
        if (source is null || s_sources.Contains(source))
        {
            return source;
        }

        row.Problem(path, $"is \"{source}\"; wanted one of {string.Join(", ", s_sources)}");
        return null;
    }
}
