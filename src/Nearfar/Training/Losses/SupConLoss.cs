using System.Numerics;
using System.Runtime.InteropServices;

namespace Nearfar.Training.Losses;

/// <summary>Supervised contrastive: texts of one label are near, all others far.</summary>
/// <remarks>
/// Khosla et al. 2020, arXiv:2004.11362, eq. 2 (the sum outside the logarithm): for each text, the mean over the other texts of its label of their
/// cross-entropy among all other texts of the batch; mean over the texts that have such a partner. Anchors and positives carry the label of their pair;
/// hard negatives have none and stand in denominators only. Reads one column of texts too. Nats; 0 when no label stands twice. A document that answers
/// an anchor of another label (the mask) is left out.
/// </remarks>
internal sealed class SupConLoss(double temperature) : InBatchLoss
{
    public override LossNeeds Needs => LossNeeds.Mask | LossNeeds.Labels;

    protected override int MinColumns => 1;

    protected override PairView[] ViewsOf(int columns) => columns == 1 ? [new(0, 0, 1)] : [new(0, 0, columns), new(1, 0, columns)];

    protected override IPairRule RuleOf(InBatchFacts facts)
    {
        ShapeException.Require(facts.Side.Labels.Length == facts.Pairs, $"Wanted a label for each of {facts.Pairs} pairs; got {facts.Side.Labels.Length}.");
        return new Rule(facts, 1 / temperature);
    }

    private sealed class Rule : IPairRule
    {
        private readonly InBatchFacts _facts;
        private readonly double _scale, _share;
        private readonly Dictionary<int, List<int>> _members = [];

        public Rule(InBatchFacts facts, double scale)
        {
            (_facts, _scale) = (facts, scale);
            for (int i = 0; i < facts.Pairs; i++)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(_members, facts.Side.Labels.Span[i], out _) ??= []).Add(i);
            }

            int texts = facts.Columns == 1 ? _members.Values.Where(m => m.Count > 1).Sum(m => m.Count) : 2 * facts.Pairs;
            _share = texts == 0 ? 0 : 1.0 / texts;
        }

        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            row.All.CopyTo(row.Scratch);
            _facts.Exclusions.Apply(row);
            var share = OneSide(row, 0);
            return row.Columns == 1 ? share : share + OneSide(row, 1);
        }

        private PairShare OneSide<T>(in PairRow<T> row, int left) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var members = _members[_facts.Side.Labels.Span[row.Pair]];
            int labelled = Math.Min(row.Columns, 2), positives = (members.Count * labelled) - 1;
            var view = row.View(left);
            if (positives == 0)
            {
                view.Clear();
                return default;
            }

            double near = 0;
            for (int c = 0; c < labelled; c++)
            {
                foreach (int j in members)
                {
                    if (c != left || j != row.Pair)
                    {
                        T s = row.ScratchBlock(left, c)[j];
                        row.Block(left, c)[j] = s;      // a partner stays, whatever the mask says
                        near += double.CreateChecked(s);
                    }
                }
            }

            double total = RowMath.Softmax(view, _scale);
            RowMath.Multiply(view, _share * _scale);
            T each = T.CreateChecked(_share * _scale / positives);
            for (int c = 0; c < labelled; c++)
            {
                foreach (int j in members)
                {
                    row.Block(left, c)[j] -= c != left || j != row.Pair ? each : T.Zero;
                }
            }

            return new PairShare((total - (near * _scale / positives)) * _share);
        }
    }
}
