namespace Nearfar.Pairs;

/// <summary>Where questions stood before the data grew.</summary>
/// <param name="Train">Pairs that were learned from.</param>
/// <param name="Dev">Pairs that chose the model.</param>
/// <param name="Gate">Pairs that decided.</param>
public sealed record EarlierSplit(IReadOnlyList<Pair> Train, IReadOnlyList<Pair> Dev, IReadOnlyList<Pair> Gate)
{
    internal IEnumerable<Pair> All => Train.Concat(Dev).Concat(Gate);
}
