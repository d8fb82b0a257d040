using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Optimization;

public class TokenWeightsTests
{
    private const int D = 12, Padded = 16;
    private static readonly string[] Texts = ["a b a c", "b d", "c c c d a", "d e", "a e e", "b c e"];
    private static readonly ToyTokenizer Tokenizer = new("a b c d e unused".Split(' '));
    private static readonly TrainingOptions Options = new() { Batch = 16, Epochs = 4, Rate = 0.05, Threads = 1, CheckpointSteps = 3, TokenWeights = new TokenWeightOptions { Rate = 0.03 } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // At factors that are not 1: the change of the first moments against central differences of the loss in double.
    [Fact]
    public async Task Step_Gradients_AreTheDifferencesOfTheLoss()
    {
        var start = StaticStart.Random(Tokenizer, D, 1);
        var encoder = await start.BeginAsync([.. Texts.Select(t => new TrainingText(t, TextRole.Document))], Options, Token);
        var loss = new InfoNceLoss(0.3);
        for (int step = 0; step < 4; step++)
        {
            Step(encoder, loss);
        }

        double[] factors = encoder.Weights!.Values.ToArray(), firstFactors = encoder.Weights.First.ToArray();
        double[] rows = [.. encoder.Weights.Rows.ToArray().Select(x => (double)x)];
        float[] firstRows = FirstMoments(encoder);
        Assert.All(factors, f => Assert.NotEqual(1, f));
        Step(encoder, loss);
        double[] nextFactors = encoder.Weights.First.ToArray();
        float[] nextRows = FirstMoments(encoder);
        for (int t = 0; t < factors.Length; t++)
        {
            int token = t;
            Assert.Equal(Slope(h => Loss(loss, Moved(factors, token, h), rows)), (nextFactors[t] - (0.9 * firstFactors[t])) / 0.1, 2e-4);
            for (int k = 0; k < D; k++)
            {
                int at = (t * Padded) + k;
                Assert.Equal(Slope(h => Loss(loss, factors, Moved(rows, at, h))), (nextRows[at] - (0.9 * firstRows[at])) / 0.1, 2e-4);
            }
        }
    }

    [Fact]
    public async Task ToRows_AreFactorTimesRow_AndWhatNoTextHoldsStays()
    {
        var start = StaticStart.Random(Tokenizer, D, 1);
        var encoder = await start.BeginAsync([.. Texts.Select(t => new TrainingText(t, TextRole.Document))], Options, Token);
        Assert.Equal(start.Rows.ToArray(), encoder.ToRows());
        Step(encoder, new InfoNceLoss());
        float[] after = encoder.ToRows();
        for (int t = 0; t < encoder.Weights!.Values.Length; t++)
        {
            for (int k = 0; k < D; k++)
            {
                Assert.Equal((float)encoder.Weights.Values[t] * encoder.Weights.Rows.Span[(t * Padded) + k], after[((t + 1) * D) + k]);
            }
        }

        Assert.Equal(start.Rows.Span[(6 * D)..].ToArray(), after[(6 * D)..]);
    }

    [Fact]
    public async Task TrainAsync_AnyThreadsAndStops_GiveTheSameBytesAndOthersThanWithoutWeights()
    {
        var task = new ToyTask(topics: 150, pairs: 600, dimensions: 40, hardNegatives: 3);
        using var whole = new TemporaryFolder();
        var result = await new Trainer(Options with { Batch = 130 }).TrainAsync(task.Set, task.Start, task, whole.Path, cancellationToken: Token);
        string expected = TrainerTests.HashOf(result.Encoder, whole.Path);
        using var plain = new TemporaryFolder();
        Assert.NotEqual(result.Encoder.ToRows(), (await new Trainer(Options with { Batch = 130, TokenWeights = null }).TrainAsync(task.Set, task.Start, task, plain.Path, cancellationToken: Token)).Encoder.ToRows());

        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var progress = new Stopping(p => p.Step == 7, stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Trainer(Options with { Batch = 130, Threads = 2 }).TrainAsync(task.Set, task.Start, task, folder.Path, progress: progress, cancellationToken: stop.Token));
        var resumed = await new Trainer(Options with { Batch = 130, Threads = 3 }).TrainAsync(task.Set, task.Start, task, folder.Path, resume: true, cancellationToken: Token);
        Assert.Equal(expected, TrainerTests.HashOf(resumed.Encoder, folder.Path));
    }

    [Fact]
    public void New_OptimizersThatMoveRestingRows_AreRefused()
    {
        foreach (var optimizer in new OptimizerOptions[] { new() { Kind = OptimizerKind.Sgd }, new() { Kind = OptimizerKind.AdamW }, new() { Dense = true }, new() { Kind = OptimizerKind.Adagrad, WeightDecay = 0.1 } })
        {
            Assert.Contains("TokenWeights are learned with adam or adagrad", Assert.Throws<ArgumentException>(() => new Trainer(Options with { Optimizer = optimizer })).Message, StringComparison.Ordinal);
        }

        Assert.Contains("TokenWeights.Rate is 0", Assert.Throws<ArgumentException>(() => new Trainer(Options with { TokenWeights = new() { Rate = 0 } })).Message, StringComparison.Ordinal);
    }

    private static void Step(StaticTrainableEncoder encoder, InfoNceLoss loss)
    {
        var rows = Rows.Allocate<float>(6, D);
        var gradients = Rows.Allocate<float>(6, D);
        encoder.Forward([0, 1, 2, 3, 4, 5], rows, ForwardMode.Record);
        loss.Evaluate(new LossBatch<float>([rows.Slice(0, 3), rows.Slice(3, 3)], RowSide.Empty), [gradients.Slice(0, 3), gradients.Slice(3, 3)], new StepInfo(1, 1, 1));
        encoder.Backward(gradients);
        encoder.Step(0.05);
    }

    private static double Loss(InfoNceLoss loss, double[] factors, double[] rows)
    {
        var texts = Rows.Allocate<double>(6, D);
        for (int i = 0; i < Texts.Length; i++)
        {
            string[] words = Texts[i].Split(' ');
            foreach (string word in words)
            {
                int token = "abcde".IndexOf(word, StringComparison.Ordinal);
                for (int k = 0; k < D; k++)
                {
                    texts[i][k] += factors[token] * rows[(token * Padded) + k] / words.Length;
                }
            }
        }

        var scratch = Rows.Allocate<double>(6, D);
        return loss.Evaluate(new LossBatch<double>([texts.Slice(0, 3), texts.Slice(3, 3)], RowSide.Empty), [scratch.Slice(0, 3), scratch.Slice(3, 3)], new StepInfo(1, 1, 1)).Value;
    }

    private static double Slope(Func<double, double> of) => (of(1e-5) - of(-1e-5)) / 2e-5;

    private static double[] Moved(double[] values, int at, double by)
    {
        double[] moved = [.. values];
        moved[at] += by;
        return moved;
    }

    // Behind the step and the products: the optimiser's first moments of the rows.
    private static float[] FirstMoments(StaticTrainableEncoder encoder)
    {
        using var state = new MemoryStream();
        encoder.Save(state);
        return MemoryMarshal.Cast<byte, float>(state.ToArray().AsSpan(8 + (5 * Padded * 4), 5 * Padded * 4)).ToArray();
    }

    private sealed class Stopping(Func<TrainingProgress, bool> at, CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (at(value))
            {
                source.Cancel();
            }
        }
    }
}
