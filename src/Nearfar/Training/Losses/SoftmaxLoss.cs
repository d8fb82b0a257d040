using System.Numerics;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>A learned classifier tells each row's class from (u, v, |u - v|), the raw vectors of its two texts.</summary>
/// <remarks>
/// Reimers and Gurevych 2019, arXiv:1908.10084, section 3, "classification objective": cross-entropy, mean over the rows, in nats. The target is the
/// class, 0 to K - 1. ln(K) for a classifier of zeros; 0 for an empty batch. A narrower row (a Matryoshka cut) meets the first values of each part of the weights.
/// Not thread-safe.
/// </remarks>
internal sealed class SoftmaxLoss : ILoss
{
    private const int Parts = 3;
    private readonly int _classes;
    private LossParameter[] _parameters = [];
    private int _width;

    /// <param name="classes">K, at least 2.</param>
    public SoftmaxLoss(int classes) => _classes = classes;

    public LossNeeds Needs => LossNeeds.Targets;

    public IReadOnlyList<LossParameter> Parameters => _parameters;

    // Weights [K, 3, D] uniform within 1 / sqrt(3 D), then a bias for each class.
    public void Prepare(int dimensions, int guideDimensions, ulong seed)
    {
        _width = dimensions;
        var random = SeededRandom.For(seed, 0, "classifier");
        double bound = 1 / Math.Sqrt(Parts * dimensions);
        double[] weights = new double[_classes * Parts * dimensions];
        for (int k = 0; k < weights.Length; k++)
        {
            weights[k] = ((2 * random.Uniform()) - 1) * bound;
        }

        _parameters = [New("classifier.weight", weights), New("classifier.bias", new double[_classes])];

        static LossParameter New(string name, double[] values) => new(name, values, new double[values.Length], double.NegativeInfinity, double.PositiveInfinity, 1);
    }

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessColumns(batch, gradients, 2, 2);
        int d = batch.Columns[0].Dimensions, pairs = batch.Pairs;
        ShapeException.Require(_parameters.Length > 0 && d <= _width, $"The classifier was made for rows of {_width}; these have {d}. Prepare the loss with the encoder's width.");
        int[] classes = Classes(batch.Side, pairs);
        T[] weights = [.. _parameters[0].Value.Select(T.CreateChecked)];
        double[] errors = new double[pairs * _classes];
        double[] losses = new double[pairs];
        Blocks.Run(Blocks.Of(pairs), step.Threads, (block, _) =>
        {
            T[] part = new T[d];
            for (int i = block * Blocks.Rows; i < Math.Min((block + 1) * Blocks.Rows, pairs); i++)
            {
                losses[i] = Row(batch, gradients, i, classes[i], weights, errors.AsSpan(i * _classes, _classes), part);
            }
        });
        Blocks.Run(_classes, step.Threads, (k, _) => Weigh(batch, errors, k));
        return new LossValue(losses.Sum() / Math.Max(1, pairs), pairs);
    }

    private int[] Classes(RowSide side, int pairs)
    {
        ShapeException.Require(side.Targets.Length == pairs, $"Wanted {pairs} targets, the class of each row; got {side.Targets.Length}.");
        int[] classes = new int[pairs];
        for (int i = 0; i < pairs; i++)
        {
            double target = side.Targets.Span[i];
            ShapeException.Require(target >= 0 && target < _classes && target == Math.Floor(target),
                FormattableString.Invariant($"Target {target} is no class: wanted a whole number from 0 to {_classes - 1}. Set the loss's option classes, or the grades."));
            classes[i] = (int)target;
        }

        return classes;
    }

    // Cross-entropy of one row; the gradient of its vectors; (p - y) / B into errors.
    private double Row<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, int i, int target, T[] weights, Span<double> errors, T[] difference)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> u = batch.Columns[0][i], v = batch.Columns[1][i], gradientU = gradients[0][i], gradientV = gradients[1][i];
        int d = u.Length;
        for (int k = 0; k < d; k++)
        {
            difference[k] = T.Abs(u[k] - v[k]);
        }

        double max = double.NegativeInfinity;
        for (int c = 0; c < _classes; c++)
        {
            errors[c] = _parameters[1].Value[c] + double.CreateChecked(
                RowKernels.Dot<T>(u, Weight(weights, c, 0, d)) + RowKernels.Dot<T>(v, Weight(weights, c, 1, d)) + RowKernels.Dot<T>(difference, Weight(weights, c, 2, d)));
            max = Math.Max(max, errors[c]);
        }

        double sum = 0, own = errors[target];
        for (int c = 0; c < _classes; c++)
        {
            errors[c] = Math.Exp(errors[c] - max);
            sum += errors[c];
        }

        gradientU.Clear();
        gradientV.Clear();
        Span<T> byDifference = difference;
        byDifference.Clear();
        for (int c = 0; c < _classes; c++)
        {
            errors[c] = ((errors[c] / sum) - (c == target ? 1 : 0)) / batch.Pairs;
            T error = T.CreateChecked(errors[c]);
            RowKernels.AddScaled(gradientU, Weight(weights, c, 0, d), error);
            RowKernels.AddScaled(gradientV, Weight(weights, c, 1, d), error);
            RowKernels.AddScaled(byDifference, Weight(weights, c, 2, d), error);
        }

        for (int k = 0; k < d; k++)
        {
            T change = u[k] == v[k] ? T.Zero : u[k] > v[k] ? byDifference[k] : -byDifference[k];
            gradientU[k] += change;
            gradientV[k] -= change;
        }

        return max + Math.Log(sum) - own;
    }

    private ReadOnlySpan<T> Weight<T>(T[] weights, int c, int part, int d) => weights.AsSpan(((c * Parts) + part) * _width, d);

    // The gradient of one class's weights, over the rows in order.
    private void Weigh<T>(LossBatch<T> batch, double[] errors, int c) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var weights = _parameters[0].Gradient.AsSpan(c * Parts * _width, Parts * _width);
        weights.Clear();
        double bias = 0;
        for (int i = 0; i < batch.Pairs; i++)
        {
            ReadOnlySpan<T> u = batch.Columns[0][i], v = batch.Columns[1][i];
            double error = errors[(i * _classes) + c];
            bias += error;
            for (int k = 0; k < u.Length; k++)
            {
                double x = double.CreateChecked(u[k]), y = double.CreateChecked(v[k]);
                weights[k] += error * x;
                weights[_width + k] += error * y;
                weights[(2 * _width) + k] += error * Math.Abs(x - y);
            }
        }

        _parameters[1].Gradient[c] = bias;
    }
}
