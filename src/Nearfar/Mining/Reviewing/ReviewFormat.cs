using System.Text.Json;
using Nearfar.Pairs;

namespace Nearfar.Mining.Reviewing;

/// <summary>Review rows as JSONL. A decision is written even when it is null, so that a person who edits the file sees where to write.</summary>
internal sealed class ReviewFormat : RowFormat<ReviewRow>
{
    private static readonly string[] s_fields =
    [
        "id", "query", "query_id", "pair_id", "positive_ids", "positives", "document_id", "text", "text_hash", "rule", "likelihood", "scores", "ranks",
        "space", "trace_id", "cohorts", "decision", "reviewer", "time",
    ];

    public static ReviewFormat Instance { get; } = new();

    public override ReviewRow? Parse(ref RowScanner row, List<string> problems)
    {
        var draft = new ReviewRow { Id = "", Query = "", PairId = "", PositiveIds = [], Positives = [], DocumentId = "", Text = "", TextHash = "", Rule = "", Likelihood = 0 };
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

        if (problems.Count == 0)
        {
            Check(draft, problems);
        }

        return problems.Count > 0 ? null : draft;
    }

    public override string? GivenId(ReviewRow row) => row.Id;

    public override ReviewRow WithContentId(ReviewRow row, string suffix) => row with { Id = ReviewRow.IdOf(row.FoldKey, row.DocumentId, row.TextHash) + suffix };

    public override void Write(Utf8JsonWriter json, ReviewRow row)
    {
        json.WriteString("id", row.Id);
        json.WriteString("query", row.Query);
        RowJson.WriteText(json, "query_id", row.QueryId);
        json.WriteString("pair_id", row.PairId);
        RowJson.WriteIds(json, "positive_ids", row.PositiveIds);
        RowJson.WriteIds(json, "positives", row.Positives);
        json.WriteString("document_id", row.DocumentId);
        json.WriteString("text", row.Text);
        json.WriteString("text_hash", row.TextHash);
        json.WriteString("rule", row.Rule);
        json.WriteNumber("likelihood", row.Likelihood);
        json.WriteStartObject("scores");
        foreach (var (name, value) in row.Scores.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(name, value);
        }

        json.WriteEndObject();
        RowJson.WriteGrades(json, "ranks", row.Ranks);
        RowJson.WriteText(json, "space", row.Space);
        RowJson.WriteText(json, "trace_id", row.TraceId);
        RowJson.WriteMap(json, "cohorts", row.Cohorts);
        WriteDecision(json, row);
    }

    /// <summary>The word of a decision in the file.</summary>
    public static string? WordOf(ReviewDecision? decision) => decision switch
    {
        ReviewDecision.Accept => "accept",
        ReviewDecision.Reject => "reject",
        ReviewDecision.Promote => "promote",
        _ => null,
    };

    private static void WriteDecision(Utf8JsonWriter json, ReviewRow row)
    {
        json.WriteString("decision", WordOf(row.Decision));
        json.WriteString("reviewer", row.Reviewer);
        json.WriteString("time", row.Time is { } time ? Dates.Write(time) : null);
    }

    private static ReviewRow ReadField(ref RowScanner row, ReviewRow draft, string name)
    {
        switch (name)
        {
            case "id": return draft with { Id = row.Id(name) ?? "" };
            case "query": return draft with { Query = row.Text(name) ?? "" };
            case "query_id": return draft with { QueryId = row.Id(name) };
            case "pair_id": return draft with { PairId = row.Id(name) ?? "" };
            case "positive_ids": return draft with { PositiveIds = row.IdList(name) ?? [] };
            case "positives": return draft with { Positives = row.Texts(name) };
            case "document_id": return draft with { DocumentId = row.Id(name) ?? "" };
            case "text": return draft with { Text = row.Text(name) ?? "" };
            case "text_hash": return draft with { TextHash = row.Id(name) ?? "" };
            case "rule": return draft with { Rule = row.Text(name) ?? "" };
            case "likelihood": return draft with { Likelihood = row.Number(name) ?? 0 };
            case "scores": return draft with { Scores = row.Numbers(name) };
            case "ranks": return draft with { Ranks = row.Grades(name) };
            case "space": return draft with { Space = row.Text(name) };
            case "trace_id": return draft with { TraceId = row.Text(name) };
            case "cohorts": return draft with { Cohorts = row.ScalarMap(name) };
            case "decision": return draft with { Decision = ReadDecision(ref row) };
            case "reviewer": return draft with { Reviewer = row.Text(name) };
            case "time": return draft with { Time = row.Time(name) };
            default:
                row.Unknown(name, name, s_fields);
                return draft;
        }
    }

    private static ReviewDecision? ReadDecision(ref RowScanner row)
    {
        switch (row.Text("decision"))
        {
            case "accept": return ReviewDecision.Accept;
            case "reject": return ReviewDecision.Reject;
            case "promote": return ReviewDecision.Promote;
            case { } other:
                row.Problem("decision", $"is \"{other}\"; wanted accept, reject, promote or null");
                return null;
            case null: return null;
        }
    }

    private static void Check(ReviewRow row, List<string> problems)
    {
        (string Name, string Value)[] wanted = [("id", row.Id), ("query", row.Query), ("pair_id", row.PairId), ("document_id", row.DocumentId), ("text_hash", row.TextHash), ("rule", row.Rule)];
        problems.AddRange(wanted.Where(w => w.Value.Length == 0).Select(w => $"has no \"{w.Name}\"."));
        if (problems.Count == 0 && row.Id != ReviewRow.IdOf(row.FoldKey, row.DocumentId, row.TextHash))
        {
            problems.Add("\"id\" does not belong to this question, document and text: the row was changed beyond its decision. Mine again for a fresh one.");
        }

        if (row.Decision is not null && row.Reviewer is null)
        {
            problems.Add("\"decision\" has no \"reviewer\". Say who decided.");
        }
    }
}
