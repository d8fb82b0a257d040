using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>Decoupled NT-Xent: the positive is left out of the denominator; optionally far positives weigh more.</summary>
/// <remarks>
/// Yeh et al. 2022, arXiv:2110.06848, eq. 6 (DCL) and eq. 7 with the von Mises-Fisher weight (DCLW): the positive's term times
/// 2 - B softmax(own similarity / sigma), the weight held constant. Nats, mean over 2B rows; may be negative. A text without negatives adds 0.
/// </remarks>
/// <param name="temperature">Above 0.</param>
/// <param name="sigma">Above 0; null: no weights (DCL).</param>
internal sealed class DecoupledLoss(double temperature, double? sigma) : InBatchLoss
{
    protected override PairView[] ViewsOf(int columns) => [new(0, 0, columns), new(1, 0, columns)];

    protected override IPairRule RuleOf(InBatchFacts facts) => new Rule(facts, 1 / temperature, sigma is { } s ? Weights(facts.Own(), s) : null);

    private static double[] Weights(double[] own, double sigma)
    {
        double max = own.Max();
        double[] e = [.. own.Select(s => Math.Exp((s - max) / sigma))];
        double sum = e.Sum();
        return [.. e.Select(x => 2 - (own.Length * x / sum))];
    }

    private sealed class Rule(InBatchFacts facts, double scale, double[]? weights) : IPairRule
    {
        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            facts.Exclusions.Apply(row);
            return OneSide(row.View(0), row.Block(0, 1), row.Pair) + OneSide(row.View(1), row.Block(1, 0), row.Pair);
        }

        private PairShare OneSide<T>(Span<T> view, Span<T> block, int i) where T : unmanaged, IFloatingPointIeee754<T>
        {
            double share = 0.5 / facts.Pairs;
            double own = double.CreateChecked(block[i]), weight = weights?[i] ?? 1;
            block[i] = T.NegativeInfinity;
            double total = RowMath.Softmax(view, scale);
            if (double.IsNegativeInfinity(total))
            {
                return double.IsNaN(own) ? new PairShare(own) : default;
            }

            RowMath.Multiply(view, share * scale);
            block[i] = T.CreateChecked(-weight * share * scale);
            return new PairShare((total - (weight * own * scale)) * share);
        }
    }
}
