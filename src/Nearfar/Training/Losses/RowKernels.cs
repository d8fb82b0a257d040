using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Nearfar.Training.Losses;

/// <summary>Sums over two rows, for float and double. Vectors of 512 bits or parts of one, without fused multiply-add: the same bits on every machine, wherever the rows lie.</summary>
internal static class RowKernels
{
    /// <summary>Sum of products.</summary>
    public static T Dot<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref T x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b[..a.Length]);
        var sum = Vector512<T>.Zero;
        int k = 0;
        for (; k + Vector512<T>.Count <= a.Length; k += Vector512<T>.Count)
        {
            sum += Vector512.LoadUnsafe(ref x, (nuint)k) * Vector512.LoadUnsafe(ref y, (nuint)k);
        }

        var half = sum.GetLower() + sum.GetUpper();
        var quarter = half.GetLower() + half.GetUpper();
        T total = T.Zero;
        for (int lane = 0; lane < Vector128<T>.Count; lane++)
        {
            total += quarter[lane];
        }

        for (; k < a.Length; k++)
        {
            total += a[k] * b[k];
        }

        return total;
    }

    /// <summary>into += from * factor.</summary>
    public static void AddScaled<T>(Span<T> into, ReadOnlySpan<T> from, T factor) where T : unmanaged, IFloatingPointIeee754<T> =>
        AddDifference(into, from, T.One, from, T.Zero, factor);

    /// <summary>into += (x * a - y * b) * factor.</summary>
    public static void AddDifference<T>(Span<T> into, ReadOnlySpan<T> x, T a, ReadOnlySpan<T> y, T b, T factor) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref T g = ref MemoryMarshal.GetReference(into);
        ref T u = ref MemoryMarshal.GetReference(x[..into.Length]), v = ref MemoryMarshal.GetReference(y[..into.Length]);
        int k = 0;
        for (; k + Vector512<T>.Count <= into.Length; k += Vector512<T>.Count)
        {
            var change = ((Vector512.LoadUnsafe(ref u, (nuint)k) * a) - (Vector512.LoadUnsafe(ref v, (nuint)k) * b)) * factor;
            (Vector512.LoadUnsafe(ref g, (nuint)k) + change).StoreUnsafe(ref g, (nuint)k);
        }

        for (; k < into.Length; k++)
        {
            into[k] += ((x[k] * a) - (y[k] * b)) * factor;
        }
    }

    /// <summary>1 / length; 0 for a zero row, which has no direction; NaN for a row too long to measure.</summary>
    public static T InverseLength<T>(ReadOnlySpan<T> row) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T square = Dot(row, row);
        return T.IsZero(square) ? T.Zero : T.IsFinite(square) ? T.One / T.Sqrt(square) : T.NaN;
    }
}
