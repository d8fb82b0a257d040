using System.Runtime.Intrinsics;

namespace Nearfar.Vectors;

/// <summary>Which registers the matrix kernels use. The result is the same in every bit: each output is one chain of fused multiply-adds in index order.</summary>
internal enum KernelSet
{
    /// <summary>One value at a time; for machines without vector registers, and for tests.</summary>
    Scalar,

    /// <summary>4 floats: NEON, SSE.</summary>
    Vector128,

    /// <summary>8 floats: AVX2.</summary>
    Vector256,

    /// <summary>16 floats: AVX-512.</summary>
    Vector512,
}

internal static class KernelSets
{
    /// <summary>The widest set that this machine runs in hardware; chosen once.</summary>
    public static KernelSet Best { get; } =
        Vector512.IsHardwareAccelerated ? KernelSet.Vector512
        : Vector256.IsHardwareAccelerated ? KernelSet.Vector256
        : Vector128.IsHardwareAccelerated ? KernelSet.Vector128
        : KernelSet.Scalar;
}
