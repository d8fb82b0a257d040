using System.Text.Json;
using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Data.Endpoints;

/// <summary>What a service answered to one question.</summary>
/// <param name="Ids">Documents in its order, none twice.</param>
/// <param name="Scores">One for each, within float32; null: the order holds.</param>
/// <param name="Milliseconds">From asking to the last byte, where the first try was answered.</param>
internal sealed record Answer(IReadOnlyList<string> Ids, IReadOnlyList<double>? Scores, double? Milliseconds = null)
{
    /// <exception cref="NearfarException">No JSON, nothing at the paths, an id that is none or stands twice, or a score that is none.</exception>
    public static Answer Parse(ReadOnlyMemory<byte> body, AnswerPath ids, AnswerPath? scores)
    {
        try
        {
            using var document = JsonDocument.Parse(body.Span.StartsWith(System.Text.Encoding.UTF8.Preamble) ? body[3..] : body);
            string[] documents = [.. ids.Of(document.RootElement).Select(IdOf)];
            double[]? numbers = scores is null ? null : [.. scores.Of(document.RootElement).Select(ScoreOf)];
            if (numbers is not null && numbers.Length != documents.Length)
            {
                throw new NearfarException($"{numbers.Length} scores came for {documents.Length} ids");
            }

            var seen = new HashSet<string>(StringComparer.Ordinal);
            return documents.FirstOrDefault(id => !seen.Add(id)) is { } twice ? throw new NearfarException($"document \"{twice}\" came twice") : new Answer(documents, numbers);
        }
        catch (JsonException e)
        {
            throw new NearfarException($"the answer is no JSON ({e.Message.Split(" LineNumber:")[0].TrimEnd('.')})", e);
        }
        catch (InvalidOperationException e)         // half a character, written as \ud800
        {
            throw new NearfarException("the answer holds a text that is no Unicode", e);
        }
    }

    /// <summary>Ids that a corpus lacks.</summary>
    public IEnumerable<string> Unknown(Corpus corpus) => Ids.Where(id => !corpus.TryGetIndex(id, out _));

    /// <summary>Best first: by score, of equal ones by id as trec_eval ranks them; without scores in the order that came, with scores that fall by 1.</summary>
    public IReadOnlyList<RetrievedDocument> Ranked()
    {
        var rows = Ids.Select((id, i) => (Id: id, Score: Scores?[i] ?? Ids.Count - i));
        return [.. rows.OrderByDescending(r => (float)r.Score).ThenByDescending(r => r.Id, Utf8Order.Ascending).Select((r, i) => new RetrievedDocument(r.Id, r.Score, i + 1))];
    }

    private static string IdOf(JsonElement value)
    {
        string id = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => throw new NearfarException($"an id is {Kind(value)}; wanted a text or a number"),
        };
        return id.Length > 0 && !id.Any(char.IsWhiteSpace) ? id : throw new NearfarException($"id \"{id}\" is empty or holds white space, which a TREC file cannot carry");
    }

    private static double ScoreOf(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double score) && float.IsFinite((float)score)
        ? score
        : throw new NearfarException($"a score is {Kind(value)}; wanted a number within float32");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : value.GetRawText(),
    };
}
