using System.Globalization;
using Nearfar.Pairs;

namespace Nearfar.Gating.Sets;

/// <summary>What freezing, adding and comparing share about rows and rules.</summary>
internal static class GateSetRules
{
    /// <summary>How the rule of a pooled negative begins; the parts that ranked it follow.</summary>
    public const string PooledFrom = "pooled from ";

    /// <summary>Cohort rules as texts, so that two manifests can be compared by eye. <c>page</c> follows from training and is left out.</summary>
    public static List<string> Describe(IReadOnlyList<CohortRule> rules) =>
    [
        .. rules.Where(r => r.Attribute != PageCohort.Attribute).Select(r => r.Attribute + (r.From is null ? "" : $" from {r.From}")
            + (r.Edges.Count == 0 ? "" : $" at {string.Join(", ", r.Edges.Select(e => e.ToString("R", CultureInfo.InvariantCulture) + r.Unit))}")),
    ];

    /// <summary>Which judged parts of a row differ; negatives and provenance are none of them.</summary>
    public static List<string> ChangedFields(Pair before, Pair after)
    {
        var changed = new List<string>();
        void Compare(string field, bool same)
        {
            if (!same)
            {
                changed.Add(field);
            }
        }

        Compare("query", string.Equals(before.Query, after.Query, StringComparison.Ordinal));
        Compare("query_id", string.Equals(before.QueryId, after.QueryId, StringComparison.Ordinal));
        Compare("positive_ids", before.PositiveIds.SequenceEqual(after.PositiveIds, StringComparer.Ordinal));
        Compare("forbidden_ids", before.ForbiddenIds.SequenceEqual(after.ForbiddenIds, StringComparer.Ordinal));
        Compare("relevance", SameMap(before.Relevance ?? new Dictionary<string, int>(), after.Relevance ?? new Dictionary<string, int>()));
        Compare("cohorts", SameMap(before.Cohorts, after.Cohorts));
        Compare("expected_answer", string.Equals(before.ExpectedAnswer, after.ExpectedAnswer, StringComparison.Ordinal));
        return changed;
    }

    private static bool SameMap<T>(IReadOnlyDictionary<string, T> a, IReadOnlyDictionary<string, T> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var other) && EqualityComparer<T>.Default.Equals(pair.Value, other));
}
