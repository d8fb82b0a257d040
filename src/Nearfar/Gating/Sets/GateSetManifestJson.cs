using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Nearfar.Evaluation;
using Nearfar.Pairs;

namespace Nearfar.Gating.Sets;

/// <summary>The manifest as JSON: equal manifests give equal bytes; an unknown or missing field is an error.</summary>
internal static class GateSetManifestJson
{
    private const string Kind = "gate-set";
    private const int Schema = 1;

    public static byte[] Write(GateSetManifest manifest)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = JsonFiles.Writer(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", Kind);
            json.WriteNumber("schema", Schema);
            json.WriteNumber("version", manifest.Version);
            json.WriteString("hash", manifest.Hash);
            json.WriteString("previous", manifest.Previous);
            json.WriteString("rows_sha256", manifest.RowsHash);
            json.WriteString("time", Dates.Write(manifest.Time));
            json.WriteString("because", manifest.Because);
            json.WriteString("as_of", manifest.AsOf?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("corpus", manifest.CorpusHash);
            json.WriteNumber("corpus_documents", manifest.CorpusDocuments);
            WriteTexts(json, "rules", manifest.Rules);
            json.WriteNumber("seed", manifest.Seed);
            json.WriteNumber("per_query", manifest.PerQuery);
            json.WriteNumber("depth", manifest.Depth);
            json.WriteBoolean("new_pages_only", manifest.NewPagesOnly);
            WriteTexts(json, "rankers", manifest.Rankers);
            json.WriteNumber("questions", manifest.Questions);
            json.WriteNumber("known_pages", manifest.KnownPages);
            json.WriteNumber("negatives", manifest.Negatives);
            json.WriteNumber("reviewed", manifest.Reviewed);
            json.WriteNumber("short", manifest.Short);
            WriteCounts(json, "left_out", manifest.LeftOut);
            json.WriteStartObject("cohorts");
            foreach (var (attribute, values) in manifest.Cohorts.OrderBy(c => c.Key, StringComparer.Ordinal))
            {
                WriteCounts(json, attribute, values);
            }

            json.WriteEndObject();
            WriteTexts(json, "documents", manifest.Documents);
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    public static GateSetManifest Read(ReadOnlyMemory<byte> bytes, string path) => StrictJson.Read(bytes, path, root =>
    {
        JsonFiles.WantSchema(root, Kind, Schema);
        root.Only("kind", "schema", "version", "hash", "previous", "rows_sha256", "time", "because", "as_of", "corpus", "corpus_documents", "rules", "seed", "per_query",
            "depth", "new_pages_only", "rankers", "questions", "known_pages", "negatives", "reviewed", "short", "left_out", "cohorts", "documents");
        return new GateSetManifest
        {
            Version = root["version"].Whole(1),
            Hash = root["hash"].Text(),
            Previous = TextOrNull(root["previous"]),
            RowsHash = root["rows_sha256"].Text(),
            Time = Dates.TryParseTime(root["time"].Text(), out var time) ? time : throw root["time"].Error("wanted an ISO 8601 time."),
            Because = TextOrNull(root["because"]),
            AsOf = Day(root["as_of"]),
            CorpusHash = root["corpus"].Text(),
            CorpusDocuments = root["corpus_documents"].Whole(),
            Rules = root["rules"].List(r => r.Text()),
            Seed = root["seed"].Unsigned(),
            PerQuery = root["per_query"].Whole(1),
            Depth = root["depth"].Whole(1),
            NewPagesOnly = root["new_pages_only"].Flag(),
            Rankers = root["rankers"].Map(r => r.Text()),
            Questions = root["questions"].Whole(1),
            KnownPages = root["known_pages"].Whole(),
            Negatives = root["negatives"].Whole(),
            Reviewed = root["reviewed"].Whole(),
            Short = root["short"].Whole(),
            LeftOut = root["left_out"].Map(c => c.Whole()),
            Cohorts = root["cohorts"].Map(a => (IReadOnlyDictionary<string, int>)a.Map(c => c.Whole())),
            Documents = root["documents"].Map(d => d.Text()),
        };
    });

    private static string? TextOrNull(StrictJson json) => json.IsNull ? null : json.Text();

    private static DateOnly? Day(StrictJson json) => json.IsNull ? null : Dates.TryParseDay(json.Text(), out var day) ? day : throw json.Error("wanted a day such as 2026-11-01.");

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, int> counts)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in counts.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(key, value);
        }

        json.WriteEndObject();
    }
}
