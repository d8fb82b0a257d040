using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>InfoNCE in which a guide encoder says what is too near to be a negative.</summary>
/// <remarks>
/// Solatorio 2024, arXiv:2402.16829, eq. 3 to 6 (GISTEmbed): against the own positive stand its anchor with documents and with other anchors, and the
/// positive with other positives; where the guide finds two of them nearer than the anchor and its own positive (less a margin), they do not count.
/// Differs: a text is never its own negative, also where the guide gives the pair a similarity of 1. Nats, mean over B; 0 when the guide leaves no negative.
/// </remarks>
internal sealed class GistLoss(double temperature, double margin, bool relative, bool contrastAnchors, bool contrastPositives) : InBatchLoss
{
    public override LossNeeds Needs => LossNeeds.Mask | LossNeeds.Guide;

    protected override PairView[] ViewsOf(int columns)
    {
        var query = new PairView(0, contrastAnchors ? 0 : 1, columns);
        return contrastPositives ? [query, new PairView(1, 1, 2)] : [query];
    }

    protected override IPairRule RuleOf(InBatchFacts facts) => new Rule(this, facts, 1 / temperature);

    private T Limit<T>(T own) where T : unmanaged, IFloatingPointIeee754<T> => own - (T.CreateChecked(margin) * (relative ? T.Abs(own) : T.One));

    private sealed class Rule(GistLoss loss, InBatchFacts facts, double scale) : IPairRule
    {
        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            int i = row.Pair;
            facts.Exclusions.Apply(row);
            T limit = loss.Limit(row.GuideBlock(0, 1)[i]);
            ThrowUnlessNumber(limit, i);
            for (int left = 0; left < 2; left++)
            {
                for (int c = 0; c < row.Columns; c++)
                {
                    if (row.Has(left, c))
                    {
                        LeaveOut(row.Block(left, c), row.GuideBlock(left, c), limit, left == 0 && c == 1 ? i : -1);
                    }
                }
            }

            double share = 1.0 / facts.Pairs;
            double own = double.CreateChecked(row.Block(0, 1)[i]);
            double total = RowMath.Softmax(row.All, scale);
            RowMath.Multiply(row.All, share * scale);
            row.Block(0, 1)[i] -= T.CreateChecked(share * scale);
            return new PairShare((total - (own * scale)) * share);
        }

        private static void LeaveOut<T>(Span<T> block, ReadOnlySpan<T> guide, T limit, int own) where T : unmanaged, IFloatingPointIeee754<T>
        {
            T kept = own < 0 ? T.Zero : block[own];
            RowMath.LeaveOutAbove(block, guide, limit);        // a guide's NaN leaves NaN behind instead of a negative nobody judged
            if (own >= 0)
            {
                block[own] = kept;
            }
        }

        private static void ThrowUnlessNumber<T>(T limit, int pair) where T : unmanaged, IFloatingPointIeee754<T> =>
            ShapeException.Require(T.IsFinite(limit), $"The guide's similarity of pair {pair} is not finite. Check the guide encoder's vectors.");
    }
}
