namespace Nearfar.Evaluation.Ranking;

/// <summary>How a measure's values over queries become one.</summary>
internal enum Summary
{
    /// <summary>Left-to-right sum in byte order of the query ids, divided by the queries.</summary>
    Mean,

    /// <summary>Sum: counts.</summary>
    Sum,

    /// <summary>exp of the mean logarithm, values below 0.00001 raised to it; per query it is not shown.</summary>
    GeometricMean,

    /// <summary>The number of queries; per query it is not shown.</summary>
    Queries,

    /// <summary>The run's tag, a text; per query it is not shown.</summary>
    Tag,

    /// <summary>A text for each query; over all queries it is not shown.</summary>
    Text,
}

/// <summary>One column: a measure with its cutoff, and its name as trec_eval prints it.</summary>
/// <param name="Name">For example <c>P_5</c>.</param>
/// <param name="Summary">How queries are summed up.</param>
/// <param name="Value">The value of one query, by the options in force.</param>
/// <param name="NeedsOrder">It cannot be averaged over tied orders in closed form.</param>
internal sealed record RankingMeasure(string Name, Summary Summary, Func<IRankingMeasures, RankingOptions, double> Value, bool NeedsOrder = false)
{
    /// <summary>Printed as a whole number.</summary>
    public bool IsCount => Summary is Summary.Sum or Summary.Queries;

    /// <summary>Has a value or a text for each query.</summary>
    public bool IsPerQuery => Summary is Summary.Mean or Summary.Sum or Summary.Text;

    /// <summary>Has a value or a text over all queries.</summary>
    public bool IsSummed => Summary != Summary.Text;

    /// <summary>The text of one query; null where the measure is a number.</summary>
    public Func<JudgedRanking, string>? Text { get; init; }
}
