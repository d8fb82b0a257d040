using Nearfar.Training.Losses;
using Xunit;

namespace Nearfar.Tests.Training.Losses;

public class MatryoshkaLossTests
{
    private static readonly StepInfo First = new(1, 1, 1);

    [Fact]
    public void Evaluate_SeveralWidths_IsTheWeightedSumOverCuts()
    {
        var batch = Batch.Random(7, 6, 3, 2);
        var inner = new InfoNceLoss();
        double expected = 0;
        foreach (var (d, w) in new[] { (6, 1.0), (4, .5), (2, .25) })
        {
            var cut = new LossBatch<double>([.. batch.Columns.Select(c => c.Cut(d))], RowSide.Empty);
            expected += w * inner.Evaluate(cut, cut.NewGradients(), First).Value;
        }

        Assert.Equal(expected, Of("2, 6, 4", "0.25, 1, 0.5").Evaluate(batch, batch.NewGradients(), First).Value, 1e-12);
    }

    [Fact]
    public void Evaluate_CutOfALossThatReadsLengths_IsNormalised()
    {
        var batch = Batch.Of(new RowSide { TeacherScores = new double[] { 1, 0 } }, new double[,] { { 3, 4, 9 } }, new double[,] { { 6, 8, 0 } }, new double[,] { { -8, 6, 1 } });
        var loss = new MatryoshkaLoss(new MarginMseLoss(new DotMeasure()), [3, 2], []);
        // Full: margin 50 - 9 against 1. Cut: unit vectors, cosine 1 and 0, so the teacher's margin.
        Assert.Equal(Math.Pow(50 - 9 - 1, 2), loss.Evaluate(batch, batch.NewGradients(), First).Value, 1e-9);
    }

    [Fact]
    public void Evaluate_SomeWidthsAStep_DrawsBySeedAndStep()
    {
        var batch = Batch.Random(7, 6, 2, 2);
        var loss = LossRegistry.Create(new LossChoice("mnrl").With("matryoshka", "6,5,4,3,2").With("matryoshka_per_step", 2));
        double[] values = [.. Enumerable.Range(1, 40).Select(step => loss.Evaluate(batch, batch.NewGradients(), new StepInfo(step, 1, 1)).Value)];
        Assert.Equal(values[3], loss.Evaluate(batch, batch.NewGradients(), new StepInfo(4, 1, 1)).Value);
        Assert.InRange(values.Distinct().Count(), 5, 10);       // of the 10 choices of 2 widths
    }

    [Fact]
    public void Prepare_EncoderOfAnotherWidth_IsRefusedBeforeWork()
    {
        var e = Assert.Throws<ShapeException>(() => Of("6,4", "").Prepare(8, 0, 1));
        Assert.Contains("8 dimensions", e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("6,6", null, "twice"), InlineData("6,4", "1", "one each"), InlineData("6.5", null, "matryoshka"), InlineData("0", null, "matryoshka"), InlineData("6", "0", "weights")]
    public void Problems_BadOptions_AreNamed(string dimensions, string? weights, string part)
    {
        var choice = new LossChoice("cosent").With("matryoshka", dimensions);
        choice = weights is null ? choice : choice.With("matryoshka_weights", weights);
        Assert.Contains(part, Assert.Single(LossRegistry.Problems(choice)), StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_WeightsWithoutWidths_AreNamed() =>
        Assert.Contains("0 widths", Assert.Single(LossRegistry.Problems(new LossChoice("mnrl").With("matryoshka_weights", "1,2"))), StringComparison.Ordinal);

    private static MatryoshkaLoss Of(string dimensions, string weights) => (MatryoshkaLoss)LossRegistry.Create(
        weights.Length == 0 ? new LossChoice("mnrl").With("matryoshka", dimensions) : new LossChoice("mnrl").With("matryoshka", dimensions).With("matryoshka_weights", weights));
}
