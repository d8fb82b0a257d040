namespace Nearfar.VectorData;

/// <summary>Orders values of one column: missing ones first, texts ordinally, false before true.</summary>
internal sealed class ValueOrder : IComparer<object?>
{
    public static ValueOrder Instance { get; } = new();

    public int Compare(object? x, object? y) => x is null || y is null ? (x is null ? 0 : 1) - (y is null ? 0 : 1)
        : x is string text ? string.CompareOrdinal(text, (string)y)
        : ((IComparable)x).CompareTo(y);
}
