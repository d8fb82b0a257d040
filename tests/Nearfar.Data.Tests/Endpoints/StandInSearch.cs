using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Nearfar.Data.Tests.Providers;

namespace Nearfar.Data.Tests.Endpoints;

/// <summary>A search service on this machine: ranks documents by the words they share with the question.</summary>
/// <param name="documents">Texts by id.</param>
internal sealed class StandInSearch(IReadOnlyDictionary<string, string> documents) : StandInServer
{
    /// <summary>One request as it came.</summary>
    public sealed record Request(string Head, string Body, string Question, int K);

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>How ids and scores, best first, are written.</summary>
    public Func<(string Id, double Score)[], string> Form { get; set; } = rows =>
        $"{{\"took\":3,\"results\":[{string.Join(",", rows.Select(r => FormattableString.Invariant($"{{\"id\":{JsonSerializer.Serialize(r.Id)},\"score\":{r.Score}}}")))}]}}";

    protected override Answer AnswerTo(string head, byte[] body)
    {
        string text = System.Text.Encoding.UTF8.GetString(body);
        var (question, k) = body.Length == 0 ? OfAddress(head.Split(' ')[1]) : OfBody(text);
        Requests.Enqueue(new Request(head, text, question, k));
        string[] words = Words(question);
        var rows = documents.Select(d => (Id: d.Key, Score: (double)Words(d.Value).Intersect(words).Count())).Where(d => d.Score > 0)
            .OrderByDescending(d => d.Score).ThenBy(d => d.Id, StringComparer.Ordinal).Take(k).ToArray();
        return new Answer(200, "", Form(rows));
    }

    private static (string, int) OfBody(string text)
    {
        using var json = JsonDocument.Parse(text);
        return (json.RootElement.GetProperty("query").GetString()!, json.RootElement.TryGetProperty("top_k", out var k) ? k.GetInt32() : 10);
    }

    private static (string, int) OfAddress(string address)
    {
        var fields = address[(address.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&').Select(f => f.Split('=')).ToDictionary(f => f[0], f => Uri.UnescapeDataString(f[1]), StringComparer.Ordinal);
        return (fields["q"], int.Parse(fields["n"], CultureInfo.InvariantCulture));
    }

    private static string[] Words(string text) => text.ToLowerInvariant().Split([' ', '?', '.', ',', '"', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
