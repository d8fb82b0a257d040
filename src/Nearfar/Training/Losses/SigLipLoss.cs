using System.Numerics;
using System.Runtime.InteropServices;

namespace Nearfar.Training.Losses;

/// <summary>SigLIP: every anchor and document by itself is judged to belong together or not, at a learned scale and bias.</summary>
/// <remarks>
/// Zhai et al. 2023, arXiv:2303.15343, eq. 1 and algorithm 1: the sum over all anchors and documents of ln(1 + e^(-y (scale cosine + bias))), y = 1 for
/// the own positive and -1 else, divided by B. Parameters ln(scale), kept within 0 and ln 100, and bias, within -30 and 30; both learn at a tenth of the
/// rate. A pair without negatives keeps the term of its own positive. Nats.
/// </remarks>
internal sealed class SigLipLoss : InBatchLoss
{
    private readonly LossParameter _logScale;
    private readonly LossParameter _bias;

    /// <param name="scale">Start of the scale, 1 to 100.</param>
    /// <param name="bias">Start of the bias, -30 to 30.</param>
    public SigLipLoss(double scale, double bias)
    {
        _logScale = new LossParameter("log_scale", [Math.Log(scale)], [0], 0, Math.Log(100), 0.1);
        _bias = new LossParameter("bias", [bias], [0], -30, 30, 0.1);
        Parameters = [_logScale, _bias];
    }

    public override IReadOnlyList<LossParameter> Parameters { get; }

    protected override PairView[] ViewsOf(int columns) => [new(0, 1, columns)];

    protected override IPairRule RuleOf(InBatchFacts facts) => new Rule(facts, Math.Exp(_logScale.Value[0]), _bias.Value[0]);

    protected override void Learn(PairShare share) => (_logScale.Gradient[0], _bias.Gradient[0]) = (share.First, share.Second);

    private sealed class Rule(InBatchFacts facts, double scale, double bias) : IPairRule
    {
        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            facts.Exclusions.Apply(row);
            double share = 1.0 / facts.Pairs;
            var sum = default(PairShare);
            for (int c = 1; c < row.Columns; c++)
            {
                var block = row.Block(0, c);
                if (typeof(T) == typeof(float))
                {
                    sum += Floats(MemoryMarshal.Cast<T, float>(block), c == 1 ? row.Pair : -1, share);
                    continue;
                }

                for (int j = 0; j < block.Length; j++)
                {
                    bool own = c == 1 && j == row.Pair;
                    double s = double.CreateChecked(block[j]);
                    if (double.IsNegativeInfinity(s) && !own)
                    {
                        block[j] = T.Zero;
                        continue;
                    }

                    double z = (scale * s) + bias;
                    double byZ = (RowMath.Sigmoid(z) - (own ? 1 : 0)) * share;
                    block[j] = T.CreateChecked(byZ * scale);
                    sum += new PairShare(RowMath.SoftPlus(own ? -z : z) * share, byZ * scale * s, byZ);
                }
            }

            return sum;
        }

        // The own pair by itself, in double; all others are negatives.
        private PairShare Floats(Span<float> block, int own, double share)
        {
            double s = own < 0 ? 0 : block[own], z = (scale * s) + bias, byZ = own < 0 ? 0 : (RowMath.Sigmoid(z) - 1) * share;
            if (own >= 0)
            {
                block[own] = float.NegativeInfinity;
            }

            var (softPlus, sigmoid, weighted) = RowMath.Sigmoids(block, (float)scale, (float)bias, (float)(share * scale));
            if (own >= 0)
            {
                block[own] = (float)(byZ * scale);
                softPlus += RowMath.SoftPlus(-z);
            }

            return new PairShare(softPlus * share, ((weighted * share) + (byZ * s)) * scale, (sigmoid * share) + byZ);
        }
    }
}
