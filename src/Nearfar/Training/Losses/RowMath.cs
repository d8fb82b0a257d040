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
        if (typeof(T) == typeof(float))
        {
            return WeightedSumOfFloats(MemoryMarshal.Cast<T, float>(weights), MemoryMarshal.Cast<T, float>(values));
        }

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

    /// <summary>Places that are not negative infinity.</summary>
    public static int CountThatCount<T>(ReadOnlySpan<T> row) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = 0, j = 0;
        ref T first = ref MemoryMarshal.GetReference(row);
        for (; j + Vector512<T>.Count <= row.Length; j += Vector512<T>.Count)
        {
            n += Vector512<T>.Count - BitOperations.PopCount(Vector512.Equals(Vector512.LoadUnsafe(ref first, (nuint)j), Vector512.Create(T.NegativeInfinity)).ExtractMostSignificantBits());
        }

        for (; j < row.Length; j++)
        {
            n += T.IsNegativeInfinity(row[j]) ? 0 : 1;
        }

        return n;
    }

    /// <summary>row += other * factor.</summary>
    public static void AddScaled<T>(Span<T> row, ReadOnlySpan<T> other, double factor) where T : unmanaged, IFloatingPointIeee754<T> =>
        System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(other, T.CreateChecked(factor), row, row);

    /// <summary>Makes every value negative infinity whose judge is above the limit, and NaN whose judge is NaN.</summary>
    public static void LeaveOutAbove<T>(Span<T> row, ReadOnlySpan<T> judges, T limit) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref T x = ref MemoryMarshal.GetReference(row), g = ref MemoryMarshal.GetReference(judges[..row.Length]);
        int j = 0;
        for (; j + Vector512<T>.Count <= row.Length; j += Vector512<T>.Count)
        {
            var judge = Vector512.LoadUnsafe(ref g, (nuint)j);
            var kept = Vector512.ConditionalSelect(Vector512.GreaterThan(judge, Vector512.Create(limit)), Vector512.Create(T.NegativeInfinity), Vector512.LoadUnsafe(ref x, (nuint)j));
            Vector512.ConditionalSelect(Vector512.Equals(judge, judge), kept, judge).StoreUnsafe(ref x, (nuint)j);
        }

        for (; j < row.Length; j++)
        {
            row[j] = T.IsNaN(judges[j]) ? judges[j] : judges[j] > limit ? T.NegativeInfinity : row[j];
        }
    }

    /// <summary>Logistic losses of similarities that are all negatives: each becomes sigmoid(scale x + bias) * factor; those that are negative infinity become 0.</summary>
    /// <returns>Sums of ln(1 + e^z), of sigmoid(z) and of sigmoid(z) x.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (double SoftPlus, double Sigmoid, double Weighted) Sigmoids(Span<float> row, float scale, float bias, float factor)
    {
        int whole = row.Length / Lanes.Count * Lanes.Count;
        float* rest = stackalloc float[Lanes.Count];
        var last = new Span<float>(rest, Lanes.Count);
        last.Fill(float.NegativeInfinity);
        row[whole..].CopyTo(last);
        var sums = new LogisticSums();
        fixed (float* r = row)
        {
            for (int j = 0; j < whole; j += Lanes.Count)
            {
                sums.Turn(r + j, scale, bias, factor);
            }
        }

        if (whole < row.Length)
        {
            sums.Turn(rest, scale, bias, factor);
            last[..(row.Length - whole)].CopyTo(row[whole..]);
        }

        return sums.Total();
    }

    // Of ln(1 + t) the product of 1 + t is kept, in double: 512 factors of at most 2 do not overflow, and one logarithm ends them.
    private struct LogisticSums()
    {
        private Vector512<double> _positive, _sigmoid, _weighted, _low = Vector512<double>.One, _high = Vector512<double>.One;
        private double _logarithms;
        private int _factors;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Turn(float* at, float scale, float bias, float factor)
        {
            var x = Vector512.Load(at);
            var z = Vector512.FusedMultiplyAdd(x, Vector512.Create(scale), Vector512.Create(bias));
            var t = Lanes.ExpOfNegative(-Vector512.Abs(z));
            var sigmoid = Vector512.ConditionalSelect(Vector512.LessThan(z, Vector512<float>.Zero), t, Vector512<float>.One) / (t + Vector512<float>.One);
            (sigmoid * factor).Store(at);
            var counted = Vector512.ConditionalSelect(Vector512.Equals(x, Vector512.Create(float.NegativeInfinity)), Vector512<float>.Zero, x);
            var positive = Vector512.ConditionalSelect(Vector512.LessThan(z, Vector512<float>.Zero), Vector512<float>.Zero, z);
            _positive += Both(positive);
            _sigmoid += Both(sigmoid);
            _weighted += Both(sigmoid * counted);
            var (low, high) = Vector512.Widen(t);
            _low *= low + Vector512<double>.One;
            _high *= high + Vector512<double>.One;
            if (++_factors == 512)
            {
                Log();
            }
        }

        public (double SoftPlus, double Sigmoid, double Weighted) Total()
        {
            Log();
            return (_logarithms + Sum(_positive), Sum(_sigmoid), Sum(_weighted));
        }

        private static Vector512<double> Both(Vector512<float> v)
        {
            var (low, high) = Vector512.Widen(v);
            return low + high;
        }

        private void Log()
        {
            for (int lane = 0; lane < Vector512<double>.Count; lane++)
            {
                _logarithms += Math.Log(_low[lane]) + Math.Log(_high[lane]);
            }

            (_low, _high, _factors) = (Vector512<double>.One, Vector512<double>.One, 0);
        }
    }

    // Lanes in their order: the same bits on every machine.
    private static double Sum(Vector512<double> v)
    {
        double sum = 0;
        for (int lane = 0; lane < Vector512<double>.Count; lane++)
        {
            sum += v[lane];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double WeightedSumOfFloats(ReadOnlySpan<float> weights, ReadOnlySpan<float> values)
    {
        ref float w = ref MemoryMarshal.GetReference(weights), x = ref MemoryMarshal.GetReference(values[..weights.Length]);
        var sums = Vector512<double>.Zero;
        int j = 0;
        for (; j + Lanes.Count <= weights.Length; j += Lanes.Count)
        {
            var weight = Vector512.LoadUnsafe(ref w, (nuint)j);
            var value = Vector512.ConditionalSelect(Vector512.Equals(weight, Vector512<float>.Zero), Vector512<float>.Zero, Vector512.LoadUnsafe(ref x, (nuint)j));
            var (lowWeight, highWeight) = Vector512.Widen(weight);
            var (low, high) = Vector512.Widen(value);
            sums += (lowWeight * low) + (highWeight * high);
        }

        double sum = Sum(sums);
        for (; j < weights.Length; j++)
        {
            sum += weights[j] == 0 ? 0 : (double)weights[j] * values[j];
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
