namespace Nearfar.Evaluation.Ranking;

/// <summary>One query's row of a <see cref="RankingTable"/>.</summary>
/// <param name="Id">The query's id.</param>
/// <param name="Values">A value for each of the table's measures, in their order; 0 where a measure has none per query or is a text.</param>
public sealed record RankedQuery(string Id, IReadOnlyList<double> Values)
{
    /// <summary>The run does not answer it: it scores 0.</summary>
    public bool IsMissing { get; init; }

    /// <summary>By measure, for those that are texts (<c>relstring</c>); empty when none was asked for.</summary>
    public IReadOnlyDictionary<string, string> Texts { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    internal bool HasRelevant { get; init; }

    /// <summary>By measure: best less worst over all orders of tied documents; null when none tie.</summary>
    internal double[]? Spread { get; init; }
}
