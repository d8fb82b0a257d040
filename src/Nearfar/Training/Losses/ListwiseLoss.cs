using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>Graded listwise: each query ranks the batch's documents as their grades say.</summary>
/// <remarks>
/// ListNet's top-one cross-entropy (Cao et al. 2007, ICML, eq. 6) over the documents of the batch: with t = softmax(grade / grade_temperature) over the
/// documents graded above 0 and 0 elsewhere, p = softmax(cosine / temperature) over all that count, the loss is the mean over B of -sum(t ln p). Documents
/// without a grade, or of grade 0, are negatives; graded ones stay in whatever the mask says. One document of one grade above 0: InfoNCE. Several of
/// equal grade: the mean of their cross-entropies. grade_temperature towards 0: the best grade alone; large: grades do not matter. Nats; at least the
/// entropy of t. A query whose graded documents are all absent adds 0.
/// </remarks>
internal sealed class ListwiseLoss(double temperature, double gradeTemperature) : InBatchLoss
{
    public override LossNeeds Needs => LossNeeds.Mask | LossNeeds.Grades;

    protected override PairView[] ViewsOf(int columns) => [new(0, 1, columns)];

    protected override IPairRule RuleOf(InBatchFacts facts)
    {
        ShapeException.ThrowUnlessGraded(facts.Side, facts.Pairs, facts.Pairs * (facts.Columns - 1));
        return new Rule(facts, 1 / temperature, gradeTemperature);
    }

    private sealed class Rule(InBatchFacts facts, double scale, double gradeTemperature) : IPairRule
    {
        private readonly HashSet<int> _absent = [.. facts.Side.AbsentDocuments.Span];

        public PairShare Turn<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            int from = facts.Side.GradeOffsets.Span[row.Pair], to = facts.Side.GradeOffsets.Span[row.Pair + 1];
            var targets = new List<(int Document, double Share)>(to - from);
            for (int g = from; g < to; g++)
            {
                int document = facts.Side.GradedDocuments.Span[g];
                if (facts.Side.Grades.Span[g] > 0 && !_absent.Contains(document))
                {
                    targets.Add((document, facts.Side.Grades.Span[g] / gradeTemperature));
                }
            }

            if (targets.Count == 0)
            {
                double sum = double.CreateChecked(row.Block(0, 1)[row.Pair]) * 0;       // NaN is not hidden
                row.All.Clear();
                return new PairShare(sum);
            }

            double max = targets.Max(t => t.Share), total = targets.Sum(t => Math.Exp(t.Share - max));
            return Rank(row, [.. targets.Select(t => (t.Document, Math.Exp(t.Share - max) / total))]);
        }

        private PairShare Rank<T>(in PairRow<T> row, (int Document, double Share)[] targets) where T : unmanaged, IFloatingPointIeee754<T>
        {
            double share = 1.0 / facts.Pairs, near = 0;
            row.All.CopyTo(row.Scratch);
            facts.Exclusions.Apply(row);
            foreach (var (document, target) in targets)
            {
                T s = row.ScratchBlock(0, 1 + (document / row.Pairs))[document % row.Pairs];
                row.Block(0, 1 + (document / row.Pairs))[document % row.Pairs] = s;
                near += target * double.CreateChecked(s);
            }

            double total = RowMath.Softmax(row.All, scale);
            RowMath.Multiply(row.All, share * scale);
            foreach (var (document, target) in targets)
            {
                row.Block(0, 1 + (document / row.Pairs))[document % row.Pairs] -= T.CreateChecked(target * share * scale);
            }

            return new PairShare((total - (near * scale)) * share);
        }
    }
}
