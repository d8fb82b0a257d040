using Nearfar.Training.Losses;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Losses;

/// <summary>Losses that must agree where one is the other's limit, and definitions written out.</summary>
public class InBatchEquivalenceTests
{
    private static readonly StepInfo First = new(1, 1, 1);

    [Fact]
    public void Mnrl_OneDirection_IsInfoNceOfTheTunedStripes()
    {
        Assert.IsType<InfoNceLoss>(LossRegistry.Create("mnrl"));
        Assert.IsType<InfoNceLoss>(LossRegistry.Create(new LossChoice("mnrl").With("partition_mode", "per_direction")));
        var c = InBatchLossCase.Of("mnrl", 90, 20, 3);
        Same(c.Rows, new InfoNceLoss(.2), new MultipleNegativesLoss(new MultipleNegativesOptions { Temperature = .2 }), 1e-12);
        var single = c.Single();
        var a = single.NewGradients();
        var b = single.NewGradients();
        Assert.Equal(new InfoNceLoss(.2).Evaluate(single, a, First).Value, new MultipleNegativesLoss(new MultipleNegativesOptions { Temperature = .2 }).Evaluate(single, b, First).Value, 1e-6);
        Assert.All(a.Flat().Zip(b.Flat()), p => Assert.Equal(p.First, p.Second, 1e-6f));
    }

    [Fact]
    public void Mnrl_Symmetric_IsTheMeanOfBothDirections()
    {
        var batch = Batch.Random(6, 5, 2, 8);
        var turned = new LossBatch<double>([batch.Columns[1], batch.Columns[0]], RowSide.Empty);
        var gradients = batch.NewGradients();
        var there = batch.NewGradients();
        var back = batch.NewGradients();
        double both = LossRegistry.Create(InBatchLossCase.Mnrl("query_to_doc,doc_to_query").With("partition_mode", "per_direction")).Evaluate(batch, gradients, First).Value;
        double mean = (new InfoNceLoss(.2).Evaluate(batch, there, First).Value + new InfoNceLoss(.2).Evaluate(turned, back, First).Value) / 2;
        Near(mean, both, 1e-12);
        Assert.All(gradients[0].Data.ToArray().Select((g, i) => (g, (there[0].Data.Span[i] + back[1].Data.Span[i]) / 2)).ToArray(), p => Near(p.Item2, p.g, 1e-12));
    }

    [Fact]
    public void Clip_AtAScale_IsSymmetricMnrlAtItsInverse()
    {
        var batch = Batch.Random(6, 5, 2, 9);
        Same(batch, LossRegistry.Create(InBatchLossCase.Mnrl("query_to_doc,doc_to_query").With("partition_mode", "per_direction").With("temperature", 1 / 14.0)), new ClipLoss(14), 1e-11);
    }

    [Fact]
    public void Hcl_WithoutTauAndBeta_IsNtXent()
    {
        var c = InBatchLossCase.Of("ntxent", 7, 5, 4);
        Same(c.Rows, new NtXentLoss(.3), new DebiasedLoss(.3, 0, 0), 1e-11);
    }

    [Fact]
    public void SupCon_EveryPairItsOwnLabel_IsNtXent()
    {
        var batch = Batch.Random(6, 5, 3, 10, new RowSide { Labels = Enumerable.Range(0, 6).ToArray() });
        Same(batch, new NtXentLoss(.3), new SupConLoss(.3), 1e-12);
    }

    [Fact]
    public void Listwise_OneDocumentOfOneGrade_IsMnrl_SeveralAlike_TheirMean()
    {
        var batch = Batch.Random(5, 4, 3, 11, Graded(5, i => [(i, 1)]));
        Same(batch, new InfoNceLoss(.2), new ListwiseLoss(.2, 1), 1e-12);

        // Two right documents of one grade: the mean of the cross-entropies of each as the one positive.
        var two = Batch.Random(5, 4, 3, 11, Graded(5, i => [(i, 2), (5 + i, 2)]));
        var swapped = new LossBatch<double>([two.Columns[0], two.Columns[2], two.Columns[1]], RowSide.Empty);
        double mean = (new InfoNceLoss(.2).Evaluate(batch, batch.NewGradients(), First).Value + new InfoNceLoss(.2).Evaluate(swapped, batch.NewGradients(), First).Value) / 2;
        Near(mean, new ListwiseLoss(.2, .7).Evaluate(two, two.NewGradients(), First).Value, 1e-12);

        // A low grade temperature: only the best grade counts; grade 0 is a negative.
        var graded = Batch.Random(5, 4, 3, 11, Graded(5, i => [(i, 3), ((i + 1) % 5, 0), (5 + i, 1)]));
        Near(new InfoNceLoss(.2).Evaluate(batch, batch.NewGradients(), First).Value, new ListwiseLoss(.2, .02).Evaluate(graded, graded.NewGradients(), First).Value, 1e-12);
    }

    [Fact]
    public void Gist_GuideThatMasksNothing_IsMnrlWithQueriesAndDocuments()
    {
        // A margin of -10: nothing comes near enough to be left out. Documents against documents are positives only, so one column of them.
        var c = InBatchLossCase.Of("gist", 6, 5, 12, columns: 2);
        Same(c.Rows, LossRegistry.Create(InBatchLossCase.Mnrl("query_to_doc,query_to_query,doc_to_doc")), new GistLoss(.2, -10, false, true, true), 1e-12);
    }

    [Theory, InlineData("in_batch_negatives"), InlineData("hard_negatives"), InlineData("all_negatives")]
    public void Mnrl_Hardness_IsThePlainLoopWithTheStrengthHeldConstant(string mode)
    {
        const double Strength = 3, Temperature = .2, Step = 1e-6;
        var batch = Batch.Random(4, 3, 3, 13);
        double[,] constant = Cosines(batch);
        var gradients = batch.NewGradients();
        var loss = LossRegistry.Create(new LossChoice("mnrl").With("temperature", Temperature).With("hardness_mode", mode).With("hardness_strength", Strength));
        Near(Value(), loss.Evaluate(batch, gradients, First).Value, 1e-12);
        for (int c = 0; c < 3; c++)
        {
            for (int i = 0; i < 12; i++)
            {
                ref double x = ref batch.Columns[c].Data.Span[i];
                x += Step;
                double above = Value();
                x -= 2 * Step;
                double below = Value();
                x += Step;
                Near((above - below) / (2 * Step), gradients[c].Data.Span[i], 1e-7);
            }
        }

        double Value()
        {
            double[,] s = Cosines(batch);
            double sum = 0;
            for (int i = 0; i < 4; i++)
            {
                double total = 0;
                for (int j = 0; j < 8; j++)
                {
                    bool own = j % 4 == i, harder = own ? j >= 4 && mode != "in_batch_negatives" : mode != "hard_negatives";
                    total += Math.Exp((s[i, j] / Temperature) + (harder ? Strength * constant[i, j] : 0));
                }

                sum += (Math.Log(total) - (s[i, i] / Temperature)) / 4;
            }

            return sum;
        }
    }

    [Fact]
    public void Dclw_WeightsHeldConstant_IsDclWithWeightedPositives()
    {
        const double Temperature = .2, Sigma = .5, Step = 1e-6;
        var batch = Batch.Random(5, 4, 2, 14);
        double[,] s = Cosines(batch);
        double sum = Enumerable.Range(0, 5).Sum(i => Math.Exp(s[i, i] / Sigma));
        double[] weights = [.. Enumerable.Range(0, 5).Select(i => 2 - (5 * Math.Exp(s[i, i] / Sigma) / sum))];
        var gradients = batch.NewGradients();
        Near(Value(), new DecoupledLoss(Temperature, Sigma).Evaluate(batch, gradients, First).Value, 1e-12);
        for (int i = 0; i < 40; i++)
        {
            ref double x = ref batch.Columns[i / 20].Data.Span[i % 20];
            x += Step;
            double above = Value();
            x -= 2 * Step;
            double below = Value();
            x += Step;
            Near((above - below) / (2 * Step), gradients[i / 20].Data.Span[i % 20], 1e-7);
        }

        double Value()
        {
            double[,] now = Cosines(batch);
            return new DecoupledLoss(Temperature, null).Evaluate(batch, batch.NewGradients(), First).Value - Enumerable.Range(0, 5).Sum(i => (weights[i] - 1) * now[i, i] / Temperature / 5);
        }
    }

    [Fact]
    public void Orthogonal_IsThePlainLoopOverAllPairsOfRows_AndAddsItself()
    {
        var batch = Batch.Random(7, 4, 3, 15, new RowSide { AbsentDocuments = new[] { 8, 10 } });
        double expected = 0;
        for (int c = 0; c < 3; c++)
        {
            int[] rows = [.. Enumerable.Range(0, 7).Where(i => c < 2 || i is not (1 or 3))];
            double[] cosines = [.. rows.SelectMany(i => rows.Where(j => j != i).Select(j => Cosine(batch.Columns[c][i], batch.Columns[c][j])))];
            expected += ((2 * Math.Pow(cosines.Average(), 2)) + (3 * Math.Max(cosines.Average(x => x * x) - .25, 0))) / 3;
        }

        Near(expected, new OrthogonalLoss(2, 3).Evaluate(batch, batch.NewGradients(), First).Value, 1e-12);
        var alone = batch.NewGradients();
        var inner = batch.NewGradients();
        var sum = batch.NewGradients();
        double value = new OrthogonalLoss(1, 1).Evaluate(batch, alone, First).Value * .5 + new InfoNceLoss(.2).Evaluate(batch, inner, First).Value;
        Near(value, LossRegistry.Create(new LossChoice("mnrl").With("temperature", .2).With("orthogonal_weight", .5)).Evaluate(batch, sum, First).Value, 1e-12);
        Assert.All(sum.Flat().Select((g, i) => (g, (alone.Flat()[i] * .5) + inner.Flat()[i])).ToArray(), p => Near(p.Item2, p.g, 1e-12));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void FalseNegativeSimilarity_IsTheMaskOfTheDocumentsThatNear(bool byGuide)
    {
        var c = InBatchLossCase.Of("mnrl", 9, 3, 16);
        var judged = byGuide ? c.Rows.Guide : c.Rows.Columns;
        int[][] masked = [.. Enumerable.Range(0, 9).Select(i => c.Rows.Side.MaskOf(i).ToArray().Concat(Enumerable.Range(0, 18).Where(d => d != i && Cosine(judged[1][i], judged[1 + (d / 9)][d % 9]) > .4)).ToArray())];
        Assert.Contains(masked, m => m.Length > 3);
        var by = c.Rows with { Side = Batch.Masked(masked, c.Rows.Side.AbsentDocuments.ToArray()) };
        var filtered = LossRegistry.Create(new LossChoice("mnrl").With("false_negative_similarity", .4).With("false_negative_by", byGuide ? "guide" : "vectors"));
        var a = c.Rows.NewGradients();
        var b = c.Rows.NewGradients();
        Assert.Equal(new InfoNceLoss().Evaluate(by, a, First), filtered.Evaluate(c.Rows, b, First));
        Assert.Equal(a.Flat(), b.Flat());
        var single = c.Single();
        Assert.Equal(new InfoNceLoss().Evaluate(single with { Side = by.Side }, single.NewGradients(), First), filtered.Evaluate(single, single.NewGradients(), First));
    }

    [Theory, InlineData("mnrl"), InlineData("ntxent"), InlineData("gist"), InlineData("siglip"), InlineData("dcl")]
    public void Queue_OfTheSameRows_IsALargerBatchsNegatives(string name)
    {
        var past = Identified(Batch.Random(5, 4, 2, 17), 100, i => [100 + i]);
        var now = Identified(Batch.Random(5, 4, 2, 18), 200, i => i == 2 ? [202, 101] : [200 + i]);
        var queue = LossRegistry.Create(new LossChoice(name).With("queue", 5));
        queue.Evaluate(past, past.NewGradients(), First);
        var gradients = now.NewGradients();
        double value = queue.Evaluate(now, gradients, First).Value;

        // The same documents as a column of negatives, newest first; document 101 answers anchor 2.
        var order = Enumerable.Range(0, 5).Reverse();
        Rows<double> Column(Rows<double> rows) => new(order.SelectMany(i => rows[i].ToArray()).ToArray(), 5, rows.Dimensions, rows.Dimensions);
        var wide = new LossBatch<double>([.. now.Columns, Column(past.Columns[1])], Batch.Masked([[], [], [5 + 3], [], []])) { Guide = [.. now.Guide, Column(past.Guide[1])] };
        var expected = wide.NewGradients();
        Near(LossRegistry.Create(name).Evaluate(wide, expected, First).Value, value, 1e-6);        // the queue keeps float32
        Assert.All(gradients.Flat().Zip(expected[..2].Flat()), p => Near(p.Second, p.First, 2e-5));
    }

    [Fact]
    public void Queue_WrapsAround_AndLeavesOutWhatStandsInTheBatch()
    {
        var queue = new QueueLoss(new InfoNceLoss(), 4);
        var first = Identified(Batch.Random(3, 4, 2, 20), 10, i => [10 + i]);
        var second = Identified(Batch.Random(3, 4, 2, 21), 12, i => [12 + i]);       // 12 stands in both
        var probe = Identified(Batch.Random(1, 4, 2, 22), 13, i => [13]);            // 13 stands in the queue
        queue.Evaluate(first, first.NewGradients(), First);
        queue.Evaluate(second, second.NewGradients(), First);

        // Of 10 11 12 12' 13 14 the last four are kept; 13 stands in the batch and 12 is the older of two: 14 and 12' are left.
        var wide = new LossBatch<double>([.. probe.Columns, Only(second, 2), Only(second, 0)], RowSide.Empty);
        Near(new InfoNceLoss().Evaluate(wide, wide.NewGradients(), First).Value, queue.Evaluate(probe, probe.NewGradients(), First).Value, 1e-6);

        static Rows<double> Only(LossBatch<double> batch, int row) => new(batch.Columns[1][row].ToArray(), 1, 4, 4);
    }

    [Fact]
    public void Queue_RestoredPieceByPiece_GoesOnBitEqual()
    {
        var choice = new LossChoice("gist").With("queue", 7).With("orthogonal_weight", .1);
        var a = LossRegistry.Create(choice);
        var batches = Enumerable.Range(0, 4).Select(s => Identified(Batch.Random(3, 4, 3, 30 + s), s * 10, i => [(s * 10) + i])).ToArray();
        a.Evaluate(batches[0], batches[0].NewGradients(), First);
        a.Evaluate(batches[1], batches[1].NewGradients(), First);
        byte[][] saved = [.. a.State.Select(s => s.ToArray())];
        var b = LossRegistry.Create(choice);
        int piece = 0;
        foreach (var state in b.State)
        {
            saved[piece++].CopyTo(state);       // throws where the length is another
        }

        Assert.Equal(saved.Length, piece);
        var ga = batches[2].NewGradients();
        var gb = batches[2].NewGradients();
        Assert.Equal(a.Evaluate(batches[2], ga, First), b.Evaluate(batches[2], gb, First));
        Assert.Equal(ga.Flat(), gb.Flat());
        Assert.Equal(a.State.Select(s => s.ToArray()), b.State.Select(s => s.ToArray()));
    }

    [Fact]
    public void Queue_RowsOfAnotherWidth_OrAfterNaN_AreNotTaken()
    {
        var queue = new QueueLoss(new InfoNceLoss(), 4);
        var bad = Identified(Batch.Random(2, 3, 2, 1), 0, i => [i]);
        bad.Columns[0].Data.Span[0] = double.NaN;
        Assert.True(double.IsNaN(queue.Evaluate(bad, bad.NewGradients(), First).Value));
        var good = Identified(Batch.Random(2, 3, 2, 1), 0, i => [i]);
        Assert.Equal(new InfoNceLoss().Evaluate(good, good.NewGradients(), First), queue.Evaluate(good, good.NewGradients(), First));
        var other = Identified(Batch.Random(2, 5, 2, 1), 0, i => [i]);
        Assert.Throws<ShapeException>(() => queue.Evaluate(other, other.NewGradients(), First));
    }

    [Theory]
    [InlineData("directions", "query_to_query", "query_to_doc")]
    [InlineData("directions", "query_to_dog", "one or more of")]
    [InlineData("partition_mode", "both", "joint | per_direction")]
    [InlineData("hardness_strength", "5", "set both")]
    [InlineData("hardness_mode", "all_negatives", "set both")]
    [InlineData("queue", "1.5", "whole")]
    [InlineData("false_negative_by", "guide", "false_negative_similarity is off")]
    [InlineData("false_negative_similarty", ".5", "false_negative_similarity")]
    public void Registry_BadMnrlOption_IsRefusedWithAWayOut(string option, string value, string says)
    {
        var problem = Assert.Single(LossRegistry.Problems(new LossChoice("mnrl").With(option, value)));
        Assert.Contains(says, problem, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => LossRegistry.Create(new LossChoice("mnrl").With(option, value)));
    }

    [Theory, InlineData("query_to_doc,query_to_query"), InlineData("query_to_doc,doc_to_query,doc_to_doc")]
    public void Registry_PerDirectionWithoutPositive_IsRefused(string directions) =>
        Assert.Contains("holds no positive", Assert.Single(LossRegistry.Problems(InBatchLossCase.Mnrl(directions).With("partition_mode", "per_direction"))), StringComparison.Ordinal);

    private static void Same(LossBatch<double> batch, ILoss expected, ILoss actual, double tolerance)
    {
        var a = batch.NewGradients(double.NaN);
        var b = batch.NewGradients(double.NaN);
        Near(expected.Evaluate(batch, a, First).Value, actual.Evaluate(batch, b, First).Value, tolerance);
        Assert.All(a.Flat().Zip(b.Flat()), p => Near(p.First, p.Second, tolerance));
    }

    private static LossBatch<double> Identified(LossBatch<double> batch, int firstId, Func<int, int[]> answers)
    {
        int[][] lists = [.. Enumerable.Range(0, batch.Pairs).Select(answers)];
        return batch with
        {
            Side = batch.Side with
            {
                DocumentIds = Enumerable.Range(firstId, batch.Documents).ToArray(),
                AnswerOffsets = InBatchLossCase.Offsets(lists),
                AnswerIds = lists.SelectMany(l => l).ToArray(),
            },
            Guide = Batch.Random(batch.Pairs, 3, batch.Columns.Count, firstId + 7).Columns,
        };
    }

    private static RowSide Graded(int pairs, Func<int, (int Document, double Grade)[]> grades)
    {
        var lists = Enumerable.Range(0, pairs).Select(i => grades(i).OrderBy(g => g.Document).ToArray()).ToArray();
        return new RowSide
        {
            GradeOffsets = InBatchLossCase.Offsets([.. lists.Select(l => l.Select(g => g.Document).ToArray())]),
            GradedDocuments = lists.SelectMany(l => l.Select(g => g.Document)).ToArray(),
            Grades = lists.SelectMany(l => l.Select(g => g.Grade)).ToArray(),
        };
    }

    private static double[,] Cosines(LossBatch<double> batch)
    {
        var s = new double[batch.Pairs, batch.Documents];
        for (int i = 0; i < batch.Pairs; i++)
        {
            for (int j = 0; j < batch.Documents; j++)
            {
                s[i, j] = Cosine(batch.Columns[0][i], batch.Columns[1 + (j / batch.Pairs)][j % batch.Pairs]);
            }
        }

        return s;
    }

    private static double Cosine(Span<double> a, Span<double> b)
    {
        double ab = 0, aa = 0, bb = 0;
        for (int k = 0; k < a.Length; k++)
        {
            (ab, aa, bb) = (ab + (a[k] * b[k]), aa + (a[k] * a[k]), bb + (b[k] * b[k]));
        }

        return ab / Math.Sqrt(aa * bb);
    }

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"expected {expected:R}, got {actual:R}");
}
