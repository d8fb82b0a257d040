using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nearfar.Vectors;

/// <summary>Products of one query with rows as they lie in memory, at the speed of memory.</summary>
/// <remarks>A guide with a bound: the exact score is never more than <see cref="ErrorFactor"/> away. Codes have <see cref="CodeKernels"/>.</remarks>
internal static unsafe class ScanKernels
{
    /// <summary>
    /// Any two orders of summing D products of |q| and |x| differ by at most this times |q| |x|: each is within D u / (1 - D u) of the true sum, u = 2^-24
    /// (Higham 2002, Accuracy and Stability of Numerical Algorithms, eq. 3.5), twice, and a tenth more for the norms, which are rounded too.
    /// </summary>
    public static float ErrorFactor(int dimensions)
    {
        double roundings = (dimensions + 8) * 5.9604644775390625e-8;
        return roundings < 0.1 ? (float)(2.2 * roundings / (1 - roundings)) : float.PositiveInfinity;
    }

    /// <summary>q·x and x·x in 16 partial sums.</summary>
    /// <param name="query">[<see cref="Lanes.RoundUp"/>(d, 16)], zeros behind d.</param>
    /// <param name="row">[d].</param>
    /// <param name="d">Dimensions.</param>
    /// <param name="squares">x·x.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* query, float* row, int d, out float squares)
    {
        Vector512<float> dot = default, norm = default;
        int i = 0;
        for (; i + Lanes.Count <= d; i += Lanes.Count)
        {
            var x = Vector512.Load(row + i);
            dot = Vector512.FusedMultiplyAdd(Vector512.Load(query + i), x, dot);
            norm = Vector512.FusedMultiplyAdd(x, x, norm);
        }

        float tail = 0, tailSquares = 0;
        for (; i < d; i++)
        {
            tail = MathF.FusedMultiplyAdd(query[i], row[i], tail);
            tailSquares = MathF.FusedMultiplyAdd(row[i], row[i], tailSquares);
        }

        squares = Lanes.Sum(norm) + tailSquares;
        return Lanes.Sum(dot) + tail;
    }

    /// <summary>Rows that are taken at a time, from places far apart: so many streams ask memory for more at once than one can.</summary>
    public const int Streams = 8;

    /// <summary>Between what is read and what a stream asks memory for.</summary>
    public const int BytesAhead = 1536;

    /// <summary>q·x and x·x of eight rows, the same bits as <see cref="Dot(float*, float*, int, out float)"/>; the sums run side by side so that none waits for another.</summary>
    /// <param name="query">[d].</param>
    /// <param name="rows">Eight rows of [d], anywhere.</param>
    /// <param name="d">Dimensions.</param>
    /// <param name="ahead">Whether each stream asks memory for what follows; false where it is not wanted. A hint: it changes no value.</param>
    /// <param name="dots">Receives 8 values.</param>
    /// <param name="squares">Receives 8 values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dot8(float* query, float** rows, int d, bool ahead, float* dots, float* squares)
    {
        float* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5], r6 = rows[6], r7 = rows[7];
        Vector512<float> d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default, d6 = default, d7 = default,
            n0 = default, n1 = default, n2 = default, n3 = default, n4 = default, n5 = default, n6 = default, n7 = default;
        nint i = 0;
        for (; i + Lanes.Count <= d; i += Lanes.Count)
        {
            if (Sse.IsSupported && ahead)
            {
                Sse.Prefetch0((byte*)(r0 + i) + BytesAhead);
                Sse.Prefetch0((byte*)(r1 + i) + BytesAhead);
                Sse.Prefetch0((byte*)(r2 + i) + BytesAhead);
                Sse.Prefetch0((byte*)(r3 + i) + BytesAhead);
                Sse.Prefetch0((byte*)(r4 + i) + BytesAhead);
                Sse.Prefetch0((byte*)(r5 + i) + BytesAhead);
                Sse.Prefetch0((byte*)(r6 + i) + BytesAhead);
                Sse.Prefetch0((byte*)(r7 + i) + BytesAhead);
            }

            var q = Vector512.Load(query + i);
            var x = Vector512.Load(r0 + i);
            d0 = Vector512.FusedMultiplyAdd(q, x, d0);
            n0 = Vector512.FusedMultiplyAdd(x, x, n0);
            x = Vector512.Load(r1 + i);
            d1 = Vector512.FusedMultiplyAdd(q, x, d1);
            n1 = Vector512.FusedMultiplyAdd(x, x, n1);
            x = Vector512.Load(r2 + i);
            d2 = Vector512.FusedMultiplyAdd(q, x, d2);
            n2 = Vector512.FusedMultiplyAdd(x, x, n2);
            x = Vector512.Load(r3 + i);
            d3 = Vector512.FusedMultiplyAdd(q, x, d3);
            n3 = Vector512.FusedMultiplyAdd(x, x, n3);
            x = Vector512.Load(r4 + i);
            d4 = Vector512.FusedMultiplyAdd(q, x, d4);
            n4 = Vector512.FusedMultiplyAdd(x, x, n4);
            x = Vector512.Load(r5 + i);
            d5 = Vector512.FusedMultiplyAdd(q, x, d5);
            n5 = Vector512.FusedMultiplyAdd(x, x, n5);
            x = Vector512.Load(r6 + i);
            d6 = Vector512.FusedMultiplyAdd(q, x, d6);
            n6 = Vector512.FusedMultiplyAdd(x, x, n6);
            x = Vector512.Load(r7 + i);
            d7 = Vector512.FusedMultiplyAdd(q, x, d7);
            n7 = Vector512.FusedMultiplyAdd(x, x, n7);
        }

        (dots[0], dots[1], dots[2], dots[3], dots[4], dots[5], dots[6], dots[7]) = (Lanes.Sum(d0), Lanes.Sum(d1), Lanes.Sum(d2), Lanes.Sum(d3), Lanes.Sum(d4), Lanes.Sum(d5), Lanes.Sum(d6), Lanes.Sum(d7));
        (squares[0], squares[1], squares[2], squares[3], squares[4], squares[5], squares[6], squares[7]) = (Lanes.Sum(n0), Lanes.Sum(n1), Lanes.Sum(n2), Lanes.Sum(n3), Lanes.Sum(n4), Lanes.Sum(n5), Lanes.Sum(n6), Lanes.Sum(n7));
        if (i < d)
        {
            AddTails(query, rows, (int)i, d, dots, squares);
        }
    }

    private static void AddTails(float* query, float** rows, int from, int d, float* dots, float* squares)
    {
        for (int j = 0; j < Streams; j++)
        {
            float tail = 0, tailSquares = 0;
            for (int i = from; i < d; i++)
            {
                tail = MathF.FusedMultiplyAdd(query[i], rows[j][i], tail);
                tailSquares = MathF.FusedMultiplyAdd(rows[j][i], rows[j][i], tailSquares);
            }

            dots[j] += tail;
            squares[j] += tailSquares;
        }
    }

    /// <summary>Which of the eight scores that <see cref="Dot8(float*, float**, int, bool, float*, float*)"/> guides to can reach a threshold, NaN included: bit j for row j.</summary>
    /// <param name="dots">Guides.</param>
    /// <param name="squares">Squared lengths of the rows.</param>
    /// <param name="bound">How far a guide of a row of length 1 can be from the score.</param>
    /// <param name="threshold">What is to be reached.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Reach(float* dots, float* squares, float bound, float threshold)
    {
        var most = Vector256.Load(dots) + (Vector256.Create(bound) * Vector256.Sqrt(Vector256.Load(squares))) + Vector256.Create(1e-30f);
        return ~Vector256.LessThan(most, Vector256.Create(threshold)).ExtractMostSignificantBits() & 0xFF;
    }

    /// <summary>Whether any score is not below <paramref name="threshold"/>, NaN included.</summary>
    public static bool AnyNotBelow(ReadOnlySpan<float> scores, float threshold)
    {
        ref float start = ref MemoryMarshal.GetReference(scores);
        var limit = Vector512.Create(threshold);
        int i = 0;
        for (; i + Lanes.Count <= scores.Length; i += Lanes.Count)
        {
            if (!Vector512.LessThanAll(Vector512.LoadUnsafe(ref start, (nuint)i), limit))
            {
                return true;
            }
        }

        for (; i < scores.Length; i++)
        {
            if (!(scores[i] < threshold))
            {
                return true;
            }
        }

        return false;
    }
}
