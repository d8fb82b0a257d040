using Nearfar.Evaluation.Geometry;

namespace Nearfar.Evaluation.Spaces;

/// <summary>Likeness of two sets of vectors of the same texts that a rotation and a scale do not change.</summary>
/// <param name="Procrustes">1 - (nuclear norm of X'Y)² for centred X and Y of Frobenius norm 1: Schönemann 1966 with a scale, as Gower 1975.</param>
/// <param name="Cka">norm(Y'X)² / (norm(X'X) norm(Y'Y)), centred: Kornblith et al. 2019, arXiv:1905.00414, eq. 3 and 4. The largest directions dominate it.</param>
/// <param name="DebiasedCka">The same with the unbiased HSIC of Song et al. 2012, JMLR 13, eq. 5.</param>
internal sealed record SpaceAlignment(double? Procrustes, double? Cka, double? DebiasedCka)
{
    /// <param name="x">Rows [N][D1].</param>
    /// <param name="y">Rows [N][D2] of the same texts; changed to centred ones, as <paramref name="x"/>.</param>
    public static SpaceAlignment Of(double[][] x, double[][] y)
    {
        DoubleRows.Centre(x);
        DoubleRows.Centre(y);
        // Gram matrices serve any number of dimensions: norm(Y'X)² is the inner product of XX' and YY'.
        double[] k = DoubleRows.Gram(x);
        double[] l = DoubleRows.Gram(y);
        int n = x.Length;
        double traceX = Trace(k, n);
        double traceY = Trace(l, n);
        if (traceX < 1e-9 * n || traceY < 1e-9 * n)       // a single point but for rounding
        {
            return new(null, null, null);
        }

        double cka = DoubleRows.Dot(k, l) / Math.Sqrt(DoubleRows.Dot(k, k) * DoubleRows.Dot(l, l));
        double own = Unbiased(k, k, n) * Unbiased(l, l, n);
        double? debiased = own > 0 ? Unbiased(k, l, n) / Math.Sqrt(own) : null;
        double nuclear = NuclearNorm(x, y) / Math.Sqrt(traceX * traceY);
        return new(Math.Clamp(1 - (nuclear * nuclear), 0, 1), cka, debiased);
    }

    private static double Trace(double[] gram, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += gram[(i * n) + i];
        }

        return sum;
    }

    /// <summary>(tr KL + sums(K) sums(L) / ((n-1)(n-2)) - 2/(n-2) rowsums(K).rowsums(L)) / (n (n-3)), diagonals left out; n above 3.</summary>
    private static double Unbiased(double[] k, double[] l, int n)
    {
        double[] rowsK = new double[n];
        double[] rowsL = new double[n];
        double product = 0;
        for (int i = 0; i < n; i++)
        {
            var a = k.AsSpan(i * n, n);
            var b = l.AsSpan(i * n, n);
            for (int j = 0; j < n; j++)
            {
                if (j != i)
                {
                    rowsK[i] += a[j];
                    rowsL[i] += b[j];
                    product += a[j] * b[j];
                }
            }
        }

        double all = rowsK.Sum() * rowsL.Sum() / ((n - 1.0) * (n - 2.0));
        return (product + all - (2 / (n - 2.0) * DoubleRows.Dot(rowsK, rowsL))) / (n * (n - 3.0));
    }

    // Singular values of M = X'Y are the roots of the eigenvalues of the smaller of M'M and MM'.
    private static double NuclearNorm(double[][] x, double[][] y)
    {
        var (a, b) = x[0].Length <= y[0].Length ? (x, y) : (y, x);
        int d = a[0].Length;
        double[][] cross = [.. Enumerable.Range(0, d).Select(_ => new double[b[0].Length])];
        Parallel.For(0, d, i =>
        {
            for (int r = 0; r < a.Length; r++)
            {
                DoubleRows.AddScaled(cross[i], a[r][i], b[r]);
            }
        });
        return SymmetricEigen.Of(DoubleRows.Gram(cross), d, vectors: false).Values.Sum(v => Math.Sqrt(Math.Max(0, v)));
    }
}
