using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>InfoNCE with more negatives than the other documents: other queries, and from the document's side.</summary>
/// <remarks>
/// van den Oord et al. 2018, arXiv:1807.03748, eq. 4; joint over four directions: Li et al. 2023, arXiv:2308.03281, sec. 3.3 (GTE). Hardness: own
/// similarity, held constant, times a strength on top of a negative's logit: Lan et al. 2025, arXiv:2503.04812. With the one direction query_to_doc
/// and no hardness this is <see cref="InfoNceLoss"/>. Nats, mean over B. A batch without negatives gives 0.
/// </remarks>
internal sealed class MultipleNegativesLoss(MultipleNegativesOptions options) : InBatchLoss
{
    protected override bool Cosine => options.Cosine;

    protected override PairView[] ViewsOf(int columns)
    {
        var query = new PairView(0, options.QueryToQuery ? 0 : 1, columns);
        return (options.DocumentToQuery, options.DocumentToDocument) switch
        {
            (false, false) => [query],
            (true, false) => [query, new PairView(1, 0, 1)],
            (false, true) => [query, new PairView(1, 1, columns)],
            _ => [query, new PairView(1, 0, columns)],
        };
    }

    protected override IPairRule RuleOf(InBatchFacts facts) => new Rule(options, facts);

    private sealed class Rule(MultipleNegativesOptions options, InBatchFacts facts) : IPairRule
    {
        private readonly double _scale = 1 / options.Temperature;

        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            int i = row.Pair;
            facts.Exclusions.Apply(row);
            if (options.DocumentToDocument)
            {
                for (int c = 1; c < row.Columns; c++)
                {
                    row.Block(1, c)[i] = T.NegativeInfinity;
                }
            }

            Harden(row);
            return options.PerDirection && options.DocumentToQuery
                ? OneSide(row.View(0), row.Block(0, 1), i, 2) + OneSide(row.View(1), row.Block(1, 0), i, 2)
                : OneSide(row.All, row.Block(0, 1), i, 1);
        }

        private PairShare OneSide<T>(Span<T> view, Span<T> block, int i, int sides) where T : unmanaged, IFloatingPointIeee754<T>
        {
            double share = 1.0 / facts.Pairs / sides;
            double own = double.CreateChecked(block[i]);
            double total = RowMath.Softmax(view, _scale);
            RowMath.Multiply(view, share * _scale);
            block[i] -= T.CreateChecked(share * _scale);
            return new PairShare((total - (own * _scale)) * share);
        }

        // Logit + strength * similarity, the second without derivative: the softmax sees a longer similarity, its derivative is scaled as without.
        private void Harden<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (options.HardnessStrength == 0)
            {
                return;
            }

            T factor = T.CreateChecked(1 + (options.HardnessStrength * options.Temperature));
            for (int c = 1; c < row.Columns; c++)
            {
                var block = row.Block(0, c);
                for (int j = 0; j < block.Length; j++)
                {
                    if (j == row.Pair ? c > 1 && options.HardensOwn : options.HardensOthers)
                    {
                        block[j] *= factor;
                    }
                }
            }
        }
    }
}

/// <summary>Checked options of <see cref="MultipleNegativesLoss"/>.</summary>
internal sealed record MultipleNegativesOptions
{
    public double Temperature { get; init; } = 0.05;

    public bool Cosine { get; init; } = true;

    public bool QueryToQuery { get; init; }

    public bool DocumentToQuery { get; init; }

    public bool DocumentToDocument { get; init; }

    /// <summary>A mean over the directions' softmaxes instead of one softmax over all.</summary>
    public bool PerDirection { get; init; }

    /// <summary>Strength is added for other pairs' documents.</summary>
    public bool HardensOthers { get; init; }

    /// <summary>Strength is added for the pair's own hard negatives.</summary>
    public bool HardensOwn { get; init; }

    public double HardnessStrength { get; init; }
}
