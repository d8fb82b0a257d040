using Nearfar.Evaluation.Geometry;
using Nearfar.Evaluation.Statistics;
using Nearfar.Search;

namespace Nearfar.Evaluation.Spaces;

/// <summary>Two spaces, or a space and a ranking, side by side by what may be compared: what each finds for the same questions.</summary>
/// <remarks>
/// Each question is searched in its own space and only document ids meet. Lists are those that the reports keep, ten unless the options said
/// otherwise. Means over questions have a score interval clustered by positive document; questions without a list on either side are left out. Immutable, thread-safe.
/// </remarks>
public sealed class SpaceComparison
{
    /// <summary>Weight of the next rank in <see cref="RankBiasedOverlap"/>.</summary>
    public const double Persistence = 0.9;

    /// <summary>Pairs the kept lists of two reports.</summary>
    /// <param name="before">The reference.</param>
    /// <param name="after">The candidate.</param>
    /// <param name="k">Neighbours that count, at least 1, at most what both reports keep. Null: that many, at most 10.</param>
    /// <exception cref="NearfarException">Other sets, other questions, or reports that keep fewer than k documents.</exception>
    public SpaceComparison(EvalReport before, EvalReport after, int? k = null)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var rows = PairedReports.Of(before, after).Rows.Where(r => r.Before.Top.Count > 0 && r.After.Top.Count > 0).ToArray();
        int kept = rows.Length == 0 ? 0 : Math.Min(rows.Max(r => r.Before.Top.Count), rows.Max(r => r.After.Top.Count));
        K = k ?? Math.Min(10, kept);
        if (K < 1 || K > kept)
        {
            throw new NearfarException($"Neighbours wanted: {K}; reports \"{before.Label}\" and \"{after.Label}\" keep {kept} documents of a question in both. Score both with more kept: EvaluationOptions.Kept, or ask for fewer.");
        }

        (Before, After, Questions) = (before, after, rows.Length);
        var lists = rows.Select(r => (A: Ids(r.Before), B: Ids(r.After), r.Before, r.After)).ToArray();
        Overlap = Mean(lists, l => NeighbourLists.Overlap(l.A, l.B, K), 0)!;
        RankBiasedOverlap = Mean(lists, l => NeighbourLists.RankBiasedOverlap(l.A, l.B, Persistence), 0)!;
        TopChurn = Mean(lists, l => l.A[0] == l.B[0] ? 0 : 1, 0)!;
        KendallTau = Mean(lists, l => NeighbourLists.KendallTau([.. l.Before.Top.Take(K)], [.. l.After.Top.Take(K)]), -1);
        Hubs = HubChange.Of([.. lists.Select(l => l.A)], [.. lists.Select(l => l.B)], before.Documents, after.Documents, K);
    }

    /// <summary>The reference.</summary>
    public EvalReport Before { get; }

    /// <summary>The candidate.</summary>
    public EvalReport After { get; }

    /// <summary>Whether two different spaces meet, so that no score may be compared.</summary>
    public bool AreDifferent => Before.Space is null || After.Space is null || !Before.Space.Equals(After.Space);

    /// <summary>Neighbours that count.</summary>
    public int K { get; }

    /// <summary>Questions with a list on both sides.</summary>
    public int Questions { get; }

    /// <summary>Share of the first k that both find.</summary>
    public MetricSummary Overlap { get; }

    /// <summary>Rank-biased overlap, p .9: agreement with most weight on the first ranks (Webber et al. 2010).</summary>
    public MetricSummary RankBiasedOverlap { get; }

    /// <summary>Share of questions whose first document is another one.</summary>
    public MetricSummary TopChurn { get; }

    /// <summary>Kendall's tau-b over the documents that both find; null when no question has two such.</summary>
    public MetricSummary? KendallTau { get; }

    /// <summary>Documents that became or ceased to be hubs.</summary>
    public HubChange Hubs { get; }

    private string[] Ids(QueryScore row) => [.. row.Top.Take(K).Select(d => d.Id)];

    private static MetricSummary? Mean<T>((T A, T B, QueryScore Before, QueryScore After)[] lists, Func<(T A, T B, QueryScore Before, QueryScore After), double?> measure, double least)
    {
        var having = lists.Select(l => (Row: l.After, Value: measure(l))).Where(l => l.Value is not null).ToArray();
        if (having.Length == 0)
        {
            return null;
        }

        double[] values = [.. having.Select(h => h.Value!.Value)];
        int[] clusters = Aggregation.ClustersOf([.. having.Select(h => h.Row)]);
        var mean = ClusteredMean.Of(values, clusters);
        var interval = MeanBounds.DescribeWithin(values, mean, (least, 1), Aggregation.Alpha);
        return new(mean.N, mean.Clusters, mean.Mean, interval?.Low, interval?.High) { FewEvents = interval is not null && MeanBounds.HasFewEvents(values, clusters, (least, 1)) };
    }
}
