using System.Runtime.Intrinsics;

namespace Nearfar.Evaluation.Geometry;

/// <summary>Sums over rows of doubles whose order is fixed: four partial sums, no fused multiply-add, so the same bits on every processor.</summary>
internal static class DoubleRows
{
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sums = Vector256<double>.Zero;
        int i = 0;
        for (; i + 4 <= a.Length; i += 4)
        {
            sums += Vector256.Create(a[i..]) * Vector256.Create(b[i..]);
        }

        double sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>into += factor * row.</summary>
    public static void AddScaled(Span<double> into, double factor, ReadOnlySpan<double> row)
    {
        var factors = Vector256.Create(factor);
        int i = 0;
        for (; i + 4 <= into.Length; i += 4)
        {
            (Vector256.Create(into[i..]) + (factors * Vector256.Create(row[i..]))).CopyTo(into[i..]);
        }

        for (; i < into.Length; i++)
        {
            into[i] += factor * row[i];
        }
    }

    /// <summary>(a, b) := (c a - s b, s a + c b).</summary>
    public static void Rotate(Span<double> a, Span<double> b, double c, double s)
    {
        var (cosine, sine) = (Vector256.Create(c), Vector256.Create(s));
        int i = 0;
        for (; i + 4 <= a.Length; i += 4)
        {
            var (x, y) = (Vector256.Create<double>(a[i..]), Vector256.Create<double>(b[i..]));
            ((cosine * x) - (sine * y)).CopyTo(a[i..]);
            ((sine * x) + (cosine * y)).CopyTo(b[i..]);
        }

        for (; i < a.Length; i++)
        {
            (a[i], b[i]) = ((c * a[i]) - (s * b[i]), (s * a[i]) + (c * b[i]));
        }
    }

    /// <summary>Float rows as doubles [N][D].</summary>
    public static double[][] Of(IReadOnlyList<float[]> rows) => [.. rows.Select(r => Array.ConvertAll(r, v => (double)v))];

    /// <summary>The mean row [D] is taken away from every row; returned.</summary>
    public static double[] Centre(double[][] rows)
    {
        double[] mean = new double[rows[0].Length];
        foreach (double[] row in rows)
        {
            AddScaled(mean, 1.0 / rows.Length, row);
        }

        foreach (double[] row in rows)
        {
            AddScaled(row, -1, mean);
        }

        return mean;
    }

    /// <summary>X'X of rows [N][D], as D x D row-major.</summary>
    public static double[] SecondMoments(double[][] rows)
    {
        int d = rows[0].Length;
        double[] moments = new double[d * d];
        Parallel.For(0, d, i =>
        {
            var into = moments.AsSpan(i * d, d);
            foreach (double[] row in rows)
            {
                AddScaled(into, row[i], row);
            }
        });
        return moments;
    }

    /// <summary>XX' of rows [N][D], as N x N row-major.</summary>
    public static double[] Gram(double[][] rows)
    {
        int n = rows.Length;
        double[] gram = new double[n * n];
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < n; j++)
            {
                gram[(i * n) + j] = Dot(rows[i], rows[j]);
            }
        });
        return gram;
    }
}
