using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>The paired rows of a candidate and one other report, grouped once by every cohort, their measures in columns.</summary>
internal sealed class CohortPairs
{
    private readonly (QueryScore Before, QueryScore After)[] _all;
    private readonly int[] _everyRow;
    private readonly int[] _clusters;
    private readonly int[] _numbers;      // of the clusters of one cohort while they are counted
    private readonly Dictionary<CohortKey, int[]> _cohorts = [];
    private readonly Dictionary<string, Column> _columns = new(StringComparer.Ordinal);

    /// <summary>One measure of every row; NaN where either report lacks it.</summary>
    private sealed record Column(double[] Before, double[] After);

    public CohortPairs(PairedReports pairs)
    {
        _all = pairs.Rows;
        _everyRow = [.. Enumerable.Range(0, _all.Length)];
        _clusters = Aggregation.ClustersOf([.. _all.Select(r => r.After)]);
        _numbers = new int[_all.Length];
        foreach (string attribute in Attributes())
        {
            var values = new Dictionary<string, List<int>>(StringComparer.Ordinal);
            for (int i = 0; i < _all.Length; i++)
            {
                string value = PairedReports.CohortOf(_all[i].After, attribute);
                if (!values.TryGetValue(value, out var members))
                {
                    values[value] = members = [];
                }

                members.Add(i);
            }

            foreach (var (value, members) in values)
            {
                _cohorts[new(attribute, value)] = [.. members];
            }
        }
    }

    /// <summary>Cohorts that do not hold every question, by attribute and value.</summary>
    public IEnumerable<CohortKey> Keys => _cohorts.Where(c => c.Value.Length < _all.Length).Select(c => c.Key)
        .OrderBy(k => k.Attribute, StringComparer.Ordinal).ThenBy(k => k.Value, StringComparer.Ordinal);

    public int CountOf(CohortKey cohort) => _cohorts[cohort].Length;

    /// <summary>Whether every question has a measure in both reports.</summary>
    public bool AllHave(string metric) => !Array.Exists(ColumnOf(metric).After, double.IsNaN);

    /// <param name="cohort">Null: all questions.</param>
    /// <param name="metric">Questions without it in either report are left out.</param>
    public PairedValues Values(CohortKey? cohort, string metric)
    {
        var column = ColumnOf(metric);
        int[] members = cohort is { } key ? _cohorts.GetValueOrDefault(key, []) : _everyRow;
        if (Array.Exists(members, i => double.IsNaN(column.After[i])))
        {
            members = [.. members.Where(i => !double.IsNaN(column.After[i]))];
        }

        var rows = new QueryScore[members.Length];
        double[] before = new double[members.Length];
        double[] after = new double[members.Length];
        for (int m = 0; m < members.Length; m++)
        {
            rows[m] = _all[members[m]].After;
            before[m] = column.Before[members[m]];
            after[m] = column.After[members[m]];
        }

        return new(metric, rows, before, after) { Clusters = ClustersOf(members) };
    }

    private HashSet<string> Attributes()
    {
        var attributes = new HashSet<string>(StringComparer.Ordinal);
        IReadOnlyDictionary<string, string>? last = null;
        foreach (var (_, row) in _all)
        {
            if (!ReferenceEquals(row.Cohorts, last))
            {
                last = row.Cohorts;
                attributes.UnionWith(last.Keys);
            }
        }

        return attributes;
    }

    private Column ColumnOf(string metric)
    {
        if (!_columns.TryGetValue(metric, out var column))
        {
            double[] before = new double[_all.Length];
            double[] after = new double[_all.Length];
            for (int i = 0; i < _all.Length; i++)
            {
                bool has = _all[i].Before.Metrics.TryGetValue(metric, out before[i]) & _all[i].After.Metrics.TryGetValue(metric, out after[i]);
                (before[i], after[i]) = has ? (before[i], after[i]) : (double.NaN, double.NaN);
            }

            _columns[metric] = column = new(before, after);
        }

        return column;
    }

    // Numbers in order of appearance, without a look at names.
    private int[] ClustersOf(int[] members)
    {
        Array.Clear(_numbers);
        int[] clusters = new int[members.Length];
        int count = 0;
        for (int m = 0; m < members.Length; m++)
        {
            ref int number = ref _numbers[_clusters[members[m]]];
            clusters[m] = (number == 0 ? number = ++count : number) - 1;
        }

        return clusters;
    }
}
