using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>What a miner found and what it left.</summary>
/// <param name="Pairs">Pairs with hard negatives, each with provenance.</param>
/// <param name="Refused">How many candidates each rule refused.</param>
public sealed record MiningResult(IReadOnlyList<Pair> Pairs, IReadOnlyDictionary<string, int> Refused)
{
    /// <summary>Hard negatives of all pairs.</summary>
    public int Negatives => Pairs.Sum(p => p.HardNegatives.Count);
}
