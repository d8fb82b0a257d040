using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Any in-batch loss, with documents left out that are too near to an anchor's own positive to be its negatives.</summary>
/// <remarks>
/// Near by the current vectors, or by a guide's; either way without derivative. Own hard negatives are judged too. The documents are added to the batch's
/// mask, so that every loss that reads the mask keeps to it.
/// </remarks>
/// <param name="inner">The loss.</param>
/// <param name="threshold">Cosine above which a document is no negative, -1 to below 1.</param>
/// <param name="byGuide">Whether the guide judges.</param>
internal sealed class FalseNegativeFilter(ILoss inner, double threshold, bool byGuide) : ILoss
{
    private readonly PairEngine _engine = new();

    public LossNeeds Needs => inner.Needs | LossNeeds.Mask | (byGuide ? LossNeeds.Guide : LossNeeds.None);

    public IReadOnlyList<LossParameter> Parameters => inner.Parameters;

    public IReadOnlyList<Memory<byte>> State => inner.State;

    public bool NormalisesRows => inner.NormalisesRows;

    public void Prepare(int dimensions, int guideDimensions, ulong seed) => inner.Prepare(dimensions, guideDimensions, seed);

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessPaired(batch, gradients);
        if (byGuide)
        {
            ShapeException.ThrowUnlessGuided(batch);
        }

        if (batch.Pairs == 0)
        {
            return inner.Evaluate(batch, gradients, step);
        }

        var search = new Search(new List<int>?[batch.Pairs], threshold);
        var columns = byGuide ? batch.Guide : batch.Columns;
        _engine.Evaluate(columns, [], cosine: true, [new PairView(1, 1, columns.Count)], search, null, step.Threads, 16 << 20);
        return inner.Evaluate(batch with { Side = batch.Side.WithMasked(batch.Pairs, search.Found) }, gradients, step);
    }

    private sealed class Search(List<int>?[] found, double threshold) : IPairRule
    {
        public IReadOnlyList<int>?[] Found => found;

        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            T limit = T.CreateChecked(threshold);
            for (int c = 1; c < row.Columns; c++)
            {
                var block = row.Block(1, c);
                for (int j = 0; j < block.Length; j++)
                {
                    if (block[j] > limit && (c > 1 || j != row.Pair))
                    {
                        (found[row.Pair] ??= []).Add(((c - 1) * row.Pairs) + j);
                    }
                }
            }

            return default;
        }
    }
}
