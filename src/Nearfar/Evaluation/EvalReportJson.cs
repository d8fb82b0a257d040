using System.Text.Json;
using Nearfar.Evaluation.Geometry;
using Nearfar.Vectors;

namespace Nearfar.Evaluation;

/// <summary>Reads and writes <c>report.json</c> (docs/formats/report.md). Equal reports give equal bytes; numbers survive the way there and back.</summary>
public static class EvalReportJson
{
    /// <summary>The report as UTF-8 JSON with a final newline.</summary>
    /// <param name="report">Any report.</param>
    public static byte[] ToUtf8(EvalReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return JsonFiles.ToUtf8(json => Write(json, report));
    }

    /// <summary>SHA-256 of what <see cref="ToUtf8"/> gives, without ever holding it.</summary>
    internal static string Hash(EvalReport report)
    {
        using var hash = new HashWriter();
        JsonFiles.Write(hash, json => Write(json, report));
        return hash.Finish();
    }

    /// <summary>Writes the file atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="report">Any report.</param>
    public static void Save(string path, EvalReport report) => AtomicFile.Write(path, ToUtf8(report));

    /// <summary>Reads a report file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NearfarException">Missing file, another schema version, a missing or unknown field, a number that is none.</exception>
    public static EvalReport Load(string path) => Parse(JsonFiles.Bytes(path), path);

    /// <summary>Reads a report from bytes.</summary>
    /// <param name="utf8">JSON.</param>
    /// <param name="path">Named in errors.</param>
    /// <exception cref="NearfarException">Another schema version, a missing or unknown field, a number that is none.</exception>
    public static EvalReport Parse(ReadOnlyMemory<byte> utf8, string path) => StrictJson.Read(utf8, path, Report);

    private static void Write(Utf8JsonWriter json, EvalReport report)
    {
        json.WriteNumber("schema", EvalReport.SchemaVersion);
        json.WriteString("kind", "report");
        json.WriteString("label", report.Label);
        WriteSpace(json, report.Space);
        json.WriteStartObject("set");
        json.WriteString("name", report.SetName);
        json.WriteBoolean("gate", report.IsGateSet);
        json.WriteString("hash", report.SetHash);
        json.WriteNumber("documents", report.Documents);
        json.WriteNumber("documents_without_token", report.DocumentsWithoutToken);
        json.WriteEndObject();
        JsonFiles.WriteList<int>(json, "cutoffs", report.Cutoffs, json.WriteNumberValue);
        json.WriteNumber("depth", report.Depth);
        WriteScale(json, report.Scale);
        GeometryJson.Write(json, report.Geometry);
        JsonFiles.WriteNumbers(json, "tie_sensitivity", report.TieSensitivity);
        WriteSummaries(json, report.Metrics);
        GeometryJson.WriteQuantiles(json, report.Quantiles);
        WriteCohorts(json, report.Cohorts);
        JsonFiles.WriteList(json, "queries", report.Queries, query => WriteQuery(json, query));
    }

    private static void WriteSpace(Utf8JsonWriter json, EmbeddingSpace? space)
    {
        if (space is null)
        {
            json.WriteNull("space");
            return;
        }

        json.WriteStartObject("space");
        json.WriteString("id", space.Id);
        json.WriteString("label", space.Label);
        json.WriteEndObject();
    }

    private static void WriteScale(Utf8JsonWriter json, ScaleFingerprint? scale)
    {
        if (scale is null)
        {
            json.WriteNull("scale");
            return;
        }

        json.WriteStartObject("scale");
        json.WriteNumber("pairs", scale.Pairs);
        json.WriteNumber("seed", scale.Seed);
        json.WriteNumber("mu", scale.Mu);
        json.WriteNumber("sigma", scale.Sigma);
        json.WriteNumber("q01", scale.Q01);
        json.WriteNumber("q50", scale.Q50);
        json.WriteNumber("q99", scale.Q99);
        if (scale.Temperature is { } temperature)
        {
            json.WriteNumber("temperature", temperature);
        }

        json.WriteEndObject();
    }

    private static void WriteSummaries(Utf8JsonWriter json, IReadOnlyDictionary<string, MetricSummary> metrics) => JsonFiles.WriteMap(json, "metrics", metrics, (name, summary) =>
    {
        json.WriteStartObject(name);
        json.WriteNumber("n", summary.N);
        json.WriteNumber("clusters", summary.Clusters);
        json.WriteNumber("mean", summary.Mean);
        JsonFiles.WriteNumber(json, "low", summary.Low);
        JsonFiles.WriteNumber(json, "high", summary.High);
        if (summary.FewEvents)
        {
            json.WriteBoolean("few_events", true);
        }

        json.WriteEndObject();
    });

    private static void WriteCohorts(Utf8JsonWriter json, IReadOnlyDictionary<string, IReadOnlyDictionary<string, CohortScore>> cohorts) =>
        JsonFiles.WriteMap(json, "cohorts", cohorts, (attribute, values) => JsonFiles.WriteMap(json, attribute, values, (value, score) =>
        {
            json.WriteStartObject(value);
            json.WriteNumber("n", score.N);
            json.WriteNumber("clusters", score.Clusters);
            WriteSummaries(json, score.Metrics);
            GeometryJson.WriteQuantiles(json, score.Quantiles);
            if (score.Scale is { } scale)
            {
                WriteScale(json, scale);
            }

            json.WriteEndObject();
        }));

    private static void WriteQuery(Utf8JsonWriter json, QueryScore query)
    {
        json.WriteStartObject();
        json.WriteString("id", query.Id);
        json.WriteString("query", query.Query);
        json.WriteString("cluster", query.Cluster);
        JsonFiles.WriteMap<string>(json, "cohorts", query.Cohorts, json.WriteString);
        JsonFiles.WriteNumber(json, "first_relevant_rank", query.FirstRelevantRank);
        json.WriteBoolean("no_known_token", query.NoKnownToken);
        JsonFiles.WriteNumbers(json, "metrics", query.Metrics);
        JsonFiles.WriteList(json, "top", query.Top, document =>
        {
            json.WriteStartObject();
            json.WriteString("id", document.Id);
            json.WriteNumber("score", document.Score);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static EvalReport Report(StrictJson json)
    {
        JsonFiles.WantSchema(json, "report", EvalReport.SchemaVersion);
        json.Only("schema", "kind", "label", "space", "set", "cutoffs", "depth", "scale", "geometry", "tie_sensitivity", "metrics", "quantiles", "cohorts", "queries");
        var set = json["set"].Only("name", "gate", "hash", "documents", "documents_without_token");
        return new EvalReport
        {
            Label = json["label"].Text(),
            Space = Space(json["space"]),
            SetName = set["name"].Text(),
            IsGateSet = set["gate"].Flag(),
            SetHash = set["hash"].Text(),
            Documents = set["documents"].Whole(1),
            DocumentsWithoutToken = set["documents_without_token"].Whole(),
            Cutoffs = json["cutoffs"].List(k => k.Whole(1)),
            Depth = json["depth"].Whole(1),
            Scale = Scale(json["scale"]),
            Geometry = json.Optional("geometry") is { } geometry ? GeometryJson.Read(geometry) : null,
            Quantiles = json.Optional("quantiles") is { } quantiles ? GeometryJson.ReadQuantiles(quantiles) : null,
            TieSensitivity = json["tie_sensitivity"].Map(v => v.Number()),
            Metrics = Summaries(json["metrics"]),
            Cohorts = json["cohorts"].Map<IReadOnlyDictionary<string, CohortScore>>(values => values.Map(Cohort)),
            Queries = json["queries"].List(Query),
        };
    }

    private static EmbeddingSpace? Space(StrictJson json)
    {
        if (json.IsNull)
        {
            return null;
        }

        json.Only("id", "label");
        string id = json["id"].Text();
        return string.IsNullOrWhiteSpace(id)
            ? throw json.Error("the space's id is blank.")
            : new EmbeddingSpace(id) { Label = json["label"].TextOrNull() };
    }

    private static ScaleFingerprint? Scale(StrictJson json) => json.IsNull ? null : new(
        json.Only("pairs", "seed", "mu", "sigma", "q01", "q50", "q99", "temperature")["pairs"].Whole(1), json["seed"].Unsigned(),
        json["mu"].Number(), json["sigma"].Number(), json["q01"].Number(), json["q50"].Number(), json["q99"].Number())
    {
        Temperature = json.Optional("temperature")?.Number(),
    };

    private static Dictionary<string, MetricSummary> Summaries(StrictJson json) => json.Map(m => new MetricSummary(
        m.Only("n", "clusters", "mean", "low", "high", "few_events")["n"].Whole(1), m["clusters"].Whole(1), m["mean"].Number(), m["low"].NumberOrNull(), m["high"].NumberOrNull())
    {
        FewEvents = m.Optional("few_events")?.Flag() ?? false,
    });

    private static CohortScore Cohort(StrictJson json) =>
        new(json.Only("n", "clusters", "metrics", "quantiles", "scale")["n"].Whole(1), json["clusters"].Whole(1), Summaries(json["metrics"]))
        {
            Quantiles = json.Optional("quantiles") is { } quantiles ? GeometryJson.ReadQuantiles(quantiles) : null,
            Scale = json.Optional("scale") is { } scale ? Scale(scale) : null,
        };

    private static QueryScore Query(StrictJson json)
    {
        json.Only("id", "query", "cluster", "cohorts", "first_relevant_rank", "no_known_token", "metrics", "top");
        return new QueryScore
        {
            Id = json["id"].Text(),
            Query = json["query"].Text(),
            Cluster = json["cluster"].Text(),
            Cohorts = json["cohorts"].Map(v => v.Text()),
            FirstRelevantRank = json["first_relevant_rank"].IsNull ? null : json["first_relevant_rank"].Whole(1),
            NoKnownToken = json["no_known_token"].Flag(),
            Metrics = json["metrics"].Map(v => v.Number()),
            Top = json["top"].List(d => new RankedDocument(d.Only("id", "score")["id"].Text(), Score(d["score"]))),
        };
    }

    private static float Score(StrictJson json)
    {
        float score = (float)json.Number();
        return float.IsFinite(score) ? score : throw json.Error("the score is too large.");
    }
}
