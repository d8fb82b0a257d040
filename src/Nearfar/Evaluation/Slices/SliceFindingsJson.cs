using System.Globalization;
using System.Text.Json;

namespace Nearfar.Evaluation.Slices;

/// <summary>Reads and writes <c>slices.json</c> (docs/formats/slices.md). Equal findings give equal bytes.</summary>
public static class SliceFindingsJson
{
    /// <summary>The findings as UTF-8 JSON with a final newline.</summary>
    /// <param name="findings">Any findings.</param>
    public static byte[] ToUtf8(SliceFindings findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        return JsonFiles.ToUtf8(json => Write(json, findings));
    }

    /// <summary>Writes the file atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="findings">Any findings.</param>
    public static void Save(string path, SliceFindings findings) => AtomicFile.Write(path, ToUtf8(findings));

    /// <summary>Reads a findings file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NearfarException">Missing file, another schema version, a missing or unknown field, a number that is none.</exception>
    public static SliceFindings Load(string path) => Parse(JsonFiles.Bytes(path), path);

    /// <summary>Reads findings from bytes.</summary>
    /// <param name="utf8">JSON.</param>
    /// <param name="path">Named in errors.</param>
    /// <exception cref="NearfarException">Another schema version, a missing or unknown field, a number that is none.</exception>
    public static SliceFindings Parse(ReadOnlyMemory<byte> utf8, string path) => StrictJson.Read(utf8, path, Findings);

    private static void Write(Utf8JsonWriter json, SliceFindings findings)
    {
        json.WriteNumber("schema", SliceFindings.SchemaVersion);
        json.WriteString("kind", "slices");
        json.WriteString("label", findings.Label);
        json.WriteString("before", findings.Before);
        json.WriteString("metric", findings.Metric);
        json.WriteString("within", findings.Within);
        json.WriteStartObject("set");
        json.WriteString("name", findings.SetName);
        json.WriteString("hash", findings.SetHash);
        json.WriteEndObject();
        json.WriteNumber("n", findings.N);
        json.WriteNumber("clusters", findings.Clusters);
        json.WriteNumber("missing", findings.Missing);
        json.WriteNumber("mean", findings.Mean);
        json.WriteNumber("tested", findings.Tested);
        json.WriteNumber("permutations", findings.Permutations);
        json.WriteNumber("seed", findings.Seed);
        json.WriteNumber("alpha", findings.Alpha);
        json.WriteStartObject("detectable");
        foreach (var (n, effect) in findings.Detectable.OrderBy(d => d.Key))
        {
            json.WriteNumber(n.ToString(CultureInfo.InvariantCulture), effect);
        }

        json.WriteEndObject();
        JsonFiles.WriteList(json, "slices", findings.Slices, slice => WriteSlice(json, slice));
        JsonFiles.WriteList(json, "retested", findings.Retested, slice => WriteSlice(json, slice));
        JsonFiles.WriteTexts(json, "questions", findings.Questions);
    }

    private static void WriteSlice(Utf8JsonWriter json, Slice slice)
    {
        json.WriteStartObject();
        json.WriteStartObject("conditions");
        foreach (var condition in slice.Conditions)
        {
            json.WriteString(condition.Attribute, condition.Value);
        }

        json.WriteEndObject();
        json.WriteNumber("n", slice.N);
        json.WriteNumber("clusters", slice.Clusters);
        json.WriteNumber("mean", slice.Mean);
        json.WriteNumber("effect", slice.Effect);
        JsonFiles.WriteNumber(json, "shrunken_mean", slice.ShrunkenMean);
        json.WriteNumber("p", slice.P);
        json.WriteNumber("adjusted_p", slice.AdjustedP);
        json.WriteBoolean("confirmed", slice.Confirmed);
        JsonFiles.WriteTexts(json, "examples", slice.Examples);
        json.WriteEndObject();
    }

    private static SliceFindings Findings(StrictJson json)
    {
        JsonFiles.WantSchema(json, "slices", SliceFindings.SchemaVersion);
        json.Only("schema", "kind", "label", "before", "metric", "within", "set", "n", "clusters", "missing", "mean", "tested", "permutations", "seed",
            "alpha", "detectable", "slices", "retested", "questions");
        var set = json["set"].Only("name", "hash");
        return new SliceFindings
        {
            Label = json["label"].Text(),
            Before = json["before"].TextOrNull(),
            Metric = json["metric"].Text(),
            Within = json["within"].TextOrNull(),
            SetName = set["name"].Text(),
            SetHash = set["hash"].Text(),
            N = json["n"].Whole(1),
            Clusters = json["clusters"].Whole(1),
            Missing = json["missing"].Whole(),
            Mean = json["mean"].Number(),
            Tested = json["tested"].Whole(),
            Permutations = json["permutations"].Whole(1),
            Seed = json["seed"].Unsigned(),
            Alpha = json["alpha"].Number(),
            Detectable = Detectable(json["detectable"]),
            Slices = json["slices"].List(Slice),
            Retested = json["retested"].List(Slice),
            Questions = json["questions"].List(q => q.Text()),
        };
    }

    private static Dictionary<int, double> Detectable(StrictJson json)
    {
        var effects = new Dictionary<int, double>();
        foreach (var (n, effect) in json.Map(e => e.Number()))
        {
            effects.Add(int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : throw json.Error($"\"{n}\" is no number of questions."), effect);
        }

        return effects;
    }

    private static Slice Slice(StrictJson json)
    {
        json.Only("conditions", "n", "clusters", "mean", "effect", "shrunken_mean", "p", "adjusted_p", "confirmed", "examples");
        var conditions = json["conditions"].Map(v => v.Text()).OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => new SliceCondition(c.Key, c.Value)).ToArray();
        return new Slice
        {
            Conditions = conditions.Length is >= 1 and <= 3 ? conditions : throw json.Error($"{conditions.Length} conditions; a slice has 1 to 3."),
            N = json["n"].Whole(),
            Clusters = json["clusters"].Whole(),
            Mean = json["mean"].Number(),
            Effect = json["effect"].Number(),
            ShrunkenMean = json["shrunken_mean"].NumberOrNull(),
            P = json["p"].Number(),
            AdjustedP = json["adjusted_p"].Number(),
            Confirmed = json["confirmed"].Flag(),
            Examples = json["examples"].List(e => e.Text()),
        };
    }
}
