using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Bench.Simulation;

/// <summary>Reports as the evaluator would make them, from drawn numbers: rows whole, aggregates of what the gate checks.</summary>
internal static class PlantedReports
{
    public const string Hash = "planted-gate-set";
    public const double Sigma = 0.1;
    private static readonly double[] s_gain = [.. Enumerable.Range(0, PlantedRelease.Behind + 1).Select(r => r is 0 or PlantedRelease.Behind ? 0 : 1 / Math.Log2(r + 1))];
    private static readonly string[] s_names = ["recall@5", "ndcg@10", MetricNames.MarginMean, MetricNames.ZMarginMean, MetricNames.MarginBelowZero];
    private static readonly string[] s_forbidding = [.. s_names, "violation@5"];

    public static (EvalReport Before, EvalReport After) Of(PlantedSet set, PlantedRelease release) =>
        (Of(set, "reference", release.RankBefore, release.MarginBefore, release.ViolationBefore), Of(set, "candidate", release.RankAfter, release.MarginAfter, release.ViolationAfter));

    /// <summary>A further model, equal to both: of each document's questions it answers all as one of them does, drawn by coin.</summary>
    public static EvalReport Mixed(PlantedSet set, PlantedRelease release, string label, ulong seed, int repetition, int number)
    {
        var random = SeededRandom.For(seed, repetition, "mixed " + label + number.ToString(CultureInfo.InvariantCulture));
        bool[] first = [.. Enumerable.Range(0, set.Documents).Select(_ => random.Below(2) == 0)];
        int[] ranks = [.. Enumerable.Range(0, set.Count).Select(i => first[set.Document[i]] ? release.RankBefore[i] : release.RankAfter[i])];
        double[] margins = [.. Enumerable.Range(0, set.Count).Select(i => first[set.Document[i]] ? release.MarginBefore[i] : release.MarginAfter[i])];
        bool[] violations = [.. Enumerable.Range(0, set.Count).Select(i => first[set.Document[i]] ? release.ViolationBefore[i] : release.ViolationAfter[i])];
        return Of(set, label, ranks, margins, violations);
    }

    public static double Recall5(int rank) => rank <= 5 ? 1 : 0;

    public static double Ndcg10(int rank) => s_gain[rank];

    public static EvalReport Of(PlantedSet set, string label, int[] ranks, double[] margins, bool[] violations)
    {
        var rows = new QueryScore[set.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = new QueryScore
            {
                Id = set.Ids[i],
                Query = set.Ids[i],
                Cluster = set.DocumentIds[set.Document[i]],
                Cohorts = set.Cohorts[i],
                FirstRelevantRank = ranks[i] == PlantedRelease.Behind ? null : ranks[i],
                Metrics = Row(i, ranks[i], margins[i], violations[i]),
                Top = [],
            };
        }

        return Of(label, rows);
    }

    /// <summary>A report of any rows: every measure summed up overall, as the evaluator does; cohorts the gate reads from the rows.</summary>
    public static EvalReport Of(string label, IReadOnlyList<QueryScore> rows, bool cohorts = false) => new()
    {
        Label = label,
        Space = new EmbeddingSpace("space-" + label),
        SetName = "gate",
        IsGateSet = true,
        SetHash = Hash,
        Documents = 10_000,
        Cutoffs = [5, 10],
        Depth = 100,
        Scale = new ScaleFingerprint(10_000, 1, 0.2, Sigma, 0, 0.2, 0.5),
        DocumentsWithoutToken = 0,
        Metrics = Aggregation.Summarise(rows),
        TieSensitivity = new Dictionary<string, double>(StringComparer.Ordinal) { ["ndcg@10"] = 0, ["recall@5"] = 0 },
        Cohorts = cohorts ? Aggregation.ByCohort(rows) : new Dictionary<string, IReadOnlyDictionary<string, CohortScore>>(StringComparer.Ordinal),
        Queries = rows,
    };

    // Every fifth question forbids a document.
    private static NamedValues Row(int i, int rank, double margin, bool violation) => i % 5 == 0
        ? new(s_forbidding, [Recall5(rank), Ndcg10(rank), margin, margin / Sigma, margin < 0 ? 1 : 0, violation ? 1 : 0])
        : new(s_names, [Recall5(rank), Ndcg10(rank), margin, margin / Sigma, margin < 0 ? 1 : 0]);

    /// <summary>A few values by name; thousands of reports are made, and hash tables would be most of the work.</summary>
    internal sealed class NamedValues(string[] names, double[] values) : IReadOnlyDictionary<string, double>
    {
        public int Count => names.Length;

        public IEnumerable<string> Keys => names;

        public IEnumerable<double> Values => values;

        public double this[string key] => TryGetValue(key, out double value) ? value : throw new KeyNotFoundException(key);

        public bool ContainsKey(string key) => Array.IndexOf(names, key) >= 0;

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out double value)
        {
            int at = Array.IndexOf(names, key);
            value = at >= 0 ? values[at] : 0;
            return at >= 0;
        }

        public IEnumerator<KeyValuePair<string, double>> GetEnumerator()
        {
            for (int i = 0; i < names.Length; i++)
            {
                yield return new(names[i], values[i]);
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
