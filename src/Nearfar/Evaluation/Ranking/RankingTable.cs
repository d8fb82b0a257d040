namespace Nearfar.Evaluation.Ranking;

/// <summary>What an evaluation of a run gave: queries by measures, and the measures over all queries. Immutable.</summary>
public sealed class RankingTable
{
    private const double LeastOfGeometricMean = 0.00001;

    internal RankingTable(IReadOnlyList<RankingMeasure> columns, IReadOnlyList<RankedQuery> queries, RankingOptions options, string tag)
    {
        Columns = columns;
        Tag = tag;
        WithoutRelevant = [.. queries.Where(q => !q.HasRelevant).Select(q => q.Id)];
        Queries = [.. queries.Where(q => q.HasRelevant || options.NoRelevant == NoRelevant.Zero)];
        Measures = [.. columns.Select(c => c.Name)];
        Summary = [.. columns.Select((c, i) => Over(c, i))];
        TieSensitivity = options.MeasureTies
            ? columns.Select((c, i) => (Column: c, Spread: Queries.Sum(q => q.Spread?[i] ?? 0) / Queries.Count))
                .Where(c => c.Column.Summary == Ranking.Summary.Mean).ToDictionary(c => c.Column.Name, c => c.Spread, StringComparer.Ordinal)
            : new Dictionary<string, double>(StringComparer.Ordinal);
    }

    /// <summary>Names of the measures, as trec_eval prints them and in its order.</summary>
    public IReadOnlyList<string> Measures { get; }

    /// <summary>By query id, ascending in UTF-8 bytes; queries that count in the means.</summary>
    public IReadOnlyList<RankedQuery> Queries { get; }

    /// <summary>Each measure over all queries: means; sums of counts; <c>num_q</c>; 0 for <c>runid</c>, see <see cref="Tag"/>, and <c>relstring</c>, see <see cref="RankedQuery.Texts"/>.</summary>
    /// <remarks>A mean is the left-to-right sum in the order of <see cref="Queries"/>, divided by their number: bit-equal to trec_eval.</remarks>
    public IReadOnlyList<double> Summary { get; }

    /// <summary>The run's own name: the last cell of its first line.</summary>
    public string Tag { get; }

    /// <summary>Queries without any relevant document; whether they count is <see cref="RankingOptions.NoRelevant"/>.</summary>
    public IReadOnlyList<string> WithoutRelevant { get; }

    /// <summary>By measure that is a mean: optimistic less pessimistic value over all orders of equal scores; empty unless asked for.</summary>
    public IReadOnlyDictionary<string, double> TieSensitivity { get; }

    internal IReadOnlyList<RankingMeasure> Columns { get; }

    private double Over(RankingMeasure measure, int column)
    {
        double sum = 0;
        int missing = 0;
        foreach (var query in Queries)
        {
            double value = query.Values[column];
            if (measure.Summary == Ranking.Summary.GeometricMean)
            {
                missing += query.IsMissing ? 1 : 0;
                sum += query.IsMissing ? 0 : Math.Log(Math.Max(value, LeastOfGeometricMean));
            }
            else
            {
                sum += value;
            }
        }

        return measure.Summary switch
        {
            Ranking.Summary.Mean => sum / Queries.Count,
            Ranking.Summary.GeometricMean => Math.Exp((sum + (missing * Math.Log(LeastOfGeometricMean))) / Queries.Count),
            Ranking.Summary.Tag or Ranking.Summary.Text => 0,
            _ => sum,
        };
    }
}
