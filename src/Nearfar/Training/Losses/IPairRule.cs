using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>What one pair adds to a loss, and to the derivatives by the loss's own parameters, already divided by what the loss averages over.</summary>
internal readonly record struct PairShare(double Value, double First = 0, double Second = 0)
{
    public static PairShare operator +(PairShare a, PairShare b) => new(a.Value + b.Value, a.First + b.First, a.Second + b.Second);
}

/// <summary>The part of an in-batch loss that is its own: from the similarities of a pair to its share of the loss and the derivative by each similarity.</summary>
internal interface IPairRule
{
    /// <summary>Overwrites every similarity with its derivative. Called once for each pair, by several threads.</summary>
    PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>;
}
