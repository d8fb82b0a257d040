using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Training.Optimization;

public unsafe class RowOptimizerTests
{
    private const int Rows = 3, D = 16, Steps = 40;

    public static TheoryData<string, bool> Exact => new()
    {
        { "sgd", true }, { "sgd-decay", true }, { "adagrad", true }, { "adagrad-decay", true }, { "adamw-dense", true }, { "adam-dense", true },
        { "adam", false },      // the lazy form: moments of untouched rows do not fade
        { "adamw", false },
    };

    private static OptimizerOptions Of(string name) => name switch
    {
        "sgd" => new() { Kind = OptimizerKind.Sgd },
        "sgd-decay" => new() { Kind = OptimizerKind.Sgd, WeightDecay = 0.2 },
        "adagrad" => new() { Kind = OptimizerKind.Adagrad },
        "adagrad-decay" => new() { Kind = OptimizerKind.Adagrad, WeightDecay = 0.2 },
        "adamw" => new() { Kind = OptimizerKind.AdamW, WeightDecay = 0.2 },
        "adamw-dense" => new() { Kind = OptimizerKind.AdamW, WeightDecay = 0.2, Dense = true },
        "adam-dense" => new() { Dense = true, Beta1 = 0.8 },
        _ => new() { Beta1 = 0.9 },
    };

    // Row 0 is touched in every step, row 1 in every seventh, row 2 in the first alone.
    private static bool Touched(int row, int step) => row == 0 || (row == 1 && step % 7 == 1) || step == 1;

    private static float[] GradientOf(int row, int step)
    {
        var random = new SeededRandom((ulong)((step * 10) + row));
        return [.. Enumerable.Range(0, D).Select(_ => random.Bell())];
    }

    private static double RateAt(int step) => 0.1 / (1 + (step % 5));

    private static float[] Start() => [.. Enumerable.Range(0, Rows * D).Select(i => MathF.Sin(i))];

    private static (float[] Weights, RowOptimizer Optimizer) Run(OptimizerOptions options)
    {
        float[] weights = Start();
        var optimizer = new RowOptimizer(options, weights, Rows, D, 7);
        for (int step = 1; step <= Steps; step++)
        {
            for (int row = 0; row < Rows && optimizer.CatchesUp; row++)
            {
                if (Touched(row, step))
                {
                    optimizer.CatchUp(row);
                }
            }

            optimizer.Begin(RateAt(step));
            for (int row = 0; row < Rows; row++)
            {
                if (Touched(row, step) || options.Dense)
                {
                    fixed (float* gradient = Touched(row, step) ? GradientOf(row, step) : new float[D])
                    {
                        optimizer.Update(row, gradient);
                    }
                }
            }
        }

        for (int row = 0; row < Rows && optimizer.CatchesUp; row++)
        {
            optimizer.CatchUp(row);
        }

        return (weights, optimizer);
    }

    // The papers' formulas in double, every row in every step; or only the touched ones' moments, as SparseAdam has it.
    private static double[] Oracle(OptimizerOptions o, bool dense)
    {
        double[] w = [.. Start().Select(v => (double)v)];
        double[] m = new double[w.Length], v = new double[w.Length];
        double epsilon = o.Epsilon ?? (o.Kind == OptimizerKind.Adagrad ? 1e-10 : 1e-8), decay = o.WeightDecay ?? 0;
        for (int step = 1; step <= Steps; step++)
        {
            double rate = RateAt(step);
            for (int i = 0; i < w.Length; i++)
            {
                bool touched = Touched(i / D, step);
                double g = touched ? GradientOf(i / D, step)[i % D] : 0;
                w[i] *= 1 - (rate * decay);
                if (!touched && !dense)
                {
                    continue;
                }

                switch (o.Kind)
                {
                    case OptimizerKind.Sgd:
                        m[i] = (o.Momentum * m[i]) + g;
                        w[i] -= rate * m[i];
                        break;
                    case OptimizerKind.Adagrad:
                        m[i] += g * g;
                        w[i] -= rate * g / (Math.Sqrt(m[i]) + epsilon);
                        break;
                    default:
                        m[i] = (o.Beta1 * m[i]) + ((1 - o.Beta1) * g);
                        v[i] = (o.Beta2 * v[i]) + ((1 - o.Beta2) * g * g);
                        w[i] -= rate * Math.Sqrt(1 - Math.Pow(o.Beta2, step)) / (1 - Math.Pow(o.Beta1, step)) * m[i] / (Math.Sqrt(v[i]) + epsilon);
                        break;
                }
            }
        }

        return w;
    }

    [Theory, MemberData(nameof(Exact))]
    public void Updates_OfTouchedRows_AreThePaperOverAllSteps(string name, bool dense)
    {
        double[] expected = Oracle(Of(name), dense);
        float[] weights = Run(Of(name)).Weights;
        for (int i = 0; i < weights.Length; i++)
        {
            Assert.Equal(expected[i], weights[i], 2e-5 * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    [Theory, InlineData("adam"), InlineData("adamw")]
    public void Updates_OfLazyAdam_DifferFromDenseInRowsThatAreSeldomTouched(string name)
    {
        double[] dense = Oracle(Of(name), dense: true), lazy = Oracle(Of(name), dense: false);
        Assert.Equal(dense[..D], lazy[..D]);
        Assert.True(Math.Abs(dense[2 * D] - lazy[2 * D]) > 0.01, "the moments of one touch would move the row on");
    }

    [Fact]
    public void State_InBFloat16_IsRightInTheMeanAndRepeatable()
    {
        const int Count = 4096;
        var state = new RowState(Count, Count, half: true, seed: 3);
        var again = new RowState(Count, Count, half: true, seed: 3);
        float[] values = [.. Enumerable.Repeat(1.0005f, Count)], read = new float[Count], twice = new float[Count];
        fixed (float* from = values, into = read, second = twice)
        {
            state.Write(0, from, 5);
            again.Write(0, from, 5);
            state.Read(0, into);
            again.Read(0, second);
        }

        Assert.Equal(read, twice);
        Assert.All(read, v => Assert.True(v is 1f or 1.0078125f));      // the neighbours that bfloat16 has
        Assert.Equal(1.0005, read.Average(v => (double)v), 2e-4);       // the nearest would be 1 for all
    }
}
