using CsCheck;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public class MatrixKernelsTests
{
    public static TheoryData<int> AllSets => [(int)KernelSet.Scalar, (int)KernelSet.Vector128, (int)KernelSet.Vector256, (int)KernelSet.Vector512];

    [Theory, MemberData(nameof(AllSets))]
    public void Multiply_AnyShapeAndSet_EqualsChainOfFusedMultiplyAdds(int set)
    {
        var shapes = Gen.Select(Gen.Int[1, 75], Gen.Int[1, 70], Gen.Int[1, 600], Gen.Int[0, 3], Gen.Bool, Gen.Bool, Gen.Int[0, 1_000_000]);
        shapes.Sample((m, n, k, gap, transpose, accumulate, seed) =>
        {
            float[] a = Values(seed, transpose ? k * (m + gap) : m * (k + gap));
            float[] b = Values(seed + 1, n * (k + gap));
            float[] c = Values(seed + 2, m * (n + gap));
            float[] expected = [.. c];
            int strideA = transpose ? m + gap : k + gap;
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    float sum = accumulate ? c[(i * (n + gap)) + j] : 0;
                    for (int l = 0; l < k; l++)
                    {
                        sum = MathF.FusedMultiplyAdd(transpose ? a[(l * strideA) + i] : a[(i * strideA) + l], b[(j * (k + gap)) + l], sum);
                    }

                    expected[(i * (n + gap)) + j] = sum;
                }
            }

            float[] packed = new float[MatrixKernels.PackedLength(n, k)];
            MatrixKernels.PackTransposed(b, n, k, k + gap, packed);
            MatrixKernels.Multiply(a, m, k, strideA, packed, n, c, n + gap, transpose, accumulate, (KernelSet)set);
            return expected.AsSpan().SequenceEqual(c);      // gaps untouched, every bit of the rest
        }, iter: 20);
    }

    [Theory, MemberData(nameof(AllSets))]
    public void Multiply_DepthInParts_GivesTheSameBitsAsAtOnce(int set) =>
        Gen.Select(Gen.Int[1, 75], Gen.Int[1, 70], Gen.Int[2, 400], Gen.Bool, Gen.Int[0, 1_000_000]).Sample((m, n, k, transpose, seed) =>
        {
            int stride = transpose ? m : k, part = 1 + (seed % k);
            float[] a = Values(seed, m * k), packed = new float[MatrixKernels.PackedLength(n, k)];
            MatrixKernels.PackTransposed(Values(seed + 1, n * k), n, k, k, packed);
            float[] whole = new float[m * n], parts = new float[m * n];
            MatrixKernels.Multiply(a, m, k, stride, packed, n, whole, n, transpose, set: (KernelSet)set);
            for (int from = 0; from < k; from += part)
            {
                MatrixKernels.Multiply(a.AsSpan(transpose ? from * stride : from), m, Math.Min(part, k - from), stride, packed.AsSpan(from * MatrixKernels.PanelColumns), n, parts, n,
                    transpose, accumulate: from > 0, (KernelSet)set, panelDepth: k);
            }

            return whole.AsSpan().SequenceEqual(parts);
        }, iter: 20);

    [Fact]
    public void Pack_OfATransposedMatrix_EqualsPackTransposed()
    {
        float[] b = Values(1, 37 * 50);     // [37, 50]
        float[] turned = new float[50 * 37];
        for (int i = 0; i < 37; i++)
        {
            for (int j = 0; j < 50; j++)
            {
                turned[(j * 37) + i] = b[(i * 50) + j];
            }
        }

        float[] packed = new float[MatrixKernels.PackedLength(37, 50)];
        float[] packedTurned = new float[packed.Length];
        Array.Fill(packed, float.NaN);
        Array.Fill(packedTurned, float.NaN);
        MatrixKernels.PackTransposed(b, 37, 50, 50, packed);
        MatrixKernels.Pack(turned, 50, 37, 37, packedTurned);
        Assert.Equal(packed, packedTurned);
    }

    [Fact]
    public void MultiplyTransposed_OneRowOrMany_GivesTheSameBits()
    {
        float[] a = Values(3, 21 * 96);
        float[] b = Values(4, 130 * 96);
        float[] all = new float[21 * 130];
        MatrixKernels.MultiplyTransposed(a, 21, b, 130, 96, all);
        for (int i = 0; i < 21; i++)
        {
            float[] one = new float[130];
            MatrixKernels.MultiplyTransposed(a.AsSpan(i * 96, 96), 1, b, 130, 96, one);
            Assert.Equal(all[(i * 130)..((i + 1) * 130)], one);
        }
    }

    [Fact]
    public void Multiply_OutputTooShort_IsRefused()
    {
        float[] packed = new float[MatrixKernels.PackedLength(4, 3)];
        Assert.Throws<ArgumentException>(() => MatrixKernels.Multiply(new float[6], 2, 3, 3, packed, 4, new float[7], 4));
        Assert.Throws<ArgumentException>(() => MatrixKernels.Multiply(new float[5], 2, 3, 3, packed, 4, new float[8], 4));
    }

    private static float[] Values(int seed, int count)
    {
        float[] values = new float[count];
        ulong x = (ulong)seed;
        for (int i = 0; i < count; i++)
        {
            x = (x * 6364136223846793005) + 1442695040888963407;
            values[i] = ((x >> 40) / (float)(1 << 23)) - 1;
        }

        return values;
    }
}
