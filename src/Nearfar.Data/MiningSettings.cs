namespace Nearfar.Data;

/// <summary>Section <c>mining</c>. A null value leaves the choice to the miner.</summary>
public sealed record MiningSettings
{
    /// <summary>Negatives kept for each query, at least 1.</summary>
    public int? PerQuery { get; init; }

    /// <summary>Highest share of the positive's background-corrected similarity, above 0, at most 1.</summary>
    public double? PositiveRatio { get; init; }

    /// <summary>Nearest documents looked at for each query, at least 1.</summary>
    public int? Candidates { get; init; }

    /// <summary>Nearest ranks passed over, 0 or more.</summary>
    public int? SkipRanks { get; init; }

    /// <summary>Queries one document may be a negative of, at least 1.</summary>
    public int? PerDocument { get; init; }
}
