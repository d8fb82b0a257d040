using Nearfar.Pairs;

namespace Nearfar.Training;

/// <summary>What one mining inside a run found.</summary>
/// <param name="Pairs">Pairs by the ids of the training pairs, each with the mined negatives alone, nearest first, provenance with each; others are not looked at.</param>
/// <param name="Refused">How many candidates each rule refused.</param>
public sealed record NegativeGeneration(IReadOnlyList<Pair> Pairs, IReadOnlyDictionary<string, int> Refused);
