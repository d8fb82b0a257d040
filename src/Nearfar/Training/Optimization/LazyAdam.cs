using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nearfar.Vectors;

namespace Nearfar.Training.Optimization;

/// <summary>Adam on the rows that a batch touched.</summary>
/// <remarks>
/// Kingma and Ba 2015, arXiv:1412.6980, algorithm 1, with the corrections folded into the rate as its section 2 shows; the same definition
/// as PyTorch's SparseAdam: the bias correction counts all steps, epsilon stands outside the root and is not corrected. Differs from Adam:
/// a row without gradient does not decay its moments and does not move.
/// </remarks>
internal static unsafe class LazyAdam
{
    public const float Beta1 = 0.9f;
    public const float Beta2 = 0.999f;
    public const float Epsilon = 1e-8f;

    /// <summary>The factor of the moments' quotient at a step: rate * sqrt(1 - beta2^t) / (1 - beta1^t).</summary>
    public static float StepSize(double rate, long step) => (float)(rate * Math.Sqrt(1 - Power(0.999, step)) / (1 - Power(0.9, step)));

    /// <summary>Updates one row of n values, n a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Update(float* weights, float* first, float* second, float* gradient, int n, float stepSize)
    {
        for (int i = 0; i < n; i += Lanes.Count)
        {
            var g = Vector512.Load(gradient + i);
            var m = Vector512.Load(first + i);
            var v = Vector512.Load(second + i);
            m = Vector512.FusedMultiplyAdd(g - m, Vector512.Create(1 - Beta1), m);
            v = Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(g, g, -v), Vector512.Create(1 - Beta2), v);
            var move = (m * stepSize) / (Vector512.Sqrt(v) + Vector512.Create(Epsilon));
            m.Store(first + i);
            v.Store(second + i);
            (Vector512.Load(weights + i) - move).Store(weights + i);
        }
    }

    // By squaring: the system's pow differs in its last bit from machine to machine.
    internal static double Power(double x, long n)
    {
        double result = 1;
        for (; n > 0; n >>= 1, x *= x)
        {
            result *= (n & 1) == 1 ? x : 1;
        }

        return result;
    }
}
