using MathNet.Numerics.LinearAlgebra;
using Nearfar.Evaluation.Geometry;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Geometry;

public class SymmetricEigenTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(7), InlineData(40), InlineData(129)]
    public void Of_RandomMatrix_AgreesWithMathNetAndRebuildsIt(int n)
    {
        double[] matrix = Symmetric(n, (ulong)n);
        var eigen = SymmetricEigen.Of(matrix, n);
        double[] expected = [.. Matrix<double>.Build.Dense(n, n, matrix).Evd(Symmetricity.Symmetric).EigenValues.Select(v => v.Real).OrderDescending()];
        for (int i = 0; i < n; i++)
        {
            Assert.Equal(expected[i], eigen.Values[i], 1e-11);
        }

        AssertRebuilds(matrix, n, eigen);
    }

    [Fact]
    public void Of_KnownMatrix_GivesTheValuesByHand()
    {
        var eigen = SymmetricEigen.Of([2, 1, 1, 2], 2);
        Assert.Equal([3.0, 1.0], eigen.Values.Select(v => Math.Round(v, 12)));
        Assert.Equal(1, Math.Abs(eigen.Vector(0)[0] / eigen.Vector(0)[1]), 1e-12);
    }

    [Fact]
    public void Of_DegenerateMatrices_AreSolved()
    {
        foreach (int n in new[] { 1, 2, 5, 30 })
        {
            double[] identity = new double[n * n];
            double[] rankOne = new double[n * n];
            for (int i = 0; i < n; i++)
            {
                identity[(i * n) + i] = 1;
                for (int j = 0; j < n; j++)
                {
                    rankOne[(i * n) + j] = (i + 1.0) * (j + 1.0);
                }
            }

            Assert.All(SymmetricEigen.Of(identity, n).Values, v => Assert.Equal(1, v, 1e-14));
            Assert.All(SymmetricEigen.Of(new double[n * n], n).Values, v => Assert.Equal(0, v));
            var eigen = SymmetricEigen.Of(rankOne, n);
            Assert.Equal(Enumerable.Range(1, n).Sum(i => (double)i * i), eigen.Values[0], 1e-9);
            Assert.All(eigen.Values.Skip(1), v => Assert.Equal(0, v, 1e-9));
            AssertRebuilds(rankOne, n, eigen);
        }
    }

    [Fact]
    public void Of_ValuesAlone_AreThoseWithVectors()
    {
        for (int n = 1; n <= 25; n++)
        {
            double[] matrix = Symmetric(n, 1000UL + (ulong)n);
            Assert.Equal(SymmetricEigen.Of(matrix, n).Values, SymmetricEigen.Of(matrix, n, vectors: false).Values);
        }
    }

    private static double[] Symmetric(int n, ulong seed)
    {
        var random = new SeededRandom(seed);
        double[] matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                matrix[(i * n) + j] = matrix[(j * n) + i] = (2 * random.Uniform()) - 1;
            }
        }

        return matrix;
    }

    private static void AssertRebuilds(double[] matrix, int n, SymmetricEigen eigen)
    {
        double scale = Math.Max(1, Math.Abs(eigen.Values[0]));
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                double inner = 0;
                for (int k = 0; k < n; k++)
                {
                    sum += eigen.Values[k] * eigen.Vector(k)[i] * eigen.Vector(k)[j];
                    inner += eigen.Vector(i)[k] * eigen.Vector(j)[k];
                }

                Assert.Equal(matrix[(i * n) + j], sum, 1e-11 * scale);
                Assert.Equal(i == j ? 1 : 0, inner, 1e-11);
            }
        }
    }
}
