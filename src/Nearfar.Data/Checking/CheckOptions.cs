namespace Nearfar.Data.Checking;

/// <summary>How far a check goes.</summary>
public sealed record CheckOptions
{
    /// <summary>Whether the corpus is ranked for every question, by keyword search and by an encoder. Default <see cref="RankingDepth.BySize"/>.</summary>
    public RankingDepth Ranking { get; init; } = RankingDepth.BySize;

    /// <summary>Seed of the random pairs, and of the untrained encoder. Default 1.</summary>
    public ulong Seed { get; init; } = 1;
}
