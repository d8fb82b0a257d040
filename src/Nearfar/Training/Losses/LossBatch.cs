using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>What a loss sees of one step.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Columns">Anchors [B, D], positives [B, D], then any hard negatives [B, D] each; raw rows.</param>
/// <param name="Side">What the rows alone do not tell.</param>
public sealed record LossBatch<T>(IReadOnlyList<Rows<T>> Columns, RowSide Side) where T : unmanaged
{
    /// <summary>The other encoder's vector of every row, a column for each column, of its own width; empty unless the loss needs <see cref="LossNeeds.Guide"/>.</summary>
    public IReadOnlyList<Rows<T>> Guide { get; init; } = [];

    /// <summary>Columns at the end whose rows are held constant: the loss is given no gradient for them. Default 0.</summary>
    internal int Frozen { get; init; }

    /// <summary>B: rows of every column.</summary>
    public int Pairs => Columns.Count == 0 ? 0 : Columns[0].Count;

    /// <summary>N: rows of all columns but the first. Document j of column c (0 = positives) has number c * B + j.</summary>
    public int Documents => Pairs * Math.Max(0, Columns.Count - 1);
}
