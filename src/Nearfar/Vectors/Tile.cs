using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nearfar.Vectors;

/// <summary>The innermost kernel: 8 x 32 outputs from a strip [depth][8] and a panel [depth][32].</summary>
internal readonly unsafe struct Tile(KernelSet set)
{
    /// <summary>c [8, 32] = strip x panel, or += with <paramref name="add"/>; one chain of fused multiply-adds for each output.</summary>
    public void Run(float* strip, float* panel, int depth, float* c, int strideC, bool add)
    {
        switch (set)
        {
            case KernelSet.Vector512:
                Run512(strip, panel, depth, c, strideC, add);
                break;
            case KernelSet.Vector256:
                for (int i = 0; i < 8; i += 4)
                {
                    Run256(strip + i, panel, depth, c + (i * (long)strideC), strideC, add);
                    Run256(strip + i, panel + 16, depth, c + (i * (long)strideC) + 16, strideC, add);
                }

                break;
            case KernelSet.Vector128:
                for (int i = 0; i < 8; i += 4)
                {
                    for (int j = 0; j < 32; j += 8)
                    {
                        Run128(strip + i, panel + j, depth, c + (i * (long)strideC) + j, strideC, add);
                    }
                }

                break;
            default:
                RunScalar(strip, panel, depth, c, strideC, add);
                break;
        }
    }

    // 16 accumulators, two vectors of the panel and one broadcast: 19 of 32 registers. Written out, because an array of accumulators would live in memory.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512(float* a, float* b, int depth, float* c, int strideC, bool add)
    {
        float* c0 = c, c1 = c + strideC, c2 = c1 + strideC, c3 = c2 + strideC, c4 = c3 + strideC, c5 = c4 + strideC, c6 = c5 + strideC, c7 = c6 + strideC;
        Vector512<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        Vector512<float> l4 = default, h4 = default, l5 = default, h5 = default, l6 = default, h6 = default, l7 = default, h7 = default;
        if (add)
        {
            (l0, h0, l1, h1) = (Vector512.Load(c0), Vector512.Load(c0 + 16), Vector512.Load(c1), Vector512.Load(c1 + 16));
            (l2, h2, l3, h3) = (Vector512.Load(c2), Vector512.Load(c2 + 16), Vector512.Load(c3), Vector512.Load(c3 + 16));
            (l4, h4, l5, h5) = (Vector512.Load(c4), Vector512.Load(c4 + 16), Vector512.Load(c5), Vector512.Load(c5 + 16));
            (l6, h6, l7, h7) = (Vector512.Load(c6), Vector512.Load(c6 + 16), Vector512.Load(c7), Vector512.Load(c7 + 16));
        }

        for (int k = 0; k < depth; k++, a += 8, b += 32)
        {
            var low = Vector512.Load(b);
            var high = Vector512.Load(b + 16);
            var x = Vector512.Create(a[0]);
            l0 = Vector512.FusedMultiplyAdd(x, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x, high, h0);
            x = Vector512.Create(a[1]);
            l1 = Vector512.FusedMultiplyAdd(x, low, l1);
            h1 = Vector512.FusedMultiplyAdd(x, high, h1);
            x = Vector512.Create(a[2]);
            l2 = Vector512.FusedMultiplyAdd(x, low, l2);
            h2 = Vector512.FusedMultiplyAdd(x, high, h2);
            x = Vector512.Create(a[3]);
            l3 = Vector512.FusedMultiplyAdd(x, low, l3);
            h3 = Vector512.FusedMultiplyAdd(x, high, h3);
            x = Vector512.Create(a[4]);
            l4 = Vector512.FusedMultiplyAdd(x, low, l4);
            h4 = Vector512.FusedMultiplyAdd(x, high, h4);
            x = Vector512.Create(a[5]);
            l5 = Vector512.FusedMultiplyAdd(x, low, l5);
            h5 = Vector512.FusedMultiplyAdd(x, high, h5);
            x = Vector512.Create(a[6]);
            l6 = Vector512.FusedMultiplyAdd(x, low, l6);
            h6 = Vector512.FusedMultiplyAdd(x, high, h6);
            x = Vector512.Create(a[7]);
            l7 = Vector512.FusedMultiplyAdd(x, low, l7);
            h7 = Vector512.FusedMultiplyAdd(x, high, h7);
        }

        l0.Store(c0);
        h0.Store(c0 + 16);
        l1.Store(c1);
        h1.Store(c1 + 16);
        l2.Store(c2);
        h2.Store(c2 + 16);
        l3.Store(c3);
        h3.Store(c3 + 16);
        l4.Store(c4);
        h4.Store(c4 + 16);
        l5.Store(c5);
        h5.Store(c5 + 16);
        l6.Store(c6);
        h6.Store(c6 + 16);
        l7.Store(c7);
        h7.Store(c7 + 16);
    }

    // 4 x 16 outputs: 8 accumulators, 2 and 1: 11 of 16 registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run256(float* a, float* b, int depth, float* c, int strideC, bool add)
    {
        float* c0 = c, c1 = c + strideC, c2 = c1 + strideC, c3 = c2 + strideC;
        Vector256<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        if (add)
        {
            (l0, h0, l1, h1) = (Vector256.Load(c0), Vector256.Load(c0 + 8), Vector256.Load(c1), Vector256.Load(c1 + 8));
            (l2, h2, l3, h3) = (Vector256.Load(c2), Vector256.Load(c2 + 8), Vector256.Load(c3), Vector256.Load(c3 + 8));
        }

        for (int k = 0; k < depth; k++, a += 8, b += 32)
        {
            var low = Vector256.Load(b);
            var high = Vector256.Load(b + 8);
            var x = Vector256.Create(a[0]);
            l0 = Vector256.FusedMultiplyAdd(x, low, l0);
            h0 = Vector256.FusedMultiplyAdd(x, high, h0);
            x = Vector256.Create(a[1]);
            l1 = Vector256.FusedMultiplyAdd(x, low, l1);
            h1 = Vector256.FusedMultiplyAdd(x, high, h1);
            x = Vector256.Create(a[2]);
            l2 = Vector256.FusedMultiplyAdd(x, low, l2);
            h2 = Vector256.FusedMultiplyAdd(x, high, h2);
            x = Vector256.Create(a[3]);
            l3 = Vector256.FusedMultiplyAdd(x, low, l3);
            h3 = Vector256.FusedMultiplyAdd(x, high, h3);
        }

        l0.Store(c0);
        h0.Store(c0 + 8);
        l1.Store(c1);
        h1.Store(c1 + 8);
        l2.Store(c2);
        h2.Store(c2 + 8);
        l3.Store(c3);
        h3.Store(c3 + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run128(float* a, float* b, int depth, float* c, int strideC, bool add)
    {
        float* c0 = c, c1 = c + strideC, c2 = c1 + strideC, c3 = c2 + strideC;
        Vector128<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        if (add)
        {
            (l0, h0, l1, h1) = (Vector128.Load(c0), Vector128.Load(c0 + 4), Vector128.Load(c1), Vector128.Load(c1 + 4));
            (l2, h2, l3, h3) = (Vector128.Load(c2), Vector128.Load(c2 + 4), Vector128.Load(c3), Vector128.Load(c3 + 4));
        }

        for (int k = 0; k < depth; k++, a += 8, b += 32)
        {
            var low = Vector128.Load(b);
            var high = Vector128.Load(b + 4);
            var x = Vector128.Create(a[0]);
            l0 = Vector128.FusedMultiplyAdd(x, low, l0);
            h0 = Vector128.FusedMultiplyAdd(x, high, h0);
            x = Vector128.Create(a[1]);
            l1 = Vector128.FusedMultiplyAdd(x, low, l1);
            h1 = Vector128.FusedMultiplyAdd(x, high, h1);
            x = Vector128.Create(a[2]);
            l2 = Vector128.FusedMultiplyAdd(x, low, l2);
            h2 = Vector128.FusedMultiplyAdd(x, high, h2);
            x = Vector128.Create(a[3]);
            l3 = Vector128.FusedMultiplyAdd(x, low, l3);
            h3 = Vector128.FusedMultiplyAdd(x, high, h3);
        }

        l0.Store(c0);
        h0.Store(c0 + 4);
        l1.Store(c1);
        h1.Store(c1 + 4);
        l2.Store(c2);
        h2.Store(c2 + 4);
        l3.Store(c3);
        h3.Store(c3 + 4);
    }

    private static void RunScalar(float* a, float* b, int depth, float* c, int strideC, bool add)
    {
        for (int i = 0; i < 8; i++)
        {
            for (int j = 0; j < 32; j++)
            {
                float sum = add ? c[(i * (long)strideC) + j] : 0;
                for (int k = 0; k < depth; k++)
                {
                    sum = MathF.FusedMultiplyAdd(a[(k * 8) + i], b[(k * 32) + j], sum);
                }

                c[(i * (long)strideC) + j] = sum;
            }
        }
    }
}
