using System.Numerics;
using System.Runtime.CompilerServices;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Global orthogonal regularisation: the texts of a column lie as random directions would, cosines of mean 0 and of mean square 1 / D.</summary>
/// <remarks>
/// Zhang et al. 2017, arXiv:1708.06320, eq. 5 to 7. With M1 the mean cosine and M2 the mean squared cosine of different rows of a column:
/// mean_weight M1² + second_moment_weight relu(M2 - 1 / D), mean over the columns. Both moments come from sums over rows (|sum u|², |UᵀU|²), so the cost
/// grows with B, not B². A column with fewer than two rows that are there is left out; none left: 0.
/// </remarks>
internal sealed class OrthogonalLoss(double meanWeight, double secondMomentWeight) : ILoss
{
    public LossNeeds Needs => LossNeeds.None;

    public bool NormalisesRows => true;

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessColumns(batch, gradients, 1, int.MaxValue);
        foreach (var gradient in gradients)
        {
            for (int i = 0; i < gradient.Count; i++)
            {
                gradient[i].Clear();
            }
        }

        return new LossValue(AddTo(batch, gradients, 1, step.Threads), batch.Pairs);
    }

    /// <summary>The loss times a weight; its derivative is added to the gradients.</summary>
    public double AddTo<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, double weight, int threads) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var absent = new HashSet<int>(batch.Side.AbsentDocuments.ToArray());
        int[][] present = [.. Enumerable.Range(0, batch.Columns.Count).Select(c => Enumerable.Range(0, batch.Pairs).Where(i => c < 2 || !absent.Contains(((c - 1) * batch.Pairs) + i)).ToArray())];
        int counted = present.Count(rows => rows.Length > 1);
        double loss = 0;
        for (int c = 0; c < present.Length; c++)
        {
            if (present[c].Length > 1)
            {
                loss += Column(batch.Columns[c], present[c], gradients[c], weight / counted, threads);
            }
        }

        return loss;
    }

    private double Column<T>(Rows<T> column, int[] present, Rows<T> gradient, double weight, int threads) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = present.Length, d = column.Dimensions;
        var rows = Rows.Allocate<T>(n, d);
        for (int i = 0; i < n; i++)
        {
            column[present[i]].CopyTo(rows[i]);
        }

        var unit = PlainRows.Unit(rows);
        double pairs = (double)n * (n - 1);
        double[] sum = new double[d], squares = new double[n];
        double ones = 0, twos = 0;
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < d; k++)
            {
                sum[k] += double.CreateChecked(unit.Rows[(i * d) + k]);
            }

            squares[i] = double.CreateChecked(PlainRows.Dot(unit.Rows, i * d, unit.Rows, i * d, d));       // 1, or 0 for a zero row
            (ones, twos) = (ones + squares[i], twos + (squares[i] * squares[i]));
        }

        T[] gram = Gram(unit.Rows, n, d, threads);
        double first = (sum.Sum(s => s * s) - ones) / pairs;
        double second = (gram.Sum(g => double.CreateChecked(g) * double.CreateChecked(g)) - twos) / pairs;
        double excess = double.IsNaN(second) ? second : Math.Max(second - (1.0 / d), 0);
        double byFirst = 4 * meanWeight * weight * first / pairs, bySecond = excess > 0 ? 4 * secondMomentWeight * weight / pairs : 0;
        T[] derivative = TimesGram(unit.Rows, gram, n, d, threads);
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < d; k++)
            {
                double u = double.CreateChecked(unit.Rows[(i * d) + k]);
                derivative[(i * d) + k] = T.CreateChecked((byFirst * (sum[k] - u)) + (bySecond * (double.CreateChecked(derivative[(i * d) + k]) - (squares[i] * u))));
            }
        }

        PlainRows.ThroughNormalisation(unit, derivative, rows);
        for (int i = 0; i < n; i++)
        {
            System.Numerics.Tensors.TensorPrimitives.Add<T>(gradient[present[i]], rows[i], gradient[present[i]]);
        }

        return weight * ((meanWeight * first * first) + (secondMomentWeight * excess));
    }

    // UᵀU [D, D].
    private static T[] Gram<T>(T[] units, int n, int d, int threads) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] gram = new T[d * d];
        if (typeof(T) == typeof(float))
        {
            float[] u = Unsafe.As<T[], float[]>(ref units), into = Unsafe.As<T[], float[]>(ref gram);
            float[] packed = new float[MatrixKernels.PackedLength(d, n)];
            MatrixKernels.Pack(u, n, d, d, packed);
            Blocks.Run(Blocks.Of(d), threads, (block, _) =>
            {
                int first = block * Blocks.Rows;
                MatrixKernels.Multiply(u.AsSpan(first), Math.Min(Blocks.Rows, d - first), n, d, packed, d, into.AsSpan(first * d), d, transposeA: true);
            });
            return gram;
        }

        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < d; k++)
            {
                PlainRows.AddScaled(gram, k * d, units, i * d, units[(i * d) + k], d);
            }
        }

        return gram;
    }

    // U UᵀU [n, D].
    private static T[] TimesGram<T>(T[] units, T[] gram, int n, int d, int threads) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] product = new T[n * d];
        if (typeof(T) == typeof(float))
        {
            float[] u = Unsafe.As<T[], float[]>(ref units), into = Unsafe.As<T[], float[]>(ref product);
            float[] packed = new float[MatrixKernels.PackedLength(d, d)];
            MatrixKernels.Pack(Unsafe.As<T[], float[]>(ref gram), d, d, d, packed);
            Blocks.Run(Blocks.Of(n), threads, (block, _) =>
            {
                int first = block * Blocks.Rows;
                MatrixKernels.Multiply(u.AsSpan(first * d), Math.Min(Blocks.Rows, n - first), d, d, packed, d, into.AsSpan(first * d), d);
            });
            return product;
        }

        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < d; k++)
            {
                PlainRows.AddScaled(product, i * d, gram, k * d, units[(i * d) + k], d);
            }
        }

        return product;
    }
}
