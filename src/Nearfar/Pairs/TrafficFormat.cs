using System.Text.Json;

namespace Nearfar.Pairs;

/// <summary>Traffic rows as JSONL.</summary>
internal sealed class TrafficFormat : RowFormat<TrafficRow>
{
    private static readonly string[] s_fields =
    [
        "id", "query", "time", "retrieved", "expected_ids", "judged", "answer", "outcome", "escalated", "tokens", "latency_ms",
        "embedding_model_version", "trace_id", "cohorts", "provenance",
    ];

    public static TrafficFormat Instance { get; } = new();

    public override TrafficRow? Parse(ref RowScanner row, List<string> problems)
    {
        var draft = new TrafficRow { Id = "", Query = "" };
        while (row.NextField(out string name))
        {
            if (row.IsNull)
            {
                row.Skip();
            }
            else
            {
                draft = ReadField(ref row, draft, name);
            }
        }

        if (draft.Query.Length == 0 && problems.Count == 0)
        {
            problems.Add("has no \"query\".");
        }

        return draft;
    }

    public override string? GivenId(TrafficRow row) => row.Id.Length == 0 ? null : row.Id;

    public override TrafficRow WithContentId(TrafficRow row, string suffix) => row with
    {
        Id = ContentHash.IdOf(string.Join('\n', [row.TraceId ?? "", row.Time is { } time ? Dates.Write(time) : "", row.Query, .. row.Retrieved.Select(r => r.Id)])) + suffix,
    };

    public override void Write(Utf8JsonWriter json, TrafficRow row)
    {
        json.WriteString("id", row.Id);
        json.WriteString("query", row.Query);
        RowJson.WriteText(json, "time", row.Time is { } time ? Dates.Write(time) : null);
        WriteRetrieved(json, row.Retrieved);
        RowJson.WriteIds(json, "expected_ids", row.ExpectedIds);
        RowJson.WriteGrades(json, "judged", row.Judged);
        RowJson.WriteText(json, "answer", row.Answer);
        json.WriteString("outcome", row.Outcome switch { TrafficOutcome.Ok => "ok", TrafficOutcome.Failed => "failed", _ => "unknown" });
        if (row.Escalated is { } escalated)
        {
            json.WriteBoolean("escalated", escalated);
        }

        if (row.Tokens is { } tokens)
        {
            json.WriteNumber("tokens", tokens);
        }

        if (row.LatencyMs is { } latency)
        {
            json.WriteNumber("latency_ms", latency);
        }

        RowJson.WriteText(json, "embedding_model_version", row.EmbeddingModelVersion);
        RowJson.WriteText(json, "trace_id", row.TraceId);
        RowJson.WriteMap(json, "cohorts", row.Cohorts);
        if (row.Provenance is not null)
        {
            ProvenanceJson.Write(json, "provenance", row.Provenance);
        }
    }

    private static TrafficRow ReadField(ref RowScanner row, TrafficRow draft, string name)
    {
        switch (name)
        {
            case "id": return draft with { Id = row.Id(name) ?? "" };
            case "query": return draft with { Query = row.Text(name) ?? "" };
            case "time": return draft with { Time = row.Time(name) };
            case "retrieved": return draft with { Retrieved = ReadRetrieved(ref row) };
            case "expected_ids": return draft with { ExpectedIds = row.IdList(name) ?? [] };
            case "judged": return draft with { Judged = row.Grades(name) };
            case "answer": return draft with { Answer = row.ScalarText(name) };
            case "outcome": return draft with { Outcome = ReadOutcome(ref row) };
            case "escalated": return draft with { Escalated = row.Truth(name) };
            case "tokens": return draft with { Tokens = row.Integer(name) };
            case "latency_ms": return draft with { LatencyMs = row.Number(name) };
            case "embedding_model_version": return draft with { EmbeddingModelVersion = row.Text(name) };
            case "trace_id": return draft with { TraceId = row.Id(name) };
            case "cohorts": return draft with { Cohorts = row.ScalarMap(name) };
            case "provenance": return draft with { Provenance = ProvenanceJson.Read(ref row, name) };
            default:
                row.Unknown(name, name, s_fields);
                return draft;
        }
    }

    private static TrafficOutcome ReadOutcome(ref RowScanner row)
    {
        switch (row.Text("outcome"))
        {
            case "ok": return TrafficOutcome.Ok;
            case "failed": return TrafficOutcome.Failed;
            case "unknown" or null: return TrafficOutcome.Unknown;
            case { } other:
                row.Problem("outcome", $"is \"{other}\"; wanted ok, failed or unknown");
                return TrafficOutcome.Unknown;
        }
    }

    private static List<RetrievedDocument> ReadRetrieved(ref RowScanner row)
    {
        var retrieved = new List<RetrievedDocument>();
        if (!row.IsList)
        {
            row.Wanted("retrieved", "a list of {\"id\", \"score\"?, \"rank\"?}");
            return retrieved;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (row.NextElement())
        {
            if (ReadOne(ref row, retrieved.Count + 1) is not { } one)
            {
                continue;
            }

            if (!seen.Add(one.Id))
            {
                row.Problem("retrieved", $"holds \"{one.Id}\" twice. Keep the better rank");
            }

            retrieved.Add(one);
        }

        return [.. retrieved.OrderBy(r => r.Rank)]; // stable: equal ranks keep their order
    }

    private static RetrievedDocument? ReadOne(ref RowScanner row, int position)
    {
        string? id = null;
        double? score = null;
        int? rank = null;
        if (!row.Opens("retrieved[]"))
        {
            return null;
        }

        while (row.NextInner(out string name))
        {
            if (row.IsNull)
            {
                row.Skip();
                continue;
            }

            switch (name)
            {
                case "id": id = row.Id("retrieved.id"); break;
                case "score": score = row.Number("retrieved.score"); break;
                case "rank": rank = row.Integer("retrieved.rank"); break;
                default: row.Unknown($"retrieved.{name}", name, ["id", "score", "rank"]); break;
            }
        }

        if (rank < 1)
        {
            row.Problem("retrieved.rank", $"is {rank}; ranks begin at 1");
        }

        if (id is null)
        {
            row.Problem("retrieved", "holds an object without a usable \"id\"");
        }

        return id is null ? null : new RetrievedDocument(id, score, rank ?? position);
    }

    private static void WriteRetrieved(Utf8JsonWriter json, IReadOnlyList<RetrievedDocument> retrieved)
    {
        json.WriteStartArray("retrieved");
        foreach (var document in retrieved)
        {
            json.WriteStartObject();
            json.WriteString("id", document.Id);
            if (document.Score is { } score)
            {
                json.WriteNumber("score", score);
            }

            json.WriteNumber("rank", document.Rank);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
