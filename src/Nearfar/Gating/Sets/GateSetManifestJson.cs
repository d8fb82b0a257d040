using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Pairs;

namespace Nearfar.Gating.Sets;

/// <summary>The manifest as JSON: equal manifests give equal bytes; an unknown or missing field is an error.</summary>
internal static class GateSetManifestJson
{
    private const string Kind = "gate-set";
    private const int Schema = 1;

    public static byte[] Write(GateSetManifest manifest) => JsonFiles.ToUtf8(json =>
    {
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
        JsonFiles.WriteTexts(json, "rules", manifest.Rules);
        json.WriteNumber("seed", manifest.Seed);
        json.WriteNumber("per_query", manifest.PerQuery);
        json.WriteNumber("depth", manifest.Depth);
        json.WriteBoolean("new_pages_only", manifest.NewPagesOnly);
        JsonFiles.WriteMap<string>(json, "rankers", manifest.Rankers, json.WriteString);
        json.WriteNumber("questions", manifest.Questions);
        json.WriteNumber("known_pages", manifest.KnownPages);
        json.WriteNumber("negatives", manifest.Negatives);
        json.WriteNumber("reviewed", manifest.Reviewed);
        json.WriteNumber("short", manifest.Short);
        JsonFiles.WriteMap<int>(json, "left_out", manifest.LeftOut, json.WriteNumber);
        JsonFiles.WriteMap(json, "cohorts", manifest.Cohorts, (attribute, values) => JsonFiles.WriteMap<int>(json, attribute, values, json.WriteNumber));
        JsonFiles.WriteMap<string>(json, "documents", manifest.Documents, json.WriteString);
    });

    public static GateSetManifest Read(ReadOnlyMemory<byte> bytes, string path) => StrictJson.Read(bytes, path, root =>
    {
        JsonFiles.WantSchema(root, Kind, Schema);
        root.Only("kind", "schema", "version", "hash", "previous", "rows_sha256", "time", "because", "as_of", "corpus", "corpus_documents", "rules", "seed", "per_query",
            "depth", "new_pages_only", "rankers", "questions", "known_pages", "negatives", "reviewed", "short", "left_out", "cohorts", "documents");
        return new GateSetManifest
        {
            Version = root["version"].Whole(1),
            Hash = root["hash"].Text(),
            Previous = root["previous"].TextOrNull(),
            RowsHash = root["rows_sha256"].Text(),
            Time = Dates.TryParseTime(root["time"].Text(), out var time) ? time : throw root["time"].Error("wanted an ISO 8601 time."),
            Because = root["because"].TextOrNull(),
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

    private static DateOnly? Day(StrictJson json) => json.IsNull ? null : Dates.TryParseDay(json.Text(), out var day) ? day : throw json.Error("wanted a day such as 2026-11-01.");
}
