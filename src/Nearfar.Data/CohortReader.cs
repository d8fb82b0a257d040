using System.Globalization;
using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>Reads the section <c>cohorts</c>: which attributes group the questions, and which values are protected.</summary>
internal static class CohortReader
{
    public static List<CohortRule> Read(YamlSection root, DateOnly? asOf)
    {
        var rules = new List<CohortRule>();
        if (root.Section("cohorts") is not { } section)
        {
            return rules;
        }

        foreach (string attribute in section.Keys)
        {
            var inner = section.Section(attribute);
            var rule = inner is null ? new CohortRule { Attribute = attribute } : ReadCohort(inner, attribute);
            rules.Add(rule);
            foreach (string problem in CohortResolver.Problems(rule, asOf))
            {
                section.Problem(attribute, problem.Split(": ", 2)[1] + ".");
            }

            if (attribute == PageCohort.Attribute && (rule.From is not null || rule.Edges.Count > 0))
            {
                section.Problem(attribute, "is built in (known | new); only protected may be set.");
            }

            foreach (string unknown in rule.Protected.Where(value => attribute == PageCohort.Attribute && value is not ("known" or "new")))
            {
                section.Problem(attribute, $"protected value \"{unknown}\" does not exist; valid are known, new.");
            }
        }

        return rules;
    }

    private static CohortRule ReadCohort(YamlSection section, string attribute)
    {
        var edges = new List<double>();
        var units = new HashSet<string>(StringComparer.Ordinal);
        foreach (string edge in section.Texts("edges"))
        {
            string unit = edge.EndsWith('d') ? "d" : "";
            units.Add(unit);
            if (double.TryParse(edge.AsSpan(0, edge.Length - unit.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value))
            {
                edges.Add(value);
            }
            else
            {
                section.Problem("edges", $"wanted numbers such as [4, 9] or days such as [90d, 365d], came \"{edge}\".");
            }
        }

        if (units.Count > 1)
        {
            section.Problem("edges", "mixes numbers and days. Write all with d, or none.");
        }

        var rule = new CohortRule
        {
            Attribute = attribute,
            From = section.Text("from"),
            Edges = edges,
            Unit = units.Contains("d") ? "d" : "",
            Protected = section.Texts("protected"),
        };
        section.Done();
        return rule;
    }
}
