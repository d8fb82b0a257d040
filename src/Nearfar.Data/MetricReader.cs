using System.Text.RegularExpressions;
using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>Reads the name of a metric.</summary>
internal static partial class MetricReader
{
    public static string? Read(YamlSection section, string key, string? metric, params string[] more)
    {
        if (metric is null || more.Contains(metric) || MetricForm().IsMatch(metric))
        {
            return metric;
        }

        string[] forms = [.. more, "recall@5", "hit_rate@5", "mrr@5", "ndcg@5", "map@5", "precision@5"];
        section.Problem(key, NearestName.Unknown("metric", metric, forms));
        return null;
    }

    [GeneratedRegex(@"^(recall|hit_rate|mrr|ndcg|map|precision)@[1-9][0-9]{0,5}$")]
    private static partial Regex MetricForm();
}
