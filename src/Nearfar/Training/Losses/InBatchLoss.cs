using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>A loss over similarities inside the batch: what it compares and its rule; products, normalisation and gradients are done here.</summary>
/// <remarks>In double: plain loops. In float: tiles, stripes of 64 pairs, at most some 16 MB of similarities at a time. Thread-safe unless it has parameters.</remarks>
internal abstract class InBatchLoss : ILoss
{
    private readonly PairEngine _engine = new();

    public virtual LossNeeds Needs => LossNeeds.Mask;

    public virtual IReadOnlyList<LossParameter> Parameters => [];

    public bool NormalisesRows => Cosine;

    /// <summary>Similarities in float held at a time, in bytes; no result depends on it.</summary>
    internal long KeptBytes { get; set; } = 16 << 20;

    /// <summary>Fewest columns.</summary>
    protected virtual int MinColumns => 2;

    /// <summary>Cosine, or else dot product.</summary>
    protected virtual bool Cosine => true;

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessColumns(batch, gradients, MinColumns, int.MaxValue);
        if (Needs.HasFlag(LossNeeds.Guide))
        {
            ShapeException.ThrowUnlessGuided(batch);
        }

        foreach (var parameter in Parameters)
        {
            Array.Clear(parameter.Gradient);
        }

        if (batch.Pairs == 0)
        {
            return new LossValue(0, 0);
        }

        var rule = RuleOf(new InBatchFacts(batch.Side, batch.Pairs, batch.Columns.Count, () => OwnSimilarities(batch)));
        var share = _engine.Evaluate(batch.Columns, Needs.HasFlag(LossNeeds.Guide) ? batch.Guide : [], Cosine, ViewsOf(batch.Columns.Count), rule, gradients, step.Threads, KeptBytes);
        Learn(share);
        return new LossValue(share.Value, batch.Pairs);
    }

    /// <summary>What the rule reads of a batch with so many columns.</summary>
    protected abstract PairView[] ViewsOf(int columns);

    /// <summary>The rule for one batch.</summary>
    protected abstract IPairRule RuleOf(InBatchFacts facts);

    /// <summary>Writes the derivatives by the loss's own parameters.</summary>
    protected virtual void Learn(PairShare share) { }

    // In double for any T: one value a pair.
    private static double[] OwnSimilarities<T>(LossBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] own = new double[batch.Pairs];
        for (int i = 0; i < own.Length; i++)
        {
            double ab = 0, aa = 0, bb = 0;
            var a = batch.Columns[0][i];
            var b = batch.Columns[1][i];
            for (int k = 0; k < a.Length; k++)
            {
                double x = double.CreateChecked(a[k]), y = double.CreateChecked(b[k]);
                (ab, aa, bb) = (ab + (x * y), aa + (x * x), bb + (y * y));
            }

            own[i] = aa == 0 || bb == 0 ? 0 : ab / Math.Sqrt(aa * bb);
        }

        return own;
    }
}

/// <summary>What a rule may need of its batch beside the similarities.</summary>
/// <param name="Side">Masks, labels, grades.</param>
/// <param name="Pairs">B.</param>
/// <param name="Columns">C.</param>
/// <param name="Own">Cosine of each anchor with its positive, when a rule needs all of them before the first row.</param>
internal sealed record InBatchFacts(RowSide Side, int Pairs, int Columns, Func<double[]> Own)
{
    public Exclusions Exclusions { get; } = new(Side, Pairs);
}
