using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nearfar.Vectors;

/// <summary>Weighted sums of rows picked from a matrix: the pooling of tokens, and its gradient.</summary>
/// <remarks>
/// Every output is one chain of fused multiply-adds in the order of the entries, whatever the number of columns that stay in registers:
/// equal inputs give equal bits on every machine.
/// </remarks>
internal static unsafe class RowSums
{
    private const int Ahead = 4;        // rows between a prefetch and its use
    private const int Wide = 256;
    private const int Narrow = 64;

    /// <summary>into = scale * the sum of Weight * rows[Row] over the entries, in their order.</summary>
    /// <param name="rows">Row i at i * stride.</param>
    /// <param name="stride">Distance in floats.</param>
    /// <param name="columns">A multiple of 16.</param>
    /// <param name="entries">What is summed.</param>
    /// <param name="count">Entries; 0 gives zeros.</param>
    /// <param name="scale">Factor of the whole sum.</param>
    /// <param name="into">Receives the columns.</param>
    public static void Sum(float* rows, int stride, int columns, WeightedRow* entries, int count, float scale, float* into) =>
        Sum(rows, stride, columns, entries, count, scale, into, Vector512.IsHardwareAccelerated);

    /// <summary>The same with the choice of kernel open, for tests: 16 accumulators fit into 32 wide registers only.</summary>
    internal static void Sum(float* rows, int stride, int columns, WeightedRow* entries, int count, float scale, float* into, bool wide)
    {
        int k = 0;
        for (; wide && k + Wide <= columns; k += Wide)
        {
            Sum256(rows + k, stride, entries, count, scale, into + k);
        }

        for (; k + Narrow <= columns; k += Narrow)
        {
            Sum64(rows + k, stride, entries, count, scale, into + k);
        }

        for (; k < columns; k += Lanes.Count)
        {
            Sum16(rows + k, stride, entries, count, scale, into + k);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum256(float* rows, nint stride, WeightedRow* entries, int count, float scale, float* into)
    {
        Vector512<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default,
            i = default, j = default, k = default, l = default, m = default, n = default, o = default, p = default;
        for (int at = 0; at < count; at++)
        {
            float* row = rows + (entries[at].Row * stride);
            Prefetch(rows + (entries[Math.Min(at + Ahead, count - 1)].Row * stride), Wide);
            var weight = Vector512.Create(entries[at].Weight);
            a = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row), a);
            b = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 16), b);
            c = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 32), c);
            d = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 48), d);
            e = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 64), e);
            f = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 80), f);
            g = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 96), g);
            h = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 112), h);
            i = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 128), i);
            j = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 144), j);
            k = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 160), k);
            l = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 176), l);
            m = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 192), m);
            n = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 208), n);
            o = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 224), o);
            p = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 240), p);
        }

        Store4(a, b, c, d, scale, into);
        Store4(e, f, g, h, scale, into + 64);
        Store4(i, j, k, l, scale, into + 128);
        Store4(m, n, o, p, scale, into + 192);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum64(float* rows, nint stride, WeightedRow* entries, int count, float scale, float* into)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (int at = 0; at < count; at++)
        {
            float* row = rows + (entries[at].Row * stride);
            Prefetch(rows + (entries[Math.Min(at + Ahead, count - 1)].Row * stride), Narrow);
            var weight = Vector512.Create(entries[at].Weight);
            a = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row), a);
            b = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 16), b);
            c = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 32), c);
            d = Vector512.FusedMultiplyAdd(weight, Vector512.Load(row + 48), d);
        }

        Store4(a, b, c, d, scale, into);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum16(float* rows, nint stride, WeightedRow* entries, int count, float scale, float* into)
    {
        Vector512<float> a = default;
        for (int at = 0; at < count; at++)
        {
            a = Vector512.FusedMultiplyAdd(Vector512.Create(entries[at].Weight), Vector512.Load(rows + (entries[at].Row * stride)), a);
        }

        (a * scale).Store(into);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float scale, float* into)
    {
        (a * scale).Store(into);
        (b * scale).Store(into + 16);
        (c * scale).Store(into + 32);
        (d * scale).Store(into + 48);
    }

    /// <summary>Asks for the cache lines of a row. A hint: it changes no value, and machines without it do without.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* row, int columns)
    {
        if (Sse.IsSupported)
        {
            for (int line = 0; line < columns; line += Lanes.Count)
            {
                Sse.Prefetch0(row + line);
            }
        }
    }
}
