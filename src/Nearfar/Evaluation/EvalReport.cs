using Nearfar.Evaluation.Geometry;
using Nearfar.Vectors;

namespace Nearfar.Evaluation;

/// <summary>What one encoder or ranker does on one judged set: rows, aggregates by cohort and the scale of its similarities. Numbers only, no verdict.</summary>
/// <remarks>Equal runs give equal reports, byte for byte: no clock, machine or path is inside. Immutable, thread-safe.</remarks>
public sealed record EvalReport
{
    /// <summary>Version of the layout that this library writes and reads.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Name of the scored model for people.</summary>
    public required string Label { get; init; }

    /// <summary>Space of its vectors; null for a ranker without vectors, such as BM25.</summary>
    public EmbeddingSpace? Space { get; init; }

    /// <summary>Name of the judged set: <c>dev</c>, <c>gate</c>.</summary>
    public required string SetName { get; init; }

    /// <summary>Whether the set is a frozen gate set.</summary>
    public required bool IsGateSet { get; init; }

    /// <summary>Hash of the judged set (rows, corpus texts, cohort rules, day): only reports with equal hashes may meet.</summary>
    public required string SetHash { get; init; }

    /// <summary>Documents searched.</summary>
    public required int Documents { get; init; }

    /// <summary>The k of the measures.</summary>
    public required IReadOnlyList<int> Cutoffs { get; init; }

    /// <summary>Ranks searched for the right document.</summary>
    public required int Depth { get; init; }

    /// <summary>Scale of the space's similarities; null without vectors.</summary>
    public ScaleFingerprint? Scale { get; init; }

    /// <summary>Low tails of the raw margins by measure, then by quantile (<c>q05</c>, <c>q10</c>, <c>q50</c>); null without margins or in a report of an earlier version.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Estimate>>? Quantiles { get; init; }

    /// <summary>Shape of the space: spread, hubs, rank; null without vectors or in a report of an earlier version.</summary>
    public SpaceGeometry? Geometry { get; init; }

    /// <summary>Documents without any known token: they cannot be found.</summary>
    public required int DocumentsWithoutToken { get; init; }

    /// <summary>Overall aggregates by measure.</summary>
    public required IReadOnlyDictionary<string, MetricSummary> Metrics { get; init; }

    /// <summary>By ranking measure: its mean with ties in the best order less its mean with ties in the worst. 0 without ties.</summary>
    public required IReadOnlyDictionary<string, double> TieSensitivity { get; init; }

    /// <summary>Aggregates by cohort attribute and value.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, CohortScore>> Cohorts { get; init; }

    /// <summary>One row for each folded query, ascending by id in UTF-8 bytes.</summary>
    public required IReadOnlyList<QueryScore> Queries { get; init; }

    /// <summary>SHA-256 (64 hex) of the report's JSON: what decisions and ledgers record.</summary>
    public string ComputeHash() => EvalReportJson.Hash(this);

    /// <summary>Refuses two reports that were made on different sets.</summary>
    /// <param name="other">The report that meets this one.</param>
    /// <exception cref="NearfarException">Their set hashes differ; the message names both.</exception>
    public void ThrowUnlessSameSet(EvalReport other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!string.Equals(SetHash, other.SetHash, StringComparison.Ordinal))
        {
            throw new NearfarException(
                $"Report \"{Label}\" was made on set \"{SetName}\" {Short(SetHash)}, report \"{other.Label}\" on set \"{other.SetName}\" {Short(other.SetHash)}. "
                + "Score both models on one version of the set: nearfar eval.");
        }
    }

    private static string Short(string hash) => hash.Length > 16 ? hash[..16] + "…" : hash;
}

/// <summary>A measure over some queries.</summary>
/// <param name="N">Queries that have the measure; rows without negatives have no margin.</param>
/// <param name="Clusters">Positive documents they ask for: the units of the interval.</param>
/// <param name="Mean">Mean over the queries.</param>
/// <param name="Low">Lower end of the two-sided 95 % interval; null below 3 queries or 2 clusters.</param>
/// <param name="High">Upper end of that interval; null below 3 queries or 2 clusters.</param>
public sealed record MetricSummary(int N, int Clusters, double Mean, double? Low, double? High)
{
    /// <summary>
    /// The interval rests on too few events to be one of 95 %: of a share, fewer than 5 clusters have a 1, or fewer than 5 have a 0; of other values in a known
    /// range, fewer than 13 have one off its lower end, or off its upper. Default false; false without an interval and of values without a range, as margins are.
    /// </summary>
    public bool FewEvents { get; init; }
}

/// <summary>A cohort's aggregates.</summary>
/// <param name="N">Queries in it.</param>
/// <param name="Clusters">Positive documents they ask for.</param>
/// <param name="Metrics">By measure.</param>
public sealed record CohortScore(int N, int Clusters, IReadOnlyDictionary<string, MetricSummary> Metrics)
{
    /// <summary>Scale of the similarities between its queries and unrelated documents; null without vectors or in a report of an earlier version.</summary>
    public ScaleFingerprint? Scale { get; init; }

    /// <summary>Low tails of its raw margins, as <see cref="EvalReport.Quantiles"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Estimate>>? Quantiles { get; init; }
}
