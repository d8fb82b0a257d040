using Nearfar.Evaluation;
using Nearfar.Vectors;

namespace Nearfar.Tests.Gating;

/// <summary>Reports made from per-query values, as the evaluator would have made them.</summary>
internal static class TestReports
{
    public const string Hash = "c0ffee-gate-set";

    /// <summary>A 0/1 report: the questions named as misses score 0, all others 1.</summary>
    public static EvalReport Hits(string label, int n, Func<int, bool> misses, Func<int, Dictionary<string, string>>? cohorts = null, int perCluster = 1) =>
        Make(label, n, i => misses(i) ? 0 : 1, cohorts, perCluster);

    public static EvalReport Make(
        string label, int n, Func<int, double> value, Func<int, Dictionary<string, string>>? cohorts = null, int perCluster = 1,
        Func<int, Dictionary<string, double>>? more = null, string? space = null, double sigma = 0.1, bool gate = true, string hash = Hash)
    {
        var rows = Enumerable.Range(0, n).Select(i => Row(i, value(i), cohorts?.Invoke(i) ?? [], perCluster, more?.Invoke(i) ?? [])).ToArray();
        return Of(label, rows, space ?? "space-" + label, sigma, gate, hash);
    }

    public static EvalReport Of(string label, IReadOnlyList<QueryScore> rows, string space, double sigma = 0.1, bool gate = true, string hash = Hash) => new()
    {
        Label = label,
        Space = new EmbeddingSpace(space),
        SetName = gate ? "gate" : "dev",
        IsGateSet = gate,
        SetHash = hash,
        Documents = 100,
        Cutoffs = [5],
        Depth = 100,
        Scale = new ScaleFingerprint(10_000, 1, 0.2, sigma, 0, 0.2, 0.5),
        DocumentsWithoutToken = 0,
        Metrics = Aggregation.Summarise(rows),
        TieSensitivity = new Dictionary<string, double> { ["recall@5"] = 0 },
        Cohorts = Aggregation.ByCohort(rows),
        Queries = rows,
    };

    private static QueryScore Row(int i, double value, Dictionary<string, string> cohorts, int perCluster, Dictionary<string, double> more)
    {
        more["recall@5"] = value;
        return new QueryScore
        {
            Id = $"q{i:00000}",
            Query = $"question {i}",
            Cluster = $"d{i / perCluster:00000}",
            Cohorts = cohorts,
            FirstRelevantRank = value > 0 ? 1 : null,
            Metrics = more,
            Top = [],
        };
    }
}
