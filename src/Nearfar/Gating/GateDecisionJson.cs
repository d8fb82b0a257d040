using System.Text.Json;
using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>Reads and writes <c>decision.json</c> (docs/formats/decision.md).</summary>
public static class GateDecisionJson
{
    /// <summary>The decision as UTF-8 JSON with a final newline.</summary>
    /// <param name="decision">Any decision.</param>
    public static byte[] ToUtf8(GateDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        return JsonFiles.ToUtf8(json => Write(json, decision));
    }

    /// <summary>Writes the file atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decision">Any decision.</param>
    public static void Save(string path, GateDecision decision) => AtomicFile.Write(path, ToUtf8(decision));

    /// <summary>Reads a decision file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NearfarException">Missing file, another schema version, a missing or unknown field, a verdict that its reasons do not give.</exception>
    public static GateDecision Load(string path) => Parse(JsonFiles.Bytes(path), path);

    /// <summary>Reads a decision from bytes.</summary>
    /// <param name="utf8">JSON.</param>
    /// <param name="path">Named in errors.</param>
    /// <exception cref="NearfarException">Another schema version, a missing or unknown field, a verdict that its reasons do not give.</exception>
    public static GateDecision Parse(ReadOnlyMemory<byte> utf8, string path) => StrictJson.Read(utf8, path, Decision);

    private static void Write(Utf8JsonWriter json, GateDecision decision)
    {
        json.WriteNumber("schema", GateDecision.SchemaVersion);
        json.WriteString("kind", "decision");
        json.WriteString("verdict", Names.Of(decision.Verdict));
        json.WriteString("on_inconclusive", Names.Of(decision.OnInconclusive));
        json.WriteString("first_line", decision.FirstLine);
        json.WriteNumber("attempt", decision.Attempt);
        json.WriteString("set_hash", decision.SetHash);
        json.WriteString("policy_hash", decision.PolicyHash);
        json.WritePropertyName("candidate");
        Write(json, decision.Candidate);
        JsonFiles.WriteList(json, "references", decision.References, report => Write(json, report));
        JsonFiles.WriteList(json, "earlier", decision.Earlier, report => Write(json, report));
        json.WriteNumber("joint_tests", decision.JointTests);
        json.WriteNumber("joint_level", decision.JointLevel);
        JsonFiles.WriteTexts(json, "notes", decision.Notes);
        JsonFiles.WriteList(json, "reasons", decision.Reasons, reason => Write(json, reason));
        JsonFiles.WriteList(json, "watch", decision.Watch, reason => Write(json, reason));
        JsonFiles.WriteList(json, "unproven", decision.Unproven, reason => Write(json, reason));
        JsonFiles.WriteList(json, "advice", decision.Advice, reason => Write(json, reason));
        JsonFiles.WriteTexts(json, "listed", decision.Listed.Select(cohort => cohort.ToString()));
    }

    private static void Write(Utf8JsonWriter json, DecidedReport report)
    {
        json.WriteStartObject();
        json.WriteString("reference", report.Kind is { } kind ? Names.Of(kind) : null);
        json.WriteString("label", report.Label);
        json.WriteString("space", report.Space);
        json.WriteString("hash", report.Hash);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, GateReason reason)
    {
        json.WriteStartObject();
        json.WriteString("rule", reason.Rule);
        json.WriteString("cohort", reason.Cohort?.ToString());
        json.WriteString("metric", reason.Metric);
        json.WriteString("reference", reason.Reference is { } kind ? Names.Of(kind) : null);
        json.WriteString("release", reason.Release);
        json.WriteString("outcome", Names.Of(reason.Outcome));
        json.WriteNumber("n", reason.N);
        json.WriteNumber("clusters", reason.Clusters);
        JsonFiles.WriteNumber(json, "baseline", reason.Baseline);
        json.WriteNumber("candidate", reason.Candidate);
        JsonFiles.WriteNumber(json, "difference", reason.Difference);
        JsonFiles.WriteNumber(json, "low", reason.Low);
        JsonFiles.WriteNumber(json, "high", reason.High);
        json.WriteNumber("fine_confidence", reason.FineConfidence);
        json.WriteNumber("threshold", reason.Threshold);
        JsonFiles.WriteNumber(json, "p", reason.P);
        JsonFiles.WriteNumber(json, "adjusted_p", reason.AdjustedP);
        JsonFiles.WriteNumber(json, "level", reason.Level);
        JsonFiles.WriteNumber(json, "shrunken", reason.Shrunken);
        JsonFiles.WriteNumber(json, "below_probability", reason.BelowProbability);
        JsonFiles.WriteNumber(json, "queries_needed", reason.QueriesNeeded);
        JsonFiles.WriteNumber(json, "smallest_effect", reason.SmallestEffect);
        json.WriteString("note", reason.Note);
        json.WriteString("text", reason.ToString());
        JsonFiles.WriteTexts(json, "query_ids", reason.QueryIds);
        json.WriteEndObject();
    }

    private static GateDecision Decision(StrictJson json)
    {
        JsonFiles.WantSchema(json, "decision", GateDecision.SchemaVersion);
        json.Only("schema", "kind", "verdict", "on_inconclusive", "first_line", "attempt", "set_hash", "policy_hash", "candidate", "references", "earlier",
            "joint_tests", "joint_level", "notes", "reasons", "watch", "unproven", "advice", "listed");
        var decision = new GateDecision
        {
            Verdict = Word<Verdict>(json["verdict"], Names.Of),
            OnInconclusive = Word<InconclusiveAction>(json["on_inconclusive"], Names.Of),
            FirstLine = json["first_line"].Text(),
            Attempt = json["attempt"].Whole(1),
            SetHash = json["set_hash"].Text(),
            PolicyHash = json["policy_hash"].Text(),
            Candidate = Report(json["candidate"]),
            References = json["references"].List(Report),
            Earlier = json["earlier"].List(Report),
            JointTests = json["joint_tests"].Whole(),
            JointLevel = json["joint_level"].Number(),
            Notes = json["notes"].List(n => n.Text()),
            Reasons = json["reasons"].List(Reason),
            Watch = json["watch"].List(Reason),
            Unproven = json["unproven"].List(Reason),
            Advice = json["advice"].List(Reason),
            Listed = json["listed"].List(Cohort),
        };
        return decision.Verdict == ReleaseGate.VerdictOf(decision.Reasons)
            ? decision
            : throw json["verdict"].Error($"the verdict is {Names.Of(decision.Verdict)}, but the reasons say {Names.Of(ReleaseGate.VerdictOf(decision.Reasons))}.");
    }

    private static DecidedReport Report(StrictJson json)
    {
        json.Only("reference", "label", "space", "hash");
        return new(json["reference"].IsNull ? null : Word<ReferenceKind>(json["reference"], Names.Of), json["label"].Text(),
            json["space"].IsNull ? null : json["space"].Text(), json["hash"].Text());
    }

    private static GateReason Reason(StrictJson json)
    {
        json.Only("rule", "cohort", "metric", "reference", "release", "outcome", "n", "clusters", "baseline", "candidate", "difference", "low", "high", "fine_confidence",
            "threshold", "p", "adjusted_p", "level", "shrunken", "below_probability", "queries_needed", "smallest_effect", "note", "text", "query_ids");
        var reason = new GateReason
        {
            Rule = json["rule"].Text(),
            Cohort = json["cohort"].IsNull ? null : Cohort(json["cohort"]),
            Metric = json["metric"].Text(),
            Reference = json["reference"].IsNull ? null : Word<ReferenceKind>(json["reference"], Names.Of),
            Release = json["release"].IsNull ? null : json["release"].Text(),
            Outcome = Word<TestOutcome>(json["outcome"], Names.Of),
            N = json["n"].Whole(1),
            Clusters = json["clusters"].Whole(1),
            Baseline = json["baseline"].NumberOrNull(),
            Candidate = json["candidate"].Number(),
            Difference = json["difference"].NumberOrNull(),
            Low = json["low"].NumberOrNull(),
            High = json["high"].NumberOrNull(),
            FineConfidence = json["fine_confidence"].Number(),
            Threshold = json["threshold"].Number(),
            P = json["p"].NumberOrNull(),
            AdjustedP = json["adjusted_p"].NumberOrNull(),
            Level = json["level"].NumberOrNull(),
            Shrunken = json["shrunken"].NumberOrNull(),
            BelowProbability = json["below_probability"].NumberOrNull(),
            QueriesNeeded = json["queries_needed"].IsNull ? null : json["queries_needed"].Whole(1),
            SmallestEffect = json["smallest_effect"].NumberOrNull(),
            Note = json["note"].IsNull ? null : json["note"].Text(),
            QueryIds = json["query_ids"].List(q => q.Text()),
        };
        return json["text"].Text() == reason.ToString() ? reason : throw json["text"].Error("the text does not say what the numbers do.");
    }

    private static CohortKey Cohort(StrictJson json) =>
        CohortKey.TryParse(json.Text(), out var cohort) ? cohort : throw json.Error("names no cohort; wanted is attribute=value.");

    private static T Word<T>(StrictJson json, Func<T, string> name) where T : struct, Enum =>
        Names.Find(json.Text(), name) ?? throw json.Error($"\"{json.Text()}\" is not known; wanted is one of {string.Join(", ", Enum.GetValues<T>().Select(name))}.");
}
