using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>A loss of nothing but each anchor's scores with its own documents: scores, the loss and its derivative in double, then the rows. O(B C D). Thread-safe.</summary>
/// <param name="measure">Gives the scores.</param>
internal abstract class RowScoreLoss(IPairMeasure measure) : ILoss
{
    public abstract LossNeeds Needs { get; }

    public bool NormalisesRows => measure.DirectionOnly;

    /// <summary>Least columns of a batch.</summary>
    protected virtual int MinColumns => 2;

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Vectors.Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessColumns(batch, gradients, MinColumns, int.MaxValue);
        int pairs = batch.Pairs, width = batch.Columns.Count - 1, threads = step.Threads;
        var scores = new RowScores(pairs, width, new double[pairs * width], new bool[pairs * width], batch.Side);
        Array.Fill(scores.Present, true);
        foreach (int document in batch.Side.AbsentDocuments.Span)
        {
            scores.Present[(document % pairs * width) + (document / pairs)] = false;
        }

        var columns = batch.Columns;
        Blocks.Run(Blocks.Of(pairs), threads, (block, _) => ScoreBlock(columns, scores, block));
        double[] derivative = new double[scores.Values.Length];
        double value = Score(scores, derivative);
        if (!scores.Values.All(double.IsFinite))
        {
            value = double.NaN;     // a broken row is never hidden by a margin or a missing label
        }

        Blocks.Run(Blocks.Of(pairs), threads, (block, _) => SpreadBlock(columns, gradients, scores, derivative, block));
        return new LossValue(value, pairs);
    }

    /// <summary>The loss, and its derivative by each score; places that are absent, and all of an empty batch, stay 0.</summary>
    protected abstract double Score(RowScores scores, Span<double> derivative);

    private void ScoreBlock<T>(IReadOnlyList<Vectors.Rows<T>> columns, RowScores scores, int block) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = block * Blocks.Rows; i < Math.Min((block + 1) * Blocks.Rows, scores.Pairs); i++)
        {
            for (int c = 0; c < scores.Width; c++)
            {
                int at = (i * scores.Width) + c;
                scores.Values[at] = scores.Present[at] ? double.CreateChecked(measure.Of<T>(columns[0][i], columns[c + 1][i])) : 0;
            }
        }
    }

    private void SpreadBlock<T>(IReadOnlyList<Vectors.Rows<T>> columns, IReadOnlyList<Vectors.Rows<T>> gradients, RowScores scores, double[] derivative, int block)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = block * Blocks.Rows; i < Math.Min((block + 1) * Blocks.Rows, scores.Pairs); i++)
        {
            gradients[0][i].Clear();
            for (int c = 0; c < scores.Width; c++)
            {
                gradients[c + 1][i].Clear();
                double factor = derivative[(i * scores.Width) + c];
                if (factor != 0)
                {
                    measure.AddGradient<T>(columns[0][i], columns[c + 1][i], T.CreateChecked(factor), gradients[0][i], gradients[c + 1][i]);
                }
            }
        }
    }
}
