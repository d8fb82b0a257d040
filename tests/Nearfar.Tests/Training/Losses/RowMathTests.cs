using CsCheck;
using Nearfar.Training.Losses;
using Xunit;

namespace Nearfar.Tests.Training.Losses;

/// <summary>Kernels of rows against plain loops in double, at lengths with and without a rest of 16.</summary>
public class RowMathTests
{
    private static readonly Gen<(float[] Row, float[] Other)> Pairs = Gen.Int[0, 70].SelectMany(n => Gen.Select(Values(n), Values(n)));

    [Fact]
    public void Sigmoids_AgreeWithTheFormulaInDouble() =>
        Gen.Select(Pairs, Gen.Float[1, 100], Gen.Float[-30, 30]).Sample((rows, scale, bias) =>
        {
            float[] x = rows.Row;
            double softPlus = 0, sigmoid = 0, weighted = 0;
            double[] expected = [.. x.Select(v => float.IsNegativeInfinity(v) ? 0 : RowMath.Sigmoid((scale * (double)v) + bias))];
            for (int j = 0; j < x.Length; j++)
            {
                if (!float.IsNegativeInfinity(x[j]))
                {
                    softPlus += RowMath.SoftPlus((scale * (double)x[j]) + bias);
                    sigmoid += expected[j];
                    weighted += expected[j] * x[j];
                }
            }

            float[] row = [.. x];
            var sums = RowMath.Sigmoids(row, scale, bias, 0.25f);
            // A logit of at most 130 is rounded to 1e-5: that share of every value.
            Assert.Equal(softPlus, sums.SoftPlus, 2e-5 * (1 + softPlus));
            Assert.Equal(sigmoid, sums.Sigmoid, 2e-5 * (1 + sigmoid));
            Assert.Equal(weighted, sums.Weighted, 2e-5 * (1 + sigmoid));
            Assert.All(expected.Zip(row), p => Assert.Equal(p.First * 0.25, p.Second, 1e-5));
        });

    [Fact]
    public void Sigmoids_OfManyValues_KeepEveryLogarithm()
    {
        float[] row = new float[40_000];        // ln 2 each: a product of so many factors of 2 would overflow
        Assert.Equal(40_000 * Math.Log(2), RowMath.Sigmoids(row, 1, 0, 1).SoftPlus, 1e-6);
    }

    [Theory, InlineData(0), InlineData(16), InlineData(20)]
    public void Sigmoids_NaN_IsNotLost(int at)
    {
        float[] row = new float[21];
        row[at] = float.NaN;
        var sums = RowMath.Sigmoids(row, 10, -10, 1);
        Assert.True(double.IsNaN(sums.SoftPlus) && double.IsNaN(sums.Sigmoid) && float.IsNaN(row[at]));
    }

    [Fact]
    public void WeightedSum_SkipsWeightsOfZero() =>
        Pairs.Sample(rows =>
        {
            float[] weights = [.. rows.Other.Select((w, j) => j % 3 == 0 || float.IsNegativeInfinity(rows.Row[j]) || float.IsNegativeInfinity(w) ? 0 : w)];
            double expected = weights.Zip(rows.Row).Sum(p => p.First == 0 ? 0 : (double)p.First * p.Second);
            Assert.Equal(expected, RowMath.WeightedSum<float>(weights, rows.Row), 1e-9);
            Assert.Equal(expected, RowMath.WeightedSum<double>([.. weights.Select(w => (double)w)], [.. rows.Row.Select(v => (double)v)]), 1e-9);
        });

    [Fact]
    public void LeaveOutAbove_AndCount_AgreeWithPlainLoops() =>
        Gen.Select(Pairs, Gen.Float[-1, 1]).Sample((rows, limit) =>
        {
            float[] judges = [.. rows.Other.Select((g, j) => j % 7 == 5 ? float.NaN : g)];
            float[] expected = [.. rows.Row.Zip(judges, (x, g) => float.IsNaN(g) ? float.NaN : g > limit ? float.NegativeInfinity : x)];
            float[] row = [.. rows.Row];
            RowMath.LeaveOutAbove<float>(row, judges, limit);
            Assert.Equal(expected, row);
            double[] doubles = [.. rows.Row.Select(v => (double)v)];
            RowMath.LeaveOutAbove<double>(doubles, [.. judges.Select(g => (double)g)], limit);
            Assert.Equal(expected.Select(v => (double)v), doubles);
            Assert.Equal(expected.Count(v => !float.IsNegativeInfinity(v)), RowMath.CountThatCount<float>(row));
            Assert.Equal(expected.Count(v => !float.IsNegativeInfinity(v)), RowMath.CountThatCount<double>(doubles));
        });

    private static Gen<float[]> Values(int length) =>
        Gen.Select(Gen.Float[-1, 1], Gen.Int[0, 9]).Select((v, n) => n == 0 ? float.NegativeInfinity : v).Array[length];
}
