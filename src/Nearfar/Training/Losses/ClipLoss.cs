using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>CLIP: anchors find their positives and positives their anchors, at a learned scale.</summary>
/// <remarks>
/// Radford et al. 2021, arXiv:2103.00020, fig. 3: half of the row and column cross-entropies of scale * cosine. The parameter is ln(scale), starts at
/// ln(1 / 0.07) and is kept within 0 and ln 100; it learns at a tenth of the rate. Hard negatives are further negatives of anchors.
/// Nats, mean over B; ln B for a collapsed encoder without hard negatives; 0 for one pair.
/// </remarks>
internal sealed class ClipLoss : InBatchLoss
{
    private readonly LossParameter _logScale;

    /// <param name="scale">Start of the scale, 1 to 100.</param>
    public ClipLoss(double scale)
    {
        _logScale = new LossParameter("log_scale", [Math.Log(scale)], [0], 0, Math.Log(100), 0.1);
        Parameters = [_logScale];
    }

    public override IReadOnlyList<LossParameter> Parameters { get; }

    protected override PairView[] ViewsOf(int columns) => [new(0, 1, columns), new(1, 0, 1)];

    protected override IPairRule RuleOf(InBatchFacts facts) => new Rule(facts, Math.Exp(_logScale.Value[0]));

    protected override void Learn(PairShare share) => _logScale.Gradient[0] = share.First;

    private sealed class Rule(InBatchFacts facts, double scale) : IPairRule
    {
        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            facts.Exclusions.Apply(row);
            row.All.CopyTo(row.Scratch);
            int documents = row.View(0).Length;
            return OneSide(row.View(0), row.Scratch[..documents], row.Block(0, 1), row.Pair) + OneSide(row.View(1), row.Scratch[documents..], row.Block(1, 0), row.Pair);
        }

        private PairShare OneSide<T>(Span<T> view, ReadOnlySpan<T> similarities, Span<T> block, int i) where T : unmanaged, IFloatingPointIeee754<T>
        {
            double share = 0.5 / facts.Pairs;
            double own = double.CreateChecked(block[i]);
            double total = RowMath.Softmax(view, scale);
            double mean = RowMath.WeightedSum(view, similarities);
            RowMath.Multiply(view, share * scale);
            block[i] -= T.CreateChecked(share * scale);
            return new PairShare((total - (own * scale)) * share, (mean - own) * scale * share);
        }
    }
}
