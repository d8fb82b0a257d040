using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>The paired rows of a candidate and one other report, grouped once by every cohort.</summary>
internal sealed class CohortPairs
{
    private readonly (QueryScore Before, QueryScore After)[] _all;
    private readonly Dictionary<CohortKey, List<(QueryScore Before, QueryScore After)>> _cohorts = [];

    public CohortPairs(PairedReports pairs)
    {
        _all = pairs.Rows;
        foreach (string attribute in _all.SelectMany(r => r.After.Cohorts.Keys).Distinct(StringComparer.Ordinal))
        {
            foreach (var row in _all)
            {
                var key = new CohortKey(attribute, PairedReports.CohortOf(row.After, attribute));
                if (!_cohorts.TryGetValue(key, out var members))
                {
                    _cohorts[key] = members = [];
                }

                members.Add(row);
            }
        }
    }

    /// <summary>Cohorts that do not hold every question, by attribute and value.</summary>
    public IEnumerable<CohortKey> Keys => _cohorts.Where(c => c.Value.Count < _all.Length).Select(c => c.Key)
        .OrderBy(k => k.Attribute, StringComparer.Ordinal).ThenBy(k => k.Value, StringComparer.Ordinal);

    public int CountOf(CohortKey cohort) => _cohorts[cohort].Count;

    /// <summary>Whether every question has a measure in both reports.</summary>
    public bool AllHave(string metric) => Array.TrueForAll(_all, r => r.Before.Metrics.ContainsKey(metric) && r.After.Metrics.ContainsKey(metric));

    /// <param name="cohort">Null: all questions.</param>
    /// <param name="metric">Questions without it in either report are left out.</param>
    public PairedValues Values(CohortKey? cohort, string metric)
    {
        IReadOnlyList<(QueryScore Before, QueryScore After)> members = cohort is { } key ? _cohorts.GetValueOrDefault(key, []) : _all;
        var rows = new List<QueryScore>(members.Count);
        var before = new List<double>(members.Count);
        var after = new List<double>(members.Count);
        foreach (var row in members)
        {
            if (row.Before.Metrics.TryGetValue(metric, out double earlier) && row.After.Metrics.TryGetValue(metric, out double later))
            {
                rows.Add(row.After);
                before.Add(earlier);
                after.Add(later);
            }
        }

        return new(metric, rows, [.. before], [.. after]);
    }
}
