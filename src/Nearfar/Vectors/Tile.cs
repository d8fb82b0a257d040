using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nearfar.Vectors;

/// <summary>The innermost kernel: 8 x 32 outputs from 8 rows (or columns) of the left side, read where they lie, and a panel [depth][32].</summary>
/// <remarks>
/// Accumulators are written out as locals, because an array of them would live in memory: 16 of Vector512 with two vectors of the panel and
/// one broadcast take 19 of 32 registers; 4 x 2 of Vector256 and Vector128 take 11 of 16.
/// </remarks>
internal readonly unsafe struct Tile(KernelSet set)
{
    /// <summary>c [8, 32] = A x panel, or += with <paramref name="add"/>; one chain of fused multiply-adds for each output.</summary>
    /// <param name="a">Value i of index k at i * strideA + k, or with <paramref name="columns"/> at k * strideA + i.</param>
    /// <param name="strideA">Distance in floats.</param>
    /// <param name="columns">Whether A is read by columns.</param>
    /// <param name="panel">[depth][32].</param>
    /// <param name="depth">What is summed over.</param>
    /// <param name="c">Row i at i * strideC.</param>
    /// <param name="strideC">Distance in floats.</param>
    /// <param name="add">Whether the chain starts at what c holds.</param>
    public void Run(float* a, nint strideA, bool columns, float* panel, int depth, float* c, nint strideC, bool add)
    {
        switch (set)
        {
            case KernelSet.Vector512 when columns:
                Columns512(a, strideA, panel, depth, c, strideC, add);
                break;
            case KernelSet.Vector512:
                Rows512(a, strideA, panel, depth, c, strideC, add);
                break;
            case KernelSet.Vector256:
                RunParts(a, strideA, columns, panel, depth, c, strideC, add, 16);
                break;
            case KernelSet.Vector128:
                RunParts(a, strideA, columns, panel, depth, c, strideC, add, 8);
                break;
            default:
                RunScalar(a, strideA, columns, panel, depth, c, strideC, add);
                break;
        }
    }

    private void RunParts(float* a, nint strideA, bool columns, float* panel, int depth, float* c, nint strideC, bool add, int width)
    {
        for (int i = 0; i < 8; i += 4)
        {
            float* from = columns ? a + i : a + (i * strideA);
            for (int j = 0; j < 32; j += width)
            {
                float* into = c + (i * strideC) + j;
                switch (set, columns)
                {
                    case (KernelSet.Vector256, true):
                        Columns256(from, strideA, panel + j, depth, into, strideC, add);
                        break;
                    case (KernelSet.Vector256, false):
                        Rows256(from, strideA, panel + j, depth, into, strideC, add);
                        break;
                    case (_, true):
                        Columns128(from, strideA, panel + j, depth, into, strideC, add);
                        break;
                    default:
                        Rows128(from, strideA, panel + j, depth, into, strideC, add);
                        break;
                }
            }
        }
    }

    private static void RunScalar(float* a, nint strideA, bool columns, float* b, int depth, float* c, nint strideC, bool add)
    {
        for (int i = 0; i < 8; i++)
        {
            for (int j = 0; j < 32; j++)
            {
                float sum = add ? c[(i * strideC) + j] : 0;
                for (int k = 0; k < depth; k++)
                {
                    sum = MathF.FusedMultiplyAdd(columns ? a[(k * strideA) + i] : a[(i * strideA) + k], b[(k * 32) + j], sum);
                }

                c[(i * strideC) + j] = sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows512(float* a, nint strideA, float* b, int depth, float* c, nint strideC, bool add)
    {
        Vector512<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default,
            l4 = default, h4 = default, l5 = default, h5 = default, l6 = default, h6 = default, l7 = default, h7 = default;
        if (add)
        {
            (l0, h0) = (Vector512.Load(c), Vector512.Load(c + 16));
            (l1, h1) = (Vector512.Load(c + strideC), Vector512.Load(c + strideC + 16));
            (l2, h2) = (Vector512.Load(c + (2 * strideC)), Vector512.Load(c + (2 * strideC) + 16));
            (l3, h3) = (Vector512.Load(c + (3 * strideC)), Vector512.Load(c + (3 * strideC) + 16));
            (l4, h4) = (Vector512.Load(c + (4 * strideC)), Vector512.Load(c + (4 * strideC) + 16));
            (l5, h5) = (Vector512.Load(c + (5 * strideC)), Vector512.Load(c + (5 * strideC) + 16));
            (l6, h6) = (Vector512.Load(c + (6 * strideC)), Vector512.Load(c + (6 * strideC) + 16));
            (l7, h7) = (Vector512.Load(c + (7 * strideC)), Vector512.Load(c + (7 * strideC) + 16));
        }

        float* a0 = a, a1 = a0 + strideA, a2 = a1 + strideA, a3 = a2 + strideA, a4 = a3 + strideA, a5 = a4 + strideA, a6 = a5 + strideA, a7 = a6 + strideA;
        for (nint k = 0; k < depth; k++, b += 32)
        {
            var low = Vector512.Load(b);
            var high = Vector512.Load(b + 16);
            var x = Vector512.Create(a0[k]);
            l0 = Vector512.FusedMultiplyAdd(x, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x, high, h0);
            x = Vector512.Create(a1[k]);
            l1 = Vector512.FusedMultiplyAdd(x, low, l1);
            h1 = Vector512.FusedMultiplyAdd(x, high, h1);
            x = Vector512.Create(a2[k]);
            l2 = Vector512.FusedMultiplyAdd(x, low, l2);
            h2 = Vector512.FusedMultiplyAdd(x, high, h2);
            x = Vector512.Create(a3[k]);
            l3 = Vector512.FusedMultiplyAdd(x, low, l3);
            h3 = Vector512.FusedMultiplyAdd(x, high, h3);
            x = Vector512.Create(a4[k]);
            l4 = Vector512.FusedMultiplyAdd(x, low, l4);
            h4 = Vector512.FusedMultiplyAdd(x, high, h4);
            x = Vector512.Create(a5[k]);
            l5 = Vector512.FusedMultiplyAdd(x, low, l5);
            h5 = Vector512.FusedMultiplyAdd(x, high, h5);
            x = Vector512.Create(a6[k]);
            l6 = Vector512.FusedMultiplyAdd(x, low, l6);
            h6 = Vector512.FusedMultiplyAdd(x, high, h6);
            x = Vector512.Create(a7[k]);
            l7 = Vector512.FusedMultiplyAdd(x, low, l7);
            h7 = Vector512.FusedMultiplyAdd(x, high, h7);
        }

        l0.Store(c);
        h0.Store(c + 16);
        l1.Store(c + strideC);
        h1.Store(c + strideC + 16);
        l2.Store(c + (2 * strideC));
        h2.Store(c + (2 * strideC) + 16);
        l3.Store(c + (3 * strideC));
        h3.Store(c + (3 * strideC) + 16);
        l4.Store(c + (4 * strideC));
        h4.Store(c + (4 * strideC) + 16);
        l5.Store(c + (5 * strideC));
        h5.Store(c + (5 * strideC) + 16);
        l6.Store(c + (6 * strideC));
        h6.Store(c + (6 * strideC) + 16);
        l7.Store(c + (7 * strideC));
        h7.Store(c + (7 * strideC) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns512(float* a, nint strideA, float* b, int depth, float* c, nint strideC, bool add)
    {
        Vector512<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default,
            l4 = default, h4 = default, l5 = default, h5 = default, l6 = default, h6 = default, l7 = default, h7 = default;
        if (add)
        {
            (l0, h0) = (Vector512.Load(c), Vector512.Load(c + 16));
            (l1, h1) = (Vector512.Load(c + strideC), Vector512.Load(c + strideC + 16));
            (l2, h2) = (Vector512.Load(c + (2 * strideC)), Vector512.Load(c + (2 * strideC) + 16));
            (l3, h3) = (Vector512.Load(c + (3 * strideC)), Vector512.Load(c + (3 * strideC) + 16));
            (l4, h4) = (Vector512.Load(c + (4 * strideC)), Vector512.Load(c + (4 * strideC) + 16));
            (l5, h5) = (Vector512.Load(c + (5 * strideC)), Vector512.Load(c + (5 * strideC) + 16));
            (l6, h6) = (Vector512.Load(c + (6 * strideC)), Vector512.Load(c + (6 * strideC) + 16));
            (l7, h7) = (Vector512.Load(c + (7 * strideC)), Vector512.Load(c + (7 * strideC) + 16));
        }

        for (int k = 0; k < depth; k++, a += strideA, b += 32)
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

        l0.Store(c);
        h0.Store(c + 16);
        l1.Store(c + strideC);
        h1.Store(c + strideC + 16);
        l2.Store(c + (2 * strideC));
        h2.Store(c + (2 * strideC) + 16);
        l3.Store(c + (3 * strideC));
        h3.Store(c + (3 * strideC) + 16);
        l4.Store(c + (4 * strideC));
        h4.Store(c + (4 * strideC) + 16);
        l5.Store(c + (5 * strideC));
        h5.Store(c + (5 * strideC) + 16);
        l6.Store(c + (6 * strideC));
        h6.Store(c + (6 * strideC) + 16);
        l7.Store(c + (7 * strideC));
        h7.Store(c + (7 * strideC) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows256(float* a, nint strideA, float* b, int depth, float* c, nint strideC, bool add)
    {
        Vector256<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        if (add)
        {
            (l0, h0) = (Vector256.Load(c), Vector256.Load(c + 8));
            (l1, h1) = (Vector256.Load(c + strideC), Vector256.Load(c + strideC + 8));
            (l2, h2) = (Vector256.Load(c + (2 * strideC)), Vector256.Load(c + (2 * strideC) + 8));
            (l3, h3) = (Vector256.Load(c + (3 * strideC)), Vector256.Load(c + (3 * strideC) + 8));
        }

        float* a0 = a, a1 = a0 + strideA, a2 = a1 + strideA, a3 = a2 + strideA;
        for (nint k = 0; k < depth; k++, b += 32)
        {
            var low = Vector256.Load(b);
            var high = Vector256.Load(b + 8);
            var x = Vector256.Create(a0[k]);
            l0 = Vector256.FusedMultiplyAdd(x, low, l0);
            h0 = Vector256.FusedMultiplyAdd(x, high, h0);
            x = Vector256.Create(a1[k]);
            l1 = Vector256.FusedMultiplyAdd(x, low, l1);
            h1 = Vector256.FusedMultiplyAdd(x, high, h1);
            x = Vector256.Create(a2[k]);
            l2 = Vector256.FusedMultiplyAdd(x, low, l2);
            h2 = Vector256.FusedMultiplyAdd(x, high, h2);
            x = Vector256.Create(a3[k]);
            l3 = Vector256.FusedMultiplyAdd(x, low, l3);
            h3 = Vector256.FusedMultiplyAdd(x, high, h3);
        }

        l0.Store(c);
        h0.Store(c + 8);
        l1.Store(c + strideC);
        h1.Store(c + strideC + 8);
        l2.Store(c + (2 * strideC));
        h2.Store(c + (2 * strideC) + 8);
        l3.Store(c + (3 * strideC));
        h3.Store(c + (3 * strideC) + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns256(float* a, nint strideA, float* b, int depth, float* c, nint strideC, bool add)
    {
        Vector256<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        if (add)
        {
            (l0, h0) = (Vector256.Load(c), Vector256.Load(c + 8));
            (l1, h1) = (Vector256.Load(c + strideC), Vector256.Load(c + strideC + 8));
            (l2, h2) = (Vector256.Load(c + (2 * strideC)), Vector256.Load(c + (2 * strideC) + 8));
            (l3, h3) = (Vector256.Load(c + (3 * strideC)), Vector256.Load(c + (3 * strideC) + 8));
        }

        for (int k = 0; k < depth; k++, a += strideA, b += 32)
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

        l0.Store(c);
        h0.Store(c + 8);
        l1.Store(c + strideC);
        h1.Store(c + strideC + 8);
        l2.Store(c + (2 * strideC));
        h2.Store(c + (2 * strideC) + 8);
        l3.Store(c + (3 * strideC));
        h3.Store(c + (3 * strideC) + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows128(float* a, nint strideA, float* b, int depth, float* c, nint strideC, bool add)
    {
        Vector128<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        if (add)
        {
            (l0, h0) = (Vector128.Load(c), Vector128.Load(c + 4));
            (l1, h1) = (Vector128.Load(c + strideC), Vector128.Load(c + strideC + 4));
            (l2, h2) = (Vector128.Load(c + (2 * strideC)), Vector128.Load(c + (2 * strideC) + 4));
            (l3, h3) = (Vector128.Load(c + (3 * strideC)), Vector128.Load(c + (3 * strideC) + 4));
        }

        float* a0 = a, a1 = a0 + strideA, a2 = a1 + strideA, a3 = a2 + strideA;
        for (nint k = 0; k < depth; k++, b += 32)
        {
            var low = Vector128.Load(b);
            var high = Vector128.Load(b + 4);
            var x = Vector128.Create(a0[k]);
            l0 = Vector128.FusedMultiplyAdd(x, low, l0);
            h0 = Vector128.FusedMultiplyAdd(x, high, h0);
            x = Vector128.Create(a1[k]);
            l1 = Vector128.FusedMultiplyAdd(x, low, l1);
            h1 = Vector128.FusedMultiplyAdd(x, high, h1);
            x = Vector128.Create(a2[k]);
            l2 = Vector128.FusedMultiplyAdd(x, low, l2);
            h2 = Vector128.FusedMultiplyAdd(x, high, h2);
            x = Vector128.Create(a3[k]);
            l3 = Vector128.FusedMultiplyAdd(x, low, l3);
            h3 = Vector128.FusedMultiplyAdd(x, high, h3);
        }

        l0.Store(c);
        h0.Store(c + 4);
        l1.Store(c + strideC);
        h1.Store(c + strideC + 4);
        l2.Store(c + (2 * strideC));
        h2.Store(c + (2 * strideC) + 4);
        l3.Store(c + (3 * strideC));
        h3.Store(c + (3 * strideC) + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns128(float* a, nint strideA, float* b, int depth, float* c, nint strideC, bool add)
    {
        Vector128<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        if (add)
        {
            (l0, h0) = (Vector128.Load(c), Vector128.Load(c + 4));
            (l1, h1) = (Vector128.Load(c + strideC), Vector128.Load(c + strideC + 4));
            (l2, h2) = (Vector128.Load(c + (2 * strideC)), Vector128.Load(c + (2 * strideC) + 4));
            (l3, h3) = (Vector128.Load(c + (3 * strideC)), Vector128.Load(c + (3 * strideC) + 4));
        }

        for (int k = 0; k < depth; k++, a += strideA, b += 32)
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

        l0.Store(c);
        h0.Store(c + 4);
        l1.Store(c + strideC);
        h1.Store(c + strideC + 4);
        l2.Store(c + (2 * strideC));
        h2.Store(c + (2 * strideC) + 4);
        l3.Store(c + (3 * strideC));
        h3.Store(c + (3 * strideC) + 4);
    }
}
