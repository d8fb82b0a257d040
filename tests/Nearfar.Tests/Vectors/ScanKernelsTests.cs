using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public unsafe class ScanKernelsTests
{
    /// <summary>The guide is never farther from the exact score than its bound, also where everything cancels.</summary>
    [Theory, InlineData(3), InlineData(40), InlineData(384), InlineData(2000)]
    public void Dot_OfFloats_StaysWithinTheBound(int d)
    {
        var random = new SeededRandom((ulong)d);
        float[] q = new float[Lanes.RoundUp(d, Lanes.Count)];
        float[] x = new float[d];
        for (int trial = 0; trial < 200; trial++)
        {
            float exact = 0;
            double squares = 0;
            double norm = 0;
            for (int i = 0; i < d; i++)
            {
                q[i] = random.Bell();
                x[i] = trial % 2 == 0 ? random.Bell() : (i % 2 == 0 ? 1 : -1) * q[i] * (1 + (1e-6f * random.Bell()));
                exact = MathF.FusedMultiplyAdd(q[i], x[i], exact);
                squares += (double)x[i] * x[i];
                norm += (double)q[i] * q[i];
            }

            fixed (float* a = q, b = x)
            {
                float guide = ScanKernels.Dot(a, b, d, out float got);
                Assert.InRange(Math.Abs((double)guide - exact), 0, ScanKernels.ErrorFactor(d) * Math.Sqrt(squares * norm));
                Assert.Equal(squares, got, squares * 1e-4);
            }
        }
    }

    [Theory, InlineData(1), InlineData(15), InlineData(16), InlineData(33), InlineData(384), InlineData(1000)]
    public void Dot8_OfRowsAnywhere_GivesTheBitsOfOneRow(int d)
    {
        var random = new SeededRandom((ulong)d);
        float[] q = new float[Lanes.RoundUp(d, Lanes.Count)];
        float[] x = new float[ScanKernels.Streams * (d + 3)];
        foreach (ref float value in q.AsSpan(0, d))
        {
            value = random.Bell();
        }

        foreach (ref float value in x.AsSpan())
        {
            value = random.Bell();
        }

        float* dots = stackalloc float[ScanKernels.Streams];
        float* squares = stackalloc float[ScanKernels.Streams];
        float** rows = stackalloc float*[ScanKernels.Streams];
        fixed (float* a = q, b = x)
        {
            foreach (bool ahead in new[] { false, true })
            {
                for (int j = 0; j < ScanKernels.Streams; j++)
                {
                    rows[j] = b + (j * 5 % ScanKernels.Streams * (d + 3));
                }

                ScanKernels.Dot8(a, rows, d, ahead, dots, squares);
                for (int j = 0; j < ScanKernels.Streams; j++)
                {
                    Assert.Equal(ScanKernels.Dot(a, rows[j], d, out float square), dots[j]);
                    Assert.Equal(square, squares[j]);
                }
            }
        }
    }

    [Fact]
    public void Reach_GuidesBelowByMoreThanTheBound_AreLeftAndNaNIsSeen()
    {
        float* dots = stackalloc float[] { 0.5f, 0.4f, 0.45f, float.NaN, -1, 0.39f, float.NegativeInfinity, 0.5f };
        float* squares = stackalloc float[] { 1, 1, 1, 1, 1, 4, 1, float.NaN };
        Assert.Equal(0b1000_1101u | 0b10_0000u, ScanKernels.Reach(dots, squares, 0.06f, 0.5f));
        Assert.Equal(0xFFu, ScanKernels.Reach(dots, squares, 0.06f, float.NegativeInfinity));
        Assert.Equal(0xFFu, ScanKernels.Reach(dots, squares, float.PositiveInfinity, float.NegativeInfinity));
    }

    [Fact]
    public void AnyNotBelow_ValuesAndNaN_AreSeenAtEveryPlace()
    {
        for (int length = 1; length < 40; length++)
        {
            float[] scores = new float[length];
            Assert.False(ScanKernels.AnyNotBelow(scores, 0.5f));
            for (int at = 0; at < length; at++)
            {
                foreach (float value in new[] { 0.5f, 1f, float.NaN })
                {
                    scores[at] = value;
                    Assert.True(ScanKernels.AnyNotBelow(scores, 0.5f));
                }

                scores[at] = 0;
            }
        }
    }
}
