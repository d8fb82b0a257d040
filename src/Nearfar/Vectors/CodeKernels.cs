using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nearfar.Vectors;

/// <summary>Products and distances of one query with rows of codes as they lie in memory, at the speed of memory.</summary>
/// <remarks>Whole numbers: equal on every machine.</remarks>
internal static unsafe class CodeKernels
{
    /// <summary>Sum of code times weight over d values; the caller has seen to it that it fits 32 bits.</summary>
    /// <param name="codes">[d].</param>
    /// <param name="weights">[d].</param>
    /// <param name="d">Dimensions.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(sbyte* codes, short* weights, int d)
    {
        int i = 0;
        int sum = 0;
        if (Avx512BW.IsSupported)
        {
            Vector512<int> even = default, odd = default;
            for (; i + 64 <= d; i += 64)
            {
                even += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(codes + i)), Vector512.Load(weights + i));
                odd += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(codes + i + 32)), Vector512.Load(weights + i + 32));
            }

            sum = Vector512.Sum(even + odd);
        }
        else if (Avx2.IsSupported)
        {
            Vector256<int> all = default;
            for (; i + 16 <= d; i += 16)
            {
                var wide = Avx2.ConvertToVector256Int16(codes + i);
                all = AvxVnni.IsSupported ? AvxVnni.MultiplyWideningAndAdd(all, wide, Vector256.Load(weights + i)) : all + Avx2.MultiplyAddAdjacent(wide, Vector256.Load(weights + i));
            }

            sum = Vector256.Sum(all);
        }

        return sum + DotPortable(codes + i, weights + i, d - i);
    }

    /// <summary>The sums of <see cref="Dot(sbyte*, short*, int)"/> for eight rows.</summary>
    /// <param name="rows">Eight rows of [d] codes, anywhere.</param>
    /// <param name="weights">[d].</param>
    /// <param name="d">Dimensions.</param>
    /// <param name="ahead">As <see cref="ScanKernels.Dot8(float*, float**, int, bool, float*, float*)"/>.</param>
    /// <param name="sums">Receives 8 values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dot8(sbyte** rows, short* weights, int d, bool ahead, int* sums)
    {
        if (!Avx512BW.IsSupported)
        {
            for (int j = 0; j < ScanKernels.Streams; j++)
            {
                sums[j] = Dot(rows[j], weights, d);
            }

            return;
        }

        sbyte* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5], r6 = rows[6], r7 = rows[7];
        Vector512<int> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        nint i = 0;
        for (; i + 64 <= d; i += 64)
        {
            if (ahead)
            {
                Sse.Prefetch0(r0 + i + ScanKernels.BytesAhead);
                Sse.Prefetch0(r1 + i + ScanKernels.BytesAhead);
                Sse.Prefetch0(r2 + i + ScanKernels.BytesAhead);
                Sse.Prefetch0(r3 + i + ScanKernels.BytesAhead);
                Sse.Prefetch0(r4 + i + ScanKernels.BytesAhead);
                Sse.Prefetch0(r5 + i + ScanKernels.BytesAhead);
                Sse.Prefetch0(r6 + i + ScanKernels.BytesAhead);
                Sse.Prefetch0(r7 + i + ScanKernels.BytesAhead);
            }

            var low = Vector512.Load(weights + i);
            var high = Vector512.Load(weights + i + 32);
            s0 += MultiplyAdd(r0 + i, low, high);
            s1 += MultiplyAdd(r1 + i, low, high);
            s2 += MultiplyAdd(r2 + i, low, high);
            s3 += MultiplyAdd(r3 + i, low, high);
            s4 += MultiplyAdd(r4 + i, low, high);
            s5 += MultiplyAdd(r5 + i, low, high);
            s6 += MultiplyAdd(r6 + i, low, high);
            s7 += MultiplyAdd(r7 + i, low, high);
        }

        (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]) = (Vector512.Sum(s0), Vector512.Sum(s1), Vector512.Sum(s2), Vector512.Sum(s3), Vector512.Sum(s4), Vector512.Sum(s5), Vector512.Sum(s6), Vector512.Sum(s7));
        for (int j = 0; i < d && j < ScanKernels.Streams; j++)
        {
            sums[j] += DotPortable(rows[j] + i, weights + i, d - (int)i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> MultiplyAdd(sbyte* codes, Vector512<short> low, Vector512<short> high) =>
        Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(codes)), low) + Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(codes + 32)), high);

    /// <summary>The same on any machine.</summary>
    public static int DotPortable(sbyte* codes, short* weights, int d)
    {
        Vector128<int> all = default;
        int i = 0;
        for (; i + 8 <= d; i += 8)
        {
            var wide = Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<long>(codes + i)).AsSByte());
            var weight = Vector128.Load(weights + i);
            all += (Vector128.WidenLower(wide) * Vector128.WidenLower(weight)) + (Vector128.WidenUpper(wide) * Vector128.WidenUpper(weight));
        }

        int sum = Vector128.Sum(all);
        for (; i < d; i++)
        {
            sum += codes[i] * weights[i];
        }

        return sum;
    }

    /// <summary>Codes as floats.</summary>
    public static void Widen(ReadOnlySpan<sbyte> codes, Span<float> values)
    {
        int i = 0;
        fixed (sbyte* from = codes)
        fixed (float* into = values[..codes.Length])
        {
            for (; i + Lanes.Count <= codes.Length; i += Lanes.Count)
            {
                var (low, high) = Vector128.Widen(Vector128.Load(from + i));
                Store(low, into + i);
                Store(high, into + i + 8);
            }

            for (; i < codes.Length; i++)
            {
                into[i] = from[i];
            }
        }

        static void Store(Vector128<short> eight, float* into)
        {
            var (low, high) = Vector128.Widen(eight);
            Vector128.ConvertToSingle(low).Store(into);
            Vector128.ConvertToSingle(high).Store(into + 4);
        }
    }

    /// <summary>Bits that differ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Hamming(byte* a, byte* b, int length)
    {
        int differ = 0;
        int i = 0;
        for (; i + 8 <= length; i += 8)
        {
            differ += BitOperations.PopCount(Unsafe.ReadUnaligned<ulong>(a + i) ^ Unsafe.ReadUnaligned<ulong>(b + i));
        }

        for (; i < length; i++)
        {
            differ += BitOperations.PopCount((uint)(a[i] ^ b[i]));
        }

        return differ;
    }
}
