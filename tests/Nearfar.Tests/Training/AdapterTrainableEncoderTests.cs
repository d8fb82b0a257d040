using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Tests.Encoding;
using Nearfar.Training;
using Nearfar.Training.Optimization;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

public class AdapterTrainableEncoderTests
{
    private const int D = 40;
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly StaticEncoder Base = SmallModels.Encoder(D);
    private static readonly TrainingText[] Texts =
        [new("refund annual", TextRole.Query), new("refund annual", TextRole.Document), new("where is my order", TextRole.Query), new("late delivery", TextRole.Document), new("zebra", TextRole.Query)];

    private static ValueTask<AdapterTrainableEncoder> BeginAsync(int rank, int threads = 1, OptimizerOptions? optimizer = null) =>
        new AdapterStart(Base, new AdapterOptions { Rank = rank }).BeginAsync(Texts, new TrainingOptions { Threads = threads, Optimizer = optimizer ?? new() }, Token);

    private static Rows<float> Gradients(int count)
    {
        var rows = Rows.Allocate<float>(count, D);
        for (int i = 0; i < rows.Data.Length; i++)
        {
            rows.Data.Span[i] = MathF.Sin(i * 0.7f);
        }

        return rows;
    }

    private static float[] Parameters(AdapterTrainableEncoder encoder)
    {
        var rows = encoder.ToMap().Rows;
        return [.. Enumerable.Range(0, rows.Count).SelectMany(i => rows[i].ToArray())];
    }

    [Theory, InlineData(0), InlineData(3)]
    public async Task Forward_AtTheStart_IsTheBase(int rank)
    {
        var encoder = await BeginAsync(rank);
        var rows = Rows.Allocate<float>(4, D);
        encoder.Forward([0, 1, 2, 3], rows, ForwardMode.Infer);
        float[] expected = new float[4 * D];
        await Base.EncodeAsync([.. Texts.Take(4).Select(t => t.Text)], TextRole.Query, expected, Token);
        Assert.Equal(expected, rows.Data.ToArray());
        Assert.False(encoder.CanEmbed(4));
    }

    // One step of plain gradient descent shows the gradient; the chain rule written out in loops is the oracle. Documents give none.
    [Theory, InlineData(0), InlineData(3)]
    public async Task Step_OfPlainDescent_IsTheChainRule(int rank)
    {
        var encoder = await BeginAsync(rank, 2, new() { Kind = OptimizerKind.Sgd, Momentum = 0 });
        int[] inputs = [0, 2, 1, 3, 0];
        var gradients = Gradients(inputs.Length);
        double rate = 0.5 / Math.Sqrt(D);
        void One()
        {
            encoder.Forward(inputs, Rows.Allocate<float>(inputs.Length, D), ForwardMode.Record);
            encoder.Backward(gradients);
            encoder.Step(0.5);
        }

        One();      // away from A = 0, where B has no gradient
        float[] before = Parameters(encoder);
        One();
        float[] after = Parameters(encoder);
        double[] expected = [.. before.Select(v => (double)v)];
        float[] x = new float[D];
        for (int q = 0; q < inputs.Length; q++)
        {
            if (Texts[inputs[q]].Role == TextRole.Document)
            {
                continue;
            }

            await Base.EncodeAsync([Texts[inputs[q]].Text], TextRole.Query, x, Token);
            for (int j = 0; rank == 0 && j < D; j++)
            {
                for (int i = 0; i < D; i++)
                {
                    expected[(j * D) + i] -= rate * gradients[q][j] * x[i];
                }
            }

            for (int k = 0; k < rank; k++)
            {
                double hidden = 0, back = 0;
                for (int i = 0; i < D; i++)
                {
                    hidden += before[(k * D) + i] * x[i];
                    back += before[((rank + k) * D) + i] * gradients[q][i];
                }

                for (int i = 0; i < D; i++)
                {
                    expected[(k * D) + i] -= rate * back * x[i];
                    expected[((rank + k) * D) + i] -= rate * hidden * gradients[q][i];
                }
            }
        }

        for (int i = 0; i < after.Length; i++)
        {
            Assert.Equal(expected[i], after[i], 1e-5);
        }
    }

    [Theory, InlineData(0, false), InlineData(3, false), InlineData(0, true)]
    public async Task Step_ThreadsOrALoad_ChangeNoBit(int rank, bool half)
    {
        var optimizer = new OptimizerOptions { Kind = OptimizerKind.AdamW, ClipNorm = 1, State = half ? StateFormat.BFloat16 : StateFormat.Float32 };
        async Task<float[]> RunAsync(int threads, bool load)
        {
            var encoder = await BeginAsync(rank, threads, optimizer);
            for (int step = 0; step < 6; step++)
            {
                encoder.Forward([0, 2, 1, 3], Rows.Allocate<float>(4, D), ForwardMode.Record);
                encoder.Backward(Gradients(4));
                encoder.Step(0.1);
                if (load && step == 2)
                {
                    using var state = new MemoryStream();
                    encoder.Save(state);
                    encoder = await BeginAsync(rank, threads, optimizer);
                    encoder.Load(new MemoryStream(state.ToArray()));
                }
            }

            return Parameters(encoder);
        }

        float[] one = await RunAsync(1, load: false);
        Assert.NotEqual(one, Parameters(await BeginAsync(rank)));
        Assert.Equal(one, await RunAsync(3, load: false));
        Assert.Equal(one, await RunAsync(1, load: true));
    }

    [Fact]
    public void Start_RankAboveTheLength_IsRefused() =>
        Assert.Contains("rank is 41", Assert.Throws<NearfarException>(() => new AdapterStart(Base, new AdapterOptions { Rank = 41 })).Message, StringComparison.Ordinal);
}
