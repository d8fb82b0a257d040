using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>Reads the section <c>gate</c>, which may also be a policy file of its own.</summary>
internal static class GateReader
{
    public static GateSettings Read(YamlSection? section, IReadOnlyList<CohortRule> cohorts)
    {
        if (section is null)
        {
            return new GateSettings();
        }

        var gate = new GateSettings
        {
            Reference = section.OneOf("reference", "current", "bm25", "untrained") ?? "current",
            Metric = MetricReader.Read(section, "metric", section.Text("metric")) ?? "recall@5",
            Tolerance = section.Number("tolerance", 0, 1) ?? 0.02,
            ProtectedTolerance = section.Section("protected")?.Number("tolerance", 0, 1),
            ProtectedCohorts = ReadProtected(section, cohorts),
            OtherTolerance = ReadOthers(section),
            JointMetrics = ReadJoint(section),
            Tolerances = ReadTolerances(section, cohorts),
            Required = CohortNames(section, "required", section.Texts("required"), cohorts),
            Floors = FloorReader.Read(section.Section("floors"), cohorts),
            FloorSpace = section.Text("floor_space"),
            FloorTransfer = section.OneOf("floor_transfer", "spread", "quantile"),
            ViolationLimit = section.Number("violation_limit", 0, 1),
            UnjudgedLimit = section.Number("unjudged_limit", 0, 1),
            TieLimit = section.Number("tie_limit", 0, 1),
            History = section.Integer("history", 0, 20),
            Flips = section.Integer("flips", 999, 99_999),
            OnInconclusive = section.OneOf("on_inconclusive", "stop", "pass", "block") ?? "stop",
        };
        section.Done();
        return gate;
    }

    private static string[] ReadProtected(YamlSection gate, IReadOnlyList<CohortRule> cohorts)
    {
        if (gate.Section("protected") is not { } section)
        {
            return [];
        }

        section.Has("tolerance");
        var named = CohortNames(section, "cohorts", section.Texts("cohorts"), cohorts);
        section.Done();
        if (named.Length == 0 && cohorts.All(c => c.Protected.Count == 0))
        {
            gate.Problem("protected", "no cohort is protected. Name some under cohorts, for example intent: {protected: [refund-policy]}.");
        }

        return named;
    }

    private static double? ReadOthers(YamlSection gate)
    {
        var section = gate.Section("others");
        double? tolerance = section?.Number("tolerance", 0, 1, above: true);
        section?.Done();
        return tolerance;
    }

    private static Dictionary<string, double>? ReadJoint(YamlSection gate)
    {
        if (gate.Section("joint") is not { } section)
        {
            return null;
        }

        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string metric in section.Keys)
        {
            if (MetricReader.Read(section, metric, metric, "z_margin_mean", "z_margin_hard") is not null && section.Number(metric, 0, above: true) is { } tolerance)
            {
                metrics[metric] = tolerance;
            }
        }

        return metrics;
    }

    private static Dictionary<string, double> ReadTolerances(YamlSection gate, IReadOnlyList<CohortRule> cohorts)
    {
        var tolerances = new Dictionary<string, double>(StringComparer.Ordinal);
        if (gate.Section("tolerances") is { } section)
        {
            foreach (string cohort in CohortNames(section, null, [.. section.Keys], cohorts))
            {
                tolerances[cohort] = section.Number(cohort, 0, 1, above: true) ?? 0;
            }
        }

        return tolerances;
    }

    // Cohorts as attribute=value, of attributes that the workspace declares; a misspelt one would be required and never there.
    private static string[] CohortNames(YamlSection section, string? key, IReadOnlyList<string> names, IReadOnlyList<CohortRule> cohorts)
    {
        string[] known = [.. cohorts.Select(c => c.Attribute), PageCohort.Attribute];
        foreach (string name in names)
        {
            string attribute = name.Split('=', 2)[0].Trim();
            if (!name.Contains('=', StringComparison.Ordinal))
            {
                section.Problem(key ?? name, $"wanted attribute=value, came \"{name}\".");
            }
            else if (!known.Contains(attribute, StringComparer.Ordinal))
            {
                section.Problem(key ?? name, NearestName.Unknown("cohort", attribute, known));
            }
        }

        return [.. names.Where(n => n.Contains('=', StringComparison.Ordinal))];
    }
}
