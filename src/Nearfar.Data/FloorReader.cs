using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>Reads the section <c>gate.floors</c>: the lowest values of a cohort's metrics.</summary>
internal static class FloorReader
{
    public static Dictionary<string, IReadOnlyDictionary<string, double>> Read(YamlSection? section, IReadOnlyList<CohortRule> cohorts)
    {
        var floors = new Dictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal);
        foreach (string cohort in section?.Keys ?? [])
        {
            string attribute = cohort.Split('=', 2)[0].Trim();
            string[] known = [.. cohorts.Select(c => c.Attribute), PageCohort.Attribute];
            if (cohort != "all" && (!cohort.Contains('=', StringComparison.Ordinal) || !known.Contains(attribute, StringComparer.Ordinal)))
            {
                section!.Problem(cohort, cohort.Contains('=', StringComparison.Ordinal)
                    ? NearestName.Unknown("cohort", attribute, known)
                    : "wanted attribute=value, or all.");
            }

            if (section!.Section(cohort) is not { } metrics)
            {
                section.Problem(cohort, "wanted metrics with their lowest values, such as {margin_mean: 0.18}.");
                continue;
            }

            var values = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (string metric in metrics.Keys)
            {
                if (MetricReader.Read(metrics, metric, metric, "margin_mean", "margin_hard", "z_margin_mean", "z_margin_hard") is not null && metrics.Number(metric) is { } value)
                {
                    values[metric] = value;
                }
            }

            floors[cohort] = values;
        }

        return floors;
    }
}
