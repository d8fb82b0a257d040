using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>What a miner found and what it left.</summary>
/// <param name="Pairs">Pairs with hard negatives, each with provenance.</param>
/// <param name="Refused">How many candidates each rule refused; with the taken ones they add up to all candidates of the questions that could be mined.</param>
public sealed record MiningResult(IReadOnlyList<Pair> Pairs, IReadOnlyDictionary<string, int> Refused)
{
    /// <summary>Likely false negatives among the refused, likeliest first.</summary>
    public IReadOnlyList<ReviewRow> Review { get; init; } = [];

    /// <summary>Hard negatives of all pairs.</summary>
    public int Negatives => Pairs.Sum(p => p.HardNegatives.Count);
}
