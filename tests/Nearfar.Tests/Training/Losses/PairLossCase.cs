using Nearfar.Training.Losses;
using Nearfar.Vectors;

namespace Nearfar.Tests.Training.Losses;

/// <summary>A loss of <see cref="PairLosses"/> with a random batch that has the side data it needs.</summary>
internal sealed record PairLossCase(ILoss Loss, LossBatch<double> Input)
{
    /// <summary>Every loss with its defaults, and the options that take another path.</summary>
    public static IReadOnlyList<LossChoice> Choices { get; } =
    [
        .. PairLosses.All.Select(d => new LossChoice(d.Name)),
        new LossChoice("contrastive").With("distance", "euclid").With("margin", 2), new LossChoice("contrastive").With("distance", "manhattan").With("margin", 4),
        new LossChoice("online_contrastive").With("distance", "euclid").With("margin", 2), new LossChoice("online_contrastive").With("distance", "manhattan").With("margin", 4),
        new LossChoice("triplet").With("distance", "cosine").With("margin", .5), new LossChoice("triplet").With("distance", "manhattan"),
        new LossChoice("batch_all").With("distance", "cosine").With("margin", .3), new LossChoice("batch_all").With("margin", .2),
        new LossChoice("batch_hard").With("distance", "cosine").With("margin", .3), new LossChoice("batch_hard_soft").With("distance", "cosine"),
        new LossChoice("batch_semi_hard").With("distance", "cosine").With("margin", .3),
        new LossChoice("margin_mse").With("similarity", "cosine"), new LossChoice("distill_kl").With("temperature", .5).With("teacher_temperature", 2),
        new LossChoice("embed_distill").With("distance", "mse"), new LossChoice("embed_distill").With("distance", "l2"),
        new LossChoice("embed_distill").With("projection", "true"), new LossChoice("embed_distill").With("projection", "true").With("distance", "l2"),
        new LossChoice("softmax").With("classes", 3),
    ];

    public static PairLossCase Of(LossChoice choice, int pairs, int dimensions, int seed, bool absent = true)
    {
        var description = LossRegistry.Of(choice.Name);
        var loss = LossRegistry.Create(choice);
        int columns = description.MinHardNegatives > 0 ? 4 : 2;
        int guideWidth = choice.Options.ContainsKey("projection") ? dimensions + 1 : dimensions;
        loss.Prepare(dimensions, guideWidth, 3);
        var noise = Batch.Random(pairs, 4, 1, seed + 7).Columns[0];
        int classes = int.Parse(choice.Options.GetValueOrDefault("classes", "2"), System.Globalization.CultureInfo.InvariantCulture);
        var side = new RowSide
        {
            Targets = !loss.Needs.HasFlag(LossNeeds.Targets) ? default : Enumerable.Range(0, pairs).Select(i => choice.Name is "softmax" ? i % classes : Math.Abs(noise[i][0]) > .5 ? 1.0 : i % 4 == 0 ? .25 : 0).ToArray(),
            Labels = loss.Needs.HasFlag(LossNeeds.Labels) ? Enumerable.Range(0, pairs).Select(i => i % 3 * 10).ToArray() : default,
            AbsentDocuments = columns == 4 && absent ? Enumerable.Range(pairs, 2 * pairs).Where(j => (j + seed) % 5 == 0).ToArray() : default,
        };
        if (loss.Needs.HasFlag(LossNeeds.TeacherScores))
        {
            double[] teacher = [.. Enumerable.Range(0, pairs * (columns - 1)).Select(at => 3 * noise[at / 3][at % 3])];
            foreach (int document in side.AbsentDocuments.Span)
            {
                teacher[(document % pairs * (columns - 1)) + (document / pairs)] = double.NaN;
            }

            side = side with { TeacherScores = teacher };
        }

        var batch = Batch.Random(pairs, dimensions, columns, seed, side);
        return new PairLossCase(loss, loss.Needs.HasFlag(LossNeeds.Guide) ? batch with { Guide = Batch.Random(pairs, guideWidth, columns, seed + 13).Columns } : batch);
    }

    public LossBatch<float> Single() => Input.To<double, float>() with { Guide = [.. new LossBatch<double>(Input.Guide, RowSide.Empty).To<double, float>().Columns] };

    /// <summary>The batch with its rows in another order; for losses without absent documents.</summary>
    public LossBatch<double> Shuffled(int[] order)
    {
        var side = Input.Side;
        int width = Input.Columns.Count - 1;
        var moved = new RowSide
        {
            Targets = side.Targets.IsEmpty ? default : order.Select(i => side.Targets.Span[i]).ToArray(),
            Labels = side.Labels.IsEmpty ? default : order.Select(i => side.Labels.Span[i]).ToArray(),
            TeacherScores = side.TeacherScores.IsEmpty ? default : order.SelectMany(i => side.TeacherScores.Slice(i * width, width).ToArray()).ToArray(),
        };
        return new LossBatch<double>(Move(Input.Columns), moved) { Guide = Move(Input.Guide) };

        Rows<double>[] Move(IReadOnlyList<Rows<double>> columns) =>
            [.. columns.Select(c => new Rows<double>(order.SelectMany(i => c[i].ToArray()).ToArray(), order.Length, c.Dimensions, c.Dimensions))];
    }
}
