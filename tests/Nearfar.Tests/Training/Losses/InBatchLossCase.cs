using Nearfar.Training.Losses;
using Nearfar.Vectors;

namespace Nearfar.Tests.Training.Losses;

/// <summary>A loss of <see cref="InBatchLosses"/> with a random batch that has the side data it needs.</summary>
internal sealed record InBatchLossCase(ILoss Loss, LossBatch<double> Rows)
{
    /// <summary>Every loss with its defaults, and the options that take another path.</summary>
    public static IReadOnlyList<LossChoice> Choices { get; } =
    [
        .. InBatchLosses.All.Select(d => new LossChoice(d.Name)),
        Mnrl("query_to_doc,doc_to_query").With("partition_mode", "per_direction"), Mnrl("query_to_doc,query_to_query"), Mnrl("query_to_doc,doc_to_doc"),
        Mnrl("query_to_doc,query_to_query,doc_to_query,doc_to_doc"), new LossChoice("mnrl").With("similarity", "dot").With("temperature", 1),
        new LossChoice("gist").With("temperature", .2).With("margin", .1).With("margin_strategy", "relative"),
        new LossChoice("gist").With("temperature", .2).With("margin", -.3).With("contrast_anchors", "false"),
        new LossChoice("listwise").With("temperature", .2).With("grade_temperature", .3),
        new LossChoice("hcl").With("tau_plus", 0).With("beta", .5), new LossChoice("debiased").With("tau_plus", .5).With("temperature", .1),
        new LossChoice("orthogonal").With("mean_weight", .5).With("second_moment_weight", 2),
        new LossChoice("mnrl").With("orthogonal_weight", .5).With("temperature", .3), new LossChoice("ntxent").With("queue", 7).With("orthogonal_weight", .1),
    ];

    public static LossChoice Mnrl(string directions) => new LossChoice("mnrl").With("directions", directions).With("temperature", .2);

    public static InBatchLossCase Of(LossChoice choice, int pairs, int dimensions, int seed, int columns = 3, bool facts = true)
    {
        var loss = LossRegistry.Create(choice);
        int documents = pairs * (columns - 1);
        int[][] masked = [.. Enumerable.Range(0, pairs).Select(i => Enumerable.Range(0, documents).Where(j => facts && ((i * 31) + (j * 17) + seed) % 11 == 0).ToArray())];
        int[] absent = [.. Enumerable.Range(pairs, documents - pairs).Where(j => facts && (j + seed) % 5 == 0)];
        int[][] graded = [.. Enumerable.Range(0, pairs).Select(i => Enumerable.Range(0, documents).Where(j => j == i || ((i * 13) + (j * 7) + seed) % 6 == 0).ToArray())];
        var side = Batch.Masked(masked, absent) with
        {
            Labels = Enumerable.Range(0, pairs).Select(i => (i + seed) % 3 * 10).ToArray(),
            GradeOffsets = Offsets(graded),
            GradedDocuments = graded.SelectMany(g => g).ToArray(),
            Grades = graded.SelectMany((g, i) => g.Select(j => j == i ? 2 : (i + j) % 4 * .5)).ToArray(),
            DocumentIds = Enumerable.Range(0, documents).Select(j => (seed * 1000) + j).ToArray(),
            AnswerOffsets = Offsets([.. Enumerable.Range(0, pairs).Select(i => new[] { i })]),
            AnswerIds = Enumerable.Range(0, pairs).Select(i => (seed * 1000) + i).ToArray(),
        };
        return new InBatchLossCase(loss, Batch.Random(pairs, dimensions, columns, seed, side) with { Guide = Batch.Random(pairs, 5, columns, seed + 13).Columns });
    }

    public LossBatch<float> Single() => Rows.To<double, float>() with { Guide = [.. new LossBatch<double>(Rows.Guide, RowSide.Empty).To<double, float>().Columns] };

    /// <summary>The batch with its pairs in another order: every document number moves with its pair.</summary>
    public LossBatch<double> Shuffled(int[] order)
    {
        var side = Rows.Side;
        int pairs = order.Length;
        int[] place = new int[pairs];
        for (int i = 0; i < pairs; i++)
        {
            place[order[i]] = i;
        }

        int[][] masked = [.. order.Select(i => side.MaskOf(i).ToArray().Select(Number).ToArray())];
        int[][] entries = [.. order.Select(i => Enumerable.Range(side.GradeOffsets.Span[i], side.GradeOffsets.Span[i + 1] - side.GradeOffsets.Span[i]).ToArray())];
        var moved = Batch.Masked(masked, [.. side.AbsentDocuments.ToArray().Select(Number)]) with
        {
            Labels = order.Select(i => side.Labels.Span[i]).ToArray(),
            GradeOffsets = Offsets(entries),
            GradedDocuments = entries.SelectMany(e => e).Select(e => Number(side.GradedDocuments.Span[e])).ToArray(),
            Grades = entries.SelectMany(e => e).Select(e => side.Grades.Span[e]).ToArray(),
            DocumentIds = Enumerable.Range(0, side.DocumentIds.Length).Select(j => side.DocumentIds.Span[(j / pairs * pairs) + order[j % pairs]]).ToArray(),
            AnswerOffsets = side.AnswerOffsets,
            AnswerIds = order.Select(i => side.AnswerIds.Span[i]).ToArray(),
        };
        return new LossBatch<double>(Move(Rows.Columns), moved) with { Guide = Move(Rows.Guide) };

        int Number(int document) => (document / pairs * pairs) + place[document % pairs];

        Rows<double>[] Move(IReadOnlyList<Rows<double>> columns) =>
            [.. columns.Select(c => new Rows<double>(order.SelectMany(i => c[i].ToArray()).ToArray(), pairs, c.Dimensions, c.Dimensions))];
    }

    public static int[] Offsets(IReadOnlyList<int[]> lists)
    {
        int[] offsets = new int[lists.Count + 1];
        for (int i = 0; i < lists.Count; i++)
        {
            offsets[i + 1] = offsets[i] + lists[i].Length;
        }

        return offsets;
    }
}
