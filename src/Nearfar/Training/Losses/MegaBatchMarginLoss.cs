using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>Mega-batch margin: each anchor is drawn to its positive and pushed from the nearest other document of the batch, both up to a margin.</summary>
/// <remarks>
/// Wieting and Gimpel 2018, arXiv:1711.05732, sec. 3.2, as two hinges: mean of relu(positive_margin - own) + relu(nearest - negative_margin), cosine. Of
/// equally near documents the first counts. A pair without negatives keeps its first hinge. 0 to about 2.
/// </remarks>
internal sealed class MegaBatchMarginLoss(double positiveMargin, double negativeMargin) : InBatchLoss
{
    protected override PairView[] ViewsOf(int columns) => [new(0, 1, columns)];

    protected override IPairRule RuleOf(InBatchFacts facts) => new Rule(facts, positiveMargin, negativeMargin);

    private sealed class Rule(InBatchFacts facts, double positiveMargin, double negativeMargin) : IPairRule
    {
        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            facts.Exclusions.Apply(row);
            int i = row.Pair, column = 0, nearest = 0;
            T share = T.One / T.CreateChecked(facts.Pairs), own = row.Block(0, 1)[i], best = T.NegativeInfinity;
            for (int c = 1; c < row.Columns; c++)
            {
                var block = row.Block(0, c);
                for (int j = 0; j < block.Length; j++)
                {
                    if ((c > 1 || j != i) && !(block[j] <= best))      // NaN is taken too, and stays
                    {
                        (best, column, nearest) = (block[j], c, j);
                    }
                }
            }

            row.All.Clear();
            T near = T.CreateChecked(positiveMargin) - own, far = best - T.CreateChecked(negativeMargin);
            if (near > T.Zero)
            {
                row.Block(0, 1)[i] = -share;
            }

            if (far > T.Zero)
            {
                row.Block(0, column)[nearest] += share;
            }

            return new PairShare(double.CreateChecked((T.Max(near, T.Zero) + T.Max(far, T.Zero)) * share));
        }
    }
}
