using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nearfar.Vectors;

/// <summary>Row kernels on 16 float lanes. Sums are 16 partial sums added in a fixed order, so the bits are equal on every machine with fused multiply-add.</summary>
/// <remarks>Vector512 is two Vector256 or four Vector128 where the machine has no wider register.</remarks>
internal static unsafe class Lanes
{
    /// <summary>Floats in a vector.</summary>
    public const int Count = 16;

    /// <summary>The next multiple of <paramref name="step"/>.</summary>
    public static int RoundUp(int n, int step) => (n + step - 1) / step * step;

    /// <summary>Sum of products over n values, n a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* a, float* b, int n)
    {
        var sum = Vector512<float>.Zero;
        for (int i = 0; i < n; i += Count)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(a + i), Vector512.Load(b + i), sum);
        }

        return Sum(sum);
    }

    /// <summary>The 16 lanes added as a tree of fixed shape.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> v)
    {
        var eight = v.GetLower() + v.GetUpper();
        var four = eight.GetLower() + eight.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    /// <summary>Largest lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector512<float> v)
    {
        var eight = Vector256.MaxNative(v.GetLower(), v.GetUpper());
        var four = Vector128.MaxNative(eight.GetLower(), eight.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    private const float Least = -87;

    /// <summary>e to the power of x for x at most 0, within 2 units in the last place; exactly 0 below -87; NaN stays NaN.</summary>
    /// <remarks>x = n ln 2 + r, |r| at most ln(2)/2; Taylor's series of e^r to r^7 (rest 6e-9), times 2^n by its exponent bits.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpOfNegative(Vector512<float> x)
    {
        // In this order: of a constant and NaN, the native maximum is NaN. The comparison comes last, off the long chain: three times as fast.
        var clamped = Vector512.MaxNative(Vector512.Create(Least), x);
        const float RoundToInteger = 12582912f;      // 1.5 x 2^23: adding it leaves the nearest integer in the low bits
        var shifted = Vector512.FusedMultiplyAdd(clamped, Vector512.Create(1.44269504f), Vector512.Create(RoundToInteger));
        var n = shifted - Vector512.Create(RoundToInteger);
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693145752f), clamped);       // ln 2 in two parts: the first has few bits
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-1.42860677e-6f), r);
        var p = Vector512.FusedMultiplyAdd(r, Vector512.Create(1f / 5040), Vector512.Create(1f / 720));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(1f / 120));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(1f / 24));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(1f / 6));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(1f));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(1f));
        var power = ((shifted.AsInt32() + Vector512.Create(127)) << 23).AsSingle();
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(Least)), Vector512<float>.Zero, p * power);
    }
}
