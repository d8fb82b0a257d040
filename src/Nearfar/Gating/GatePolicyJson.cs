using System.Text.Json;
using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>The policy's canonical form: lists in ordinal order, every field written.</summary>
internal static class GatePolicyJson
{
    public static void Write(Utf8JsonWriter json, GatePolicy policy)
    {
        json.WriteStartObject();
        json.WriteString("metric", policy.Metric);
        json.WriteNumber("tolerance", policy.Tolerance);
        WriteCohorts(json, "protected", policy.Protected);
        json.WriteNumber("protected_tolerance", policy.ProtectedTolerance);
        json.WriteNumber("other_tolerance", policy.OtherTolerance);
        JsonFiles.WriteNumbers(json, "tolerances", policy.Tolerances.ToDictionary(t => t.Key.ToString(), t => t.Value, StringComparer.Ordinal));
        json.WriteStartArray("floors");
        foreach (var floor in policy.Floors.OrderBy(f => f.Cohort?.ToString() ?? "", StringComparer.Ordinal).ThenBy(f => f.Metric, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("cohort", floor.Cohort?.ToString());
            json.WriteString("metric", floor.Metric);
            json.WriteNumber("value", floor.Value);
            json.WriteString("space", floor.Space);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        // Written when it is not the default, so that policies from before it have the hash they had.
        if (policy.FloorTransfer != FloorTransfer.Spread)
        {
            json.WriteString("floor_transfer", Names.Of(policy.FloorTransfer));
        }

        WriteCohorts(json, "required", policy.Required);
        if (policy.JointMetrics is { } joint)
        {
            JsonFiles.WriteNumbers(json, "joint_metrics", joint.ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal));
        }

        json.WriteNumber("history", policy.History);
        json.WriteString("reference", Names.Of(policy.Reference));
        JsonFiles.WriteNumber(json, "violation_limit", policy.ViolationLimit);
        JsonFiles.WriteNumber(json, "unjudged_limit", policy.UnjudgedLimit);
        JsonFiles.WriteNumber(json, "tie_limit", policy.TieLimit);
        json.WriteString("on_inconclusive", Names.Of(policy.OnInconclusive));
        json.WriteNumber("flips", policy.Flips);
        json.WriteNumber("seed", policy.Seed);
        json.WriteEndObject();
    }

    private static void WriteCohorts(Utf8JsonWriter json, string name, IReadOnlyList<CohortKey> cohorts)
    {
        json.WriteStartArray(name);
        foreach (string cohort in cohorts.Select(c => c.ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(cohort);
        }

        json.WriteEndArray();
    }
}
