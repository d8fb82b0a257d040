namespace Nearfar.Vectors;

/// <summary>A view of rows of equal length in one block of memory.</summary>
/// <typeparam name="T">float (trains) or double (proves).</typeparam>
/// <param name="Data">At least (Count - 1) * Stride + Dimensions values.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Dimensions">Values of a row that count, D.</param>
/// <param name="Stride">Distance from row to row, at least D; larger for a Matryoshka cut, which copies nothing.</param>
public readonly record struct Rows<T>(Memory<T> Data, int Count, int Dimensions, int Stride) where T : unmanaged
{
    /// <summary>Row <paramref name="i"/> [D].</summary>
    /// <param name="i">0-based.</param>
    public Span<T> this[int i] => Data.Span.Slice(i * Stride, Dimensions);

    /// <summary>The same rows cut to the first <paramref name="dimensions"/> values.</summary>
    /// <param name="dimensions">1 to D.</param>
    public Rows<T> Cut(int dimensions) => this with { Dimensions = dimensions };

    /// <summary>Rows [start, start + count).</summary>
    /// <param name="start">First row.</param>
    /// <param name="count">Number of rows.</param>
    public Rows<T> Slice(int start, int count) =>
        count == 0 ? this with { Data = Memory<T>.Empty, Count = 0 } : this with { Data = Data.Slice(start * Stride, ((count - 1) * Stride) + Dimensions), Count = count };
}

/// <summary>Makes <see cref="Rows{T}"/>.</summary>
public static class Rows
{
    /// <summary>Fresh zero rows without gaps.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="count">Rows.</param>
    /// <param name="dimensions">D.</param>
    public static Rows<T> Allocate<T>(int count, int dimensions) where T : unmanaged => new(new T[checked(count * dimensions)], count, dimensions, dimensions);
}
