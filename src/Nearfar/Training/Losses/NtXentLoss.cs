using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>NT-Xent: both texts of a pair look for each other among all texts of the batch.</summary>
/// <remarks>
/// Chen et al. 2020, arXiv:2002.05709, eq. 1 (SimCLR): mean over 2B rows of the cross-entropy of the partner among the 2B - 1 others. Hard negatives
/// are further negatives of both texts. Nats; ln(2B - 1) for a collapsed encoder without hard negatives; 0 for one pair.
/// </remarks>
internal sealed class NtXentLoss(double temperature) : InBatchLoss
{
    protected override PairView[] ViewsOf(int columns) => [new(0, 0, columns), new(1, 0, columns)];

    protected override IPairRule RuleOf(InBatchFacts facts) => new Rule(facts, 1 / temperature);

    private sealed class Rule(InBatchFacts facts, double scale) : IPairRule
    {
        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            facts.Exclusions.Apply(row);
            return OneSide(row.View(0), row.Block(0, 1), row.Pair) + OneSide(row.View(1), row.Block(1, 0), row.Pair);
        }

        private PairShare OneSide<T>(Span<T> view, Span<T> block, int i) where T : unmanaged, IFloatingPointIeee754<T>
        {
            double share = 0.5 / facts.Pairs;
            double own = double.CreateChecked(block[i]);
            double total = RowMath.Softmax(view, scale);
            RowMath.Multiply(view, share * scale);
            block[i] -= T.CreateChecked(share * scale);
            return new PairShare((total - (own * scale)) * share);
        }
    }
}
