using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>NT-Xent that corrects for positives among the negatives and leans on the nearest negatives.</summary>
/// <remarks>
/// Chuang et al. 2020, arXiv:2007.00224, eq. 8 (debiased, beta 0); Robinson et al. 2021, arXiv:2010.04592, eq. 4. With n negatives of similarity z / T:
/// R = n sum(e^((1 + beta) z)) / sum(e^(beta z)), N = max((R - tau n e^own) / (1 - tau), n e^(-1 / T)); mean over 2B rows of ln(1 + N / e^own).
/// The weights have a derivative too. tau = beta = 0 is NT-Xent. Nats; a text without negatives adds 0.
/// </remarks>
/// <param name="temperature">Above 0.</param>
/// <param name="tau">Share of false negatives, 0 to below 1.</param>
/// <param name="beta">Concentration on near negatives, at least 0.</param>
internal sealed class DebiasedLoss(double temperature, double tau, double beta) : InBatchLoss
{
    protected override PairView[] ViewsOf(int columns) => [new(0, 0, columns), new(1, 0, columns)];

    protected override IPairRule RuleOf(InBatchFacts facts) => new Rule(facts, 1 / temperature, tau, beta);

    private sealed class Rule(InBatchFacts facts, double scale, double tau, double beta) : IPairRule
    {
        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            facts.Exclusions.Apply(row);
            row.All.CopyTo(row.Scratch);
            int half = row.View(0).Length;
            return OneSide(row.View(0), row.Block(0, 1), row.Scratch[..half], row.ScratchBlock(0, 1), row.Pair)
                + OneSide(row.View(1), row.Block(1, 0), row.Scratch[half..], row.ScratchBlock(1, 0), row.Pair);
        }

        private PairShare OneSide<T>(Span<T> view, Span<T> block, Span<T> again, Span<T> againBlock, int i) where T : unmanaged, IFloatingPointIeee754<T>
        {
            double share = 0.5 / facts.Pairs;
            double own = double.CreateChecked(block[i]) * scale;
            block[i] = T.NegativeInfinity;
            againBlock[i] = T.NegativeInfinity;
            int n = RowMath.CountThatCount<T>(view);
            if (n == 0)
            {
                view.Clear();
                return double.IsNaN(own) ? new PairShare(own) : default;
            }

            // view: softmax((1 + beta) z); again: softmax(beta z). All in logarithms relative to the own similarity: no overflow at any temperature.
            double near = RowMath.Softmax(view, (1 + beta) * scale);
            double weight = beta == 0 ? Math.Log(n) : RowMath.Softmax(again, beta * scale);
            double mass = Math.Log(n) + near - weight - own;                  // ln(R / e^own)
            double kept = 1 - (tau * n * Math.Exp(-mass));                    // share of R that is left
            double floor = Math.Log(n) - scale - own;
            double logN = kept <= 0 ? double.NegativeInfinity : mass + Math.Log(kept) - Math.Log(1 - tau);
            bool floored = logN <= floor;
            if (floored)
            {
                logN = floor;
            }

            double pull = RowMath.Sigmoid(logN) * share * scale;              // derivative by logN, by similarity
            double byMass = floored ? 0 : pull / kept;                        // d logN / d mass with n e^own fixed
            RowMath.Multiply(view, byMass * (1 + beta));
            if (beta > 0 && !floored)
            {
                RowMath.AddScaled<T>(view, again, -byMass * beta);
            }

            block[i] = T.CreateChecked(-(floored ? pull : byMass));
            return new PairShare(RowMath.SoftPlus(logN) * share);
        }
    }
}
