using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Softmax of a row of similarities: 16 lanes in float, plain loops otherwise. What does not count is negative infinity; NaN is never lost.</summary>
internal static unsafe class RowMath
{
    /// <summary>The row becomes softmax(scale x), and ln of the sum of e^(scale x) comes back. A row of which nothing counts becomes 0 and gives negative infinity.</summary>
    /// <param name="row">In float a multiple of 16 long.</param>
    /// <param name="scale">Above 0.</param>
    public static double Softmax<T>(Span<T> row, double scale) where T : unmanaged, IFloatingPointIeee754<T> =>
        typeof(T) == typeof(float) ? SoftmaxOfFloats(MemoryMarshal.Cast<T, float>(row), (float)scale) : SoftmaxPlainly(row, T.CreateChecked(scale));

    /// <summary>Every value times a factor.</summary>
    public static void Multiply<T>(Span<T> row, double factor) where T : unmanaged, IFloatingPointIeee754<T> =>
        System.Numerics.Tensors.TensorPrimitives.Multiply(row, T.CreateChecked(factor), row);

    /// <summary>Sum of weight times value over the weights that are not 0: a value that does not count is infinite and has weight 0.</summary>
    public static double WeightedSum<T>(ReadOnlySpan<T> weights, ReadOnlySpan<T> values) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int j = 0; j < weights.Length; j++)
        {
            if (!T.IsZero(weights[j]))
            {
                sum += double.CreateChecked(weights[j]) * double.CreateChecked(values[j]);
            }
        }

        return sum;
    }

    /// <summary>ln(1 + e^x) without overflow.</summary>
    public static double SoftPlus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    /// <summary>1 / (1 + e^-x) without overflow.</summary>
    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    private static double SoftmaxPlainly<T>(Span<T> row, T scale) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T max = T.NegativeInfinity;
        foreach (T x in row)
        {
            max = T.Max(max, x);
        }

        if (T.IsNegativeInfinity(max))
        {
            row.Clear();
            return double.NegativeInfinity;
        }

        T sum = T.Zero;
        foreach (ref T x in row)
        {
            x = T.Exp((x - max) * scale);
            sum += x;
        }

        foreach (ref T x in row)
        {
            x /= sum;
        }

        return double.CreateChecked(T.Log(sum) + (max * scale));
    }

    // AggressiveOptimization: a vector loop that would else run unoptimised for its first second.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SoftmaxOfFloats(Span<float> row, float scale)
    {
        fixed (float* r = row)
        {
            var largest = Vector512.Create(float.NegativeInfinity);
            for (int j = 0; j < row.Length; j += Lanes.Count)
            {
                largest = Vector512.Max(largest, Vector512.Load(r + j));
            }

            float max = Lanes.Max(largest);
            if (float.IsNegativeInfinity(max))
            {
                row.Clear();
                return double.NegativeInfinity;
            }

            var sum = Vector512<float>.Zero;
            for (int j = 0; j < row.Length; j += Lanes.Count)
            {
                var e = Lanes.ExpOfNegative((Vector512.Load(r + j) - Vector512.Create(max)) * scale);
                e.Store(r + j);
                sum += e;
            }

            float total = Lanes.Sum(sum);
            float normaliser = 1 / total;
            for (int j = 0; j < row.Length; j += Lanes.Count)
            {
                (Vector512.Load(r + j) * normaliser).Store(r + j);
            }

            return Math.Log(total) + ((double)max * scale);
        }
    }
}
