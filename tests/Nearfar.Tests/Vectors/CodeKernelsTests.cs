using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public unsafe class CodeKernelsTests
{
    [Theory, InlineData(1), InlineData(15), InlineData(16), InlineData(33), InlineData(64), InlineData(127), InlineData(384), InlineData(1000)]
    public void Dot_OfCodes_IsTheIntegerSumOnEveryPath(int d)
    {
        var random = new SeededRandom((ulong)d);
        sbyte[] codes = [.. Enumerable.Range(0, d).Select(_ => (sbyte)(random.Below(256) - 128))];
        short[] weights = [.. Enumerable.Range(0, d).Select(_ => (short)(random.Below(30001) - 15000))];
        int expected = codes.Zip(weights).Sum(p => p.First * p.Second);
        int* sums = stackalloc int[ScanKernels.Streams];
        sbyte** rows = stackalloc sbyte*[ScanKernels.Streams];
        float[] wide = new float[d];
        CodeKernels.Widen(codes, wide);
        Assert.Equal(codes.Select(c => (float)c), wide);
        sbyte[] zeros = new sbyte[d];
        fixed (sbyte* c = codes, z = zeros)
        fixed (short* w = weights)
        {
            for (int j = 0; j < ScanKernels.Streams; j++)
            {
                rows[j] = j % 3 == 0 ? c : z;
            }

            CodeKernels.Dot8(rows, w, d, d % 2 == 0, sums);
            for (int j = 0; j < ScanKernels.Streams; j++)
            {
                Assert.Equal(j % 3 == 0 ? expected : 0, sums[j]);
            }

            Assert.Equal(expected, CodeKernels.Dot(c, w, d));
            Assert.Equal(expected, CodeKernels.DotPortable(c, w, d));
        }
    }

    [Theory, InlineData(1), InlineData(8), InlineData(13), InlineData(48)]
    public void Hamming_OfBytes_CountsTheBitsThatDiffer(int length)
    {
        var random = new SeededRandom((ulong)length);
        byte[] a = [.. Enumerable.Range(0, length).Select(_ => (byte)random.Below(256))];
        byte[] b = [.. Enumerable.Range(0, length).Select(_ => (byte)random.Below(256))];
        fixed (byte* x = a, y = b)
        {
            Assert.Equal(a.Zip(b).Sum(p => int.PopCount(p.First ^ p.Second)), CodeKernels.Hamming(x, y, length));
        }
    }
}
