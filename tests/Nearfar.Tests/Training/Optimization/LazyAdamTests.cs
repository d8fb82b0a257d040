using Nearfar.Training.Optimization;
using Xunit;

namespace Nearfar.Tests.Training.Optimization;

public unsafe class LazyAdamTests
{
    [Fact]
    public void Update_ManySteps_AgreesWithTheDefinitionInDouble()
    {
        float[] w = [.. Enumerable.Range(0, 32).Select(i => i * 0.1f)], m = new float[32], v = new float[32], g = new float[32];
        double[] dw = [.. w.Select(x => (double)x)], dm = new double[32], dv = new double[32];
        for (int step = 1; step <= 50; step++)
        {
            for (int i = 0; i < 32; i++)
            {
                g[i] = (float)Math.Sin((i * 1.3) + (step * 0.7)) * MathF.Pow(10, (i % 7) - 3);
                dm[i] = (0.9 * dm[i]) + (0.1 * g[i]);
                dv[i] = (0.999 * dv[i]) + (0.001 * g[i] * (double)g[i]);
                dw[i] -= 0.05 * Math.Sqrt(1 - Math.Pow(0.999, step)) / (1 - Math.Pow(0.9, step)) * dm[i] / (Math.Sqrt(dv[i]) + 1e-8);
            }

            fixed (float* pw = w, pm = m, pv = v, pg = g)
            {
                LazyAdam.Update(pw, pm, pv, pg, 32, LazyAdam.StepSize(0.05, step));
            }
        }

        for (int i = 0; i < 32; i++)
        {
            Assert.Equal(dw[i], w[i], 1e-4);
        }
    }

    [Fact]
    public void Update_FirstStep_MovesByTheRateAgainstTheGradient()
    {
        float[] w = new float[16], m = new float[16], v = new float[16], g = new float[16];
        Array.Fill(g, -3f);
        fixed (float* pw = w, pm = m, pv = v, pg = g)
        {
            LazyAdam.Update(pw, pm, pv, pg, 16, LazyAdam.StepSize(0.01, 1));
        }

        Assert.All(w, x => Assert.Equal(0.01f, x, 1e-6f));
    }

    [Fact]
    public void LearningRate_WarmsUpThenFallsToZero()
    {
        var rate = new LearningRate(2, 100, 0.1);
        Assert.Equal(0.2, rate.At(1), 1e-12);
        Assert.Equal(2, rate.At(10), 1e-12);
        Assert.Equal(2 * 90 / 90.0, rate.At(11), 1e-12);
        Assert.Equal(2 / 90.0, rate.At(100), 1e-12);
        Assert.Equal(1, new LearningRate(1, 1, 0.1).At(1), 1e-12);
        Assert.True(new LearningRate(1, 3, 1).At(3) > 0);
    }
}
