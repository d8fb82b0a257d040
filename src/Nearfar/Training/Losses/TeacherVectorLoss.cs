using System.Numerics;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Every row of every column ought to be its teacher's vector, or become it by a learned linear map.</summary>
/// <remarks>
/// Kim et al. 2023, arXiv:2301.12005, section 4.1 (embedding matching, with a projection where the widths differ); mean squared error to a teacher:
/// Reimers and Gurevych 2020, arXiv:2004.09813, eq. 1. 0 where every row is its teacher's; 0 for an empty batch. Not thread-safe with a projection.
/// </remarks>
internal sealed class TeacherVectorLoss(TeacherDistance distance, bool projects) : ILoss
{
    private readonly IPairMeasure _measure = distance == TeacherDistance.Cosine ? new CosineMeasure(distance: true) : new EuclideanMeasure(0);
    private LossParameter[] _parameters = [];
    private int _width, _teacherWidth;

    public LossNeeds Needs => LossNeeds.Guide;

    public IReadOnlyList<LossParameter> Parameters => _parameters;

    /// <inheritdoc />
    public bool NormalisesRows => distance == TeacherDistance.Cosine;

    /// <summary>Whether a cut of the rows asks for the same cut of the teacher.</summary>
    public bool ComparesInPlace => !projects;

    // The map [D_teacher, D]: bell-shaped with deviation 1 / sqrt(D), so that lengths keep their size.
    public void Prepare(int dimensions, int guideDimensions, ulong seed)
    {
        if (!projects)
        {
            return;
        }

        if (guideDimensions < 1)
        {
            throw new ArgumentException("A learned projection wants the width of the teacher's vectors; there is no teacher. Name one, or leave projection out.");
        }

        (_width, _teacherWidth) = (dimensions, guideDimensions);
        var random = SeededRandom.For(seed, 0, "projection");
        double[] map = new double[checked(dimensions * guideDimensions)];
        for (int k = 0; k < map.Length; k++)
        {
            map[k] = random.Bell() / Math.Sqrt(dimensions);
        }

        _parameters = [new LossParameter("projection", map, new double[map.Length], double.NegativeInfinity, double.PositiveInfinity, 1)];
    }

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessColumns(batch, gradients, 1, int.MaxValue);
        ThrowUnlessTaught(batch);
        int pairs = batch.Pairs, rows = pairs * batch.Columns.Count;
        bool[] absent = new bool[rows];
        foreach (int document in batch.Side.AbsentDocuments.Span)
        {
            absent[pairs + document] = true;
        }

        int count = absent.Count(a => !a);
        double share = count == 0 ? 0 : 1.0 / count / (distance == TeacherDistance.Mse ? batch.Guide[0].Dimensions : 1);
        double[] losses = new double[rows];
        T[] map = [.. _parameters.SelectMany(p => p.Value).Select(T.CreateChecked)];
        T[] byProjected = projects ? new T[rows * _teacherWidth] : [];
        Blocks.Run(Blocks.Of(rows), step.Threads, (block, _) =>
        {
            for (int row = block * Blocks.Rows; row < Math.Min((block + 1) * Blocks.Rows, rows); row++)
            {
                Span<T> x = batch.Columns[row / pairs][row % pairs], gradient = gradients[row / pairs][row % pairs], teacher = batch.Guide[row / pairs][row % pairs];
                gradient.Clear();
                if (!absent[row])
                {
                    losses[row] = projects
                        ? Projected(x, teacher, gradient, map, byProjected.AsSpan(row * _teacherWidth, _teacherWidth), share)
                        : Compare(x, teacher, gradient, share);
                }
            }
        });
        if (projects)
        {
            Blocks.Run(_teacherWidth, step.Threads, (output, _) => Weigh(batch, byProjected, output));
        }

        return new LossValue(losses.Sum(), pairs);
    }

    private void ThrowUnlessTaught<T>(LossBatch<T> batch) where T : unmanaged
    {
        int d = batch.Columns[0].Dimensions;
        ShapeException.Require(batch.Guide.Count == batch.Columns.Count, $"Wanted the teacher's vectors for {batch.Columns.Count} columns; got {batch.Guide.Count}.");
        ShapeException.Require(!projects || (_parameters.Length > 0 && d <= _width), $"The projection was made for rows of {_width}; these have {d}. Prepare the loss with the encoder's width.");
        int wanted = projects ? _teacherWidth : d;
        foreach (var guide in batch.Guide)
        {
            ShapeException.Require(guide.Count == batch.Pairs && guide.Dimensions == wanted,
                $"The teacher's vectors are [{guide.Count}, {guide.Dimensions}]; wanted [{batch.Pairs}, {wanted}]{(projects ? "" : ". Where the widths differ, use embed_distill with projection: true")}.");
        }
    }

    private double Compare<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> teacher, Span<T> gradient, double share) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] unused = new T[x.Length];      // the teacher learns nothing
        double value = double.CreateChecked(_measure.Of(x, teacher));
        double slope = distance == TeacherDistance.Mse ? 2 * value * share : share;
        _measure.AddGradient(x, teacher, T.CreateChecked(slope), gradient, unused);
        return distance == TeacherDistance.Mse ? value * value * share : value * share;
    }

    private double Projected<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> teacher, Span<T> gradient, T[] map, Span<T> byProjected, double share)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] projected = new T[_teacherWidth];
        for (int o = 0; o < projected.Length; o++)
        {
            projected[o] = RowKernels.Dot(x, map.AsSpan(o * _width, x.Length));
        }

        double value = Compare(projected, teacher, byProjected, share);
        for (int o = 0; o < projected.Length; o++)
        {
            RowKernels.AddScaled(gradient, map.AsSpan(o * _width, x.Length), byProjected[o]);
        }

        return value;
    }

    // The gradient of one output of the map, over the rows in order.
    private void Weigh<T>(LossBatch<T> batch, T[] byProjected, int output) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var map = _parameters[0].Gradient.AsSpan(output * _width, _width);
        map.Clear();
        int pairs = batch.Pairs;
        for (int row = 0; row < pairs * batch.Columns.Count; row++)
        {
            double slope = double.CreateChecked(byProjected[(row * _teacherWidth) + output]);
            ReadOnlySpan<T> x = batch.Columns[row / pairs][row % pairs];
            for (int k = 0; k < x.Length; k++)
            {
                map[k] += slope * double.CreateChecked(x[k]);
            }
        }
    }
}
