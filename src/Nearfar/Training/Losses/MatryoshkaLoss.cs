using System.Numerics;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Another loss at several widths of the same rows at once, so that the first values of a vector are a vector of their own.</summary>
/// <remarks>
/// Kusupati et al. 2022, arXiv:2205.13147, eq. 1: the weighted sum of the inner loss on the rows cut to their first d values and normalised again. The cut
/// copies nothing where the inner loss reads directions alone. Differs: the full width is left as it is, so that it alone is the inner loss; 0 for an
/// empty batch. As thread-safe as the inner loss.
/// </remarks>
internal sealed class MatryoshkaLoss : ILoss
{
    private readonly ILoss _inner;
    private readonly (int Dimensions, double Weight)[] _cuts;       // widest first
    private readonly int _perStep;

    /// <param name="inner">The loss at every width.</param>
    /// <param name="dimensions">Widths, each once; the widest is the encoder's.</param>
    /// <param name="weights">Of each width, above 0; empty: 1 each.</param>
    /// <param name="perStep">How many widths a step works on, drawn by seed and step; 0: all.</param>
    public MatryoshkaLoss(ILoss inner, IReadOnlyList<int> dimensions, IReadOnlyList<double> weights, int perStep = 0)
    {
        if (inner.State.Count > 0)
        {
            throw new ArgumentException("A loss that keeps past vectors cannot be cut: it would keep cuts of them. Leave matryoshka out.", nameof(inner));
        }

        _inner = inner;
        _perStep = perStep == 0 ? dimensions.Count : Math.Min(perStep, dimensions.Count);
        _cuts = [.. dimensions.Select((d, i) => (d, weights.Count == 0 ? 1 : weights[i])).OrderByDescending(cut => cut.d)];
    }

    public LossNeeds Needs => _inner.Needs;

    public IReadOnlyList<LossParameter> Parameters => _inner.Parameters;

    public bool NormalisesRows => _inner.NormalisesRows;

    public void Prepare(int dimensions, int guideDimensions, ulong seed)
    {
        ThrowUnlessFull(dimensions);
        _inner.Prepare(dimensions, guideDimensions, seed);
    }

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessColumns(batch, gradients, 1, int.MaxValue);
        int full = batch.Columns[0].Dimensions;
        ThrowUnlessFull(full);
        var scratch = gradients.Select(g => Rows.Allocate<T>(g.Count, full)).ToArray();
        double[][] slopes = [.. Parameters.Select(p => new double[p.Gradient.Length])];
        ForEachRow(gradients, step.Threads, (c, i) => gradients[c][i].Clear());
        double value = 0;
        foreach (int chosen in Chosen(step))
        {
            var (dimensions, weight) = _cuts[chosen];
            bool renormalised = dimensions < full && !_inner.NormalisesRows;
            var columns = batch.Columns.Select(c => renormalised ? Unit(c.Cut(dimensions)) : c.Cut(dimensions)).ToArray();
            var cut = scratch.Select(g => g.Cut(dimensions)).ToArray();
            value += weight * _inner.Evaluate(batch with { Columns = columns, Guide = CutGuide(batch.Guide, dimensions, full) }, cut, step).Value;
            T factor = T.CreateChecked(weight);
            ForEachRow(gradients, step.Threads, (c, i) => Add(gradients[c][i][..dimensions], cut[c][i], columns[c][i], renormalised ? batch.Columns[c][i][..dimensions] : default, factor));
            Sum(slopes, weight);
        }

        for (int p = 0; p < slopes.Length; p++)
        {
            slopes[p].CopyTo(Parameters[p].Gradient, 0);
        }

        return new LossValue(value, batch.Pairs);
    }

    private void ThrowUnlessFull(int dimensions)
    {
        if (_cuts[0].Dimensions != dimensions)
        {
            throw new ShapeException($"matryoshka is {string.Join(", ", _cuts.Select(c => c.Dimensions))}; its widest must be the encoder's {dimensions} dimensions.");
        }
    }

    private IEnumerable<int> Chosen(StepInfo step)
    {
        int[] order = [.. Enumerable.Range(0, _cuts.Length)];
        if (_perStep == order.Length)
        {
            return order;
        }

        SeededRandom.For(step.Seed, step.Step, "matryoshka").Shuffle(order);
        return order[.._perStep].Order();
    }

    // A teacher that is copied value by value is cut as the rows are; a guide, or a teacher behind a projection, stays whole.
    private IReadOnlyList<Rows<T>> CutGuide<T>(IReadOnlyList<Rows<T>> guide, int dimensions, int full) where T : unmanaged, IFloatingPointIeee754<T> =>
        dimensions == full || _inner is not TeacherVectorLoss { ComparesInPlace: true } ? guide
            : [.. guide.Select(g => g.Dimensions == full ? Unit(g.Cut(dimensions)) : g)];

    private static Rows<T> Unit<T>(Rows<T> rows) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var unit = Rows.Allocate<T>(rows.Count, rows.Dimensions);
        for (int i = 0; i < rows.Count; i++)
        {
            RowKernels.AddScaled(unit[i], rows[i], RowKernels.InverseLength<T>(rows[i]));
        }

        return unit;
    }

    // Through the normalisation where there was one: (g - e (e.g)) / |x|.
    private static void Add<T>(Span<T> into, ReadOnlySpan<T> gradient, ReadOnlySpan<T> unit, ReadOnlySpan<T> raw, T weight) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (raw.IsEmpty)
        {
            RowKernels.AddScaled(into, gradient, weight);
        }
        else
        {
            RowKernels.AddDifference(into, gradient, T.One, unit, RowKernels.Dot(unit, gradient), weight * RowKernels.InverseLength(raw));
        }
    }

    private void Sum(double[][] slopes, double weight)
    {
        for (int p = 0; p < slopes.Length; p++)
        {
            for (int k = 0; k < slopes[p].Length; k++)
            {
                slopes[p][k] += weight * Parameters[p].Gradient[k];
            }
        }
    }

    private static void ForEachRow<T>(IReadOnlyList<Rows<T>> gradients, int threads, Action<int, int> body) where T : unmanaged
    {
        int rows = gradients[0].Count, blocks = Blocks.Of(rows);
        Blocks.Run(blocks * gradients.Count, threads, (block, _) =>
        {
            for (int i = block % blocks * Blocks.Rows; i < Math.Min(((block % blocks) + 1) * Blocks.Rows, rows); i++)
            {
                body(block / blocks, i);
            }
        });
    }
}
