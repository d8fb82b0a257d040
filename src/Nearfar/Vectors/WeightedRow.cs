namespace Nearfar.Vectors;

/// <summary>A row of a matrix by its number, and its factor in a sum; side by side in memory, because they are read together.</summary>
internal readonly record struct WeightedRow(int Row, float Weight);
