using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

public class StaticTrainableEncoderTests
{
    private static readonly string[] Texts = ["a b a c", "b", "zzz", "c c c d a", "d zzz e", ""];
    private static readonly ToyTokenizer Tokenizer = new("a b c d e unused".Split(' '));

    [Theory, InlineData(1), InlineData(16), InlineData(40), InlineData(256)]
    public void Forward_Texts_AreTheMeanOfTheirKnownTokensRows(int dimensions)
    {
        var start = StaticStart.Random(Tokenizer, dimensions, 1);
        var encoder = Begin(start, 2);
        var rows = Rows.Allocate<float>(3, dimensions);
        encoder.Forward([0, 3, 4], rows, ForwardMode.Infer);
        float Token(int id, int k) => start.Rows.Span[(id * dimensions) + k];
        for (int k = 0; k < dimensions; k++)
        {
            Assert.Equal(((2 * Token(1, k)) + Token(2, k) + Token(3, k)) / 4, rows[0][k], 1e-5f);
            Assert.Equal(((3 * Token(3, k)) + Token(4, k) + Token(1, k)) / 5, rows[1][k], 1e-5f);
            Assert.Equal((Token(4, k) + Token(5, k)) / 2, rows[2][k], 1e-5f);
        }

        Assert.True(encoder.CanEmbed(4));
        Assert.False(encoder.CanEmbed(2));      // no known token
        Assert.False(encoder.CanEmbed(5));
    }

    [Theory, InlineData(TermFrequency.Root), InlineData(TermFrequency.Once)]
    public void Forward_TermFrequency_PointsWhereTheEncoderPoints(TermFrequency frequency)
    {
        var start = StaticStart.Random(Tokenizer, 24, 1, new StaticEncoderOptions { TermFrequency = frequency });
        var encoder = Begin(start, 1);
        var rows = Rows.Allocate<float>(1, 24);
        float[] unit = new float[24];
        foreach (int text in new[] { 0, 1, 3 })
        {
            encoder.Forward([text], rows, ForwardMode.Infer);
            Assert.True(encoder.ToEncoder().Encode(Texts[text], TextRole.Query, unit, new Nearfar.Text.TokenBuffer()));
            double length = Math.Sqrt(rows[0].ToArray().Sum(x => (double)x * x));
            Assert.All(Enumerable.Range(0, 24), d => Assert.Equal(unit[d], rows[0][d] / length, 1e-5));
        }
    }

    [Theory, InlineData(TermFrequency.Count), InlineData(TermFrequency.Root)]
    public void Forward_Lead_PointsWhereTheEncoderPoints(TermFrequency frequency)
    {
        var start = StaticStart.Random(Tokenizer, 24, 1, new StaticEncoderOptions { TermFrequency = frequency, Lead = new LeadOptions { Tokens = 2, Weight = 3 } });
        var encoder = Begin(start, 1);
        var rows = Rows.Allocate<float>(1, 24);
        float[] unit = new float[24], question = new float[24];
        foreach (int text in new[] { 0, 1, 3 })
        {
            encoder.Forward([text], rows, ForwardMode.Infer);
            Assert.True(encoder.ToEncoder().Encode(Texts[text], TextRole.Document, unit, new Nearfar.Text.TokenBuffer()));
            encoder.ToEncoder().Encode(Texts[text], TextRole.Query, question, new Nearfar.Text.TokenBuffer());
            double length = Math.Sqrt(rows[0].ToArray().Sum(x => (double)x * x));
            Assert.All(Enumerable.Range(0, 24), d => Assert.Equal(unit[d], rows[0][d] / length, 1e-5));
            Assert.Equal(text == 1, Enumerable.Range(0, 24).All(d => Math.Abs(unit[d] - question[d]) < 1e-5));      // one word has the same direction
        }

        Assert.NotEqual(start.Hash, StaticStart.Random(Tokenizer, 24, 1, new StaticEncoderOptions { TermFrequency = frequency }).Hash);
        Assert.NotEqual(start.Hash, StaticStart.Random(Tokenizer, 24, 1, start.Options with { Lead = start.Options.Lead! with { Of = LeadField.Title } }).Hash);
    }

    [Theory, InlineData(1), InlineData(40), InlineData(128)]
    public void Step_Gradient_IsTheSumOverTextsOfCountOverLength(int dimensions)
    {
        var start = StaticStart.Random(Tokenizer, dimensions, 1);
        var encoder = Begin(start, 2);
        int[] inputs = [0, 1, 3, 0];        // one text twice
        var rows = Rows.Allocate<float>(4, dimensions);
        encoder.Forward(inputs, rows, ForwardMode.Record);
        var gradients = Rows.Allocate<float>(4, dimensions);
        for (int i = 0; i < gradients.Data.Length; i++)
        {
            gradients.Data.Span[i] = MathF.Sin(i * 0.9f);
        }

        encoder.Backward(gradients);
        encoder.Step(0.1);
        float[] after = encoder.ToRows();

        // After one step from zero moments the first moment is a tenth of the gradient.
        using var state = new MemoryStream();
        encoder.Save(state);
        int padded = (dimensions + 15) / 16 * 16, tokens = 5;
        var first = MemoryMarshal.Cast<byte, float>(state.ToArray().AsSpan(8 + (tokens * padded * 4), tokens * padded * 4));
        string[][] words = [.. Texts.Select(t => t.Split(' ').Where(w => w.Length == 1).ToArray())];
        for (int token = 0; token < tokens; token++)
        {
            string word = Tokenizer.TokenOf(token + 1);
            for (int k = 0; k < dimensions; k++)
            {
                double gradient = Enumerable.Range(0, 4).Sum(i => words[inputs[i]].Count(w => w == word) / (double)words[inputs[i]].Length * gradients[i][k]);
                Assert.Equal(0.1 * gradient, first[(token * padded) + k], 1e-6);
                float before = start.Rows.Span[((token + 1) * dimensions) + k];
                float moved = after[((token + 1) * dimensions) + k] - before;
                Assert.Equal(Math.Abs(gradient) < 1e-6 ? 0 : -0.1 * Math.Sign(gradient), moved, 1e-3);
            }
        }

        // Tokens that no text of the batch holds, and those no text holds at all, stay where they were.
        Assert.Equal(start.Rows.Span.Slice(5 * dimensions, 2 * dimensions).ToArray(), after[(5 * dimensions)..]);
    }

    [Fact]
    public void Begin_PromptsAndCut_AreTheEncoders()
    {
        var start = StaticStart.Random(Tokenizer, 16, 1, new StaticEncoderOptions { QueryPrompt = "e ", MaxTokens = 2 });
        var encoder = start.Begin([new("a b c", TextRole.Query), new("a b c", TextRole.Document)], 1);
        var rows = Rows.Allocate<float>(2, 16);
        encoder.Forward([0, 1], rows, ForwardMode.Infer);
        Assert.Equal((start.Rows.Span[5 * 16] + start.Rows.Span[1 * 16]) / 2, rows[0][0], 1e-6f);
        Assert.Equal((start.Rows.Span[1 * 16] + start.Rows.Span[2 * 16]) / 2, rows[1][0], 1e-6f);
    }

    [Fact]
    public async Task ToEncoder_Texts_PointWhereTheTrainedRowsDo()
    {
        var encoder = Begin(StaticStart.Random(Tokenizer, 40, 3), 1);
        var rows = Rows.Allocate<float>(2, 40);
        encoder.Forward([0, 3], rows, ForwardMode.Infer);
        float[] unit = new float[80];
        await encoder.ToEncoder().EncodeAsync([Texts[0], Texts[3]], TextRole.Document, unit, TestContext.Current.CancellationToken);
        for (int i = 0; i < 2; i++)
        {
            double length = Math.Sqrt(rows[i].ToArray().Sum(x => (double)x * x));
            for (int k = 0; k < 40; k++)
            {
                Assert.Equal(rows[i][k] / length, unit[(i * 40) + k], 1e-6);
            }
        }
    }

    [Fact]
    public void From_Encoder_RescalesToRootMeanSquareOne()
    {
        var rows = Rows.Allocate<float>(Tokenizer.VocabularySize, 8);
        for (int i = 8; i < rows.Data.Length; i++)
        {
            rows.Data.Span[i] = i % 5 * 7;
        }

        var start = StaticStart.From(new StaticEncoder(Tokenizer, rows));
        Assert.Equal(1, start.Rows.ToArray().Average(x => (double)x * x), 1e-5);
        Assert.Equal(0, start.Rows.Span[3]);        // the unknown token's row
        Assert.NotEqual(StaticStart.Random(Tokenizer, 8, 1).Hash, start.Hash);
        Assert.Throws<NearfarException>(() => StaticStart.From(new StaticEncoder(Tokenizer, Rows.Allocate<float>(Tokenizer.VocabularySize, 8))));
    }

    [Theory, InlineData(40), InlineData(256)]
    public void Step_AnyNumberOfThreads_EqualBytes(int dimensions)
    {
        byte[] expected = TrainedBytes(dimensions, 1);
        Assert.Equal(expected, TrainedBytes(dimensions, 2));
        Assert.Equal(expected, TrainedBytes(dimensions, 5));
    }

    [Fact]
    public void Step_OnceWarm_AllocatesNextToNothing()
    {
        var (encoder, inputs) = BeginOn(ManyTexts(), 48, 1);
        var buffers = new BatchBuffers(48);
        var loss = new InfoNceLoss();
        var (columns, gradients) = buffers.For(2, inputs.Length / 2);
        var batch = new LossBatch<float>(columns, RowSide.Empty);
        void Steps(int count)
        {
            for (int step = 1; step <= count; step++)
            {
                _ = buffers.For(2, inputs.Length / 2);
                encoder.Forward(inputs, buffers.Rows, ForwardMode.Record);
                loss.Evaluate(batch, gradients, new StepInfo(step, 1, 1));
                encoder.Backward(buffers.Gradients);
                encoder.Step(0.01);
            }
        }

        Steps(3);
        // The least of several: the run-time may at any moment allocate on the thread that it runs on, for its own ends.
        long least = Enumerable.Range(0, 10).Min(_ =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Steps(3);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.InRange(least, 0, 3 * 64);       // one small object a step, whatever the batch; a string or a buffer would be more
    }

    [Fact]
    public void Backward_WithoutRecordedForward_IsRefused()
    {
        var encoder = Begin(StaticStart.Random(Tokenizer, 16, 1), 1);
        encoder.Forward([0], Rows.Allocate<float>(1, 16), ForwardMode.Infer);
        Assert.Throws<InvalidOperationException>(() => encoder.Backward(Rows.Allocate<float>(1, 16)));
        Assert.Throws<InvalidOperationException>(() => encoder.Step(0.1));
    }

    private static StaticTrainableEncoder Begin(StaticStart start, int threads) => start.Begin([.. Texts.Select(t => new TrainingText(t, TextRole.Document))], threads);

    private static byte[] TrainedBytes(int dimensions, int threads)
    {
        var (encoder, inputs) = BeginOn(ManyTexts(), dimensions, threads);
        var rows = Rows.Allocate<float>(inputs.Length, dimensions);
        for (int step = 0; step < 3; step++)
        {
            encoder.Forward(inputs, rows, ForwardMode.Record);
            encoder.Backward(rows);     // any gradient does
            encoder.Step(0.1);
        }

        using var state = new MemoryStream();
        encoder.Save(state);
        return state.ToArray();
    }

    private static (StaticTrainableEncoder Encoder, int[] Inputs) BeginOn(TrainingText[] texts, int dimensions, int threads)
    {
        var start = StaticStart.Random(new ToyTokenizer(Enumerable.Range(0, 300).Select(i => $"w{i}")), dimensions, 1);
        return (start.Begin(texts, threads), [.. Enumerable.Range(0, texts.Length).Reverse()]);
    }

    // 400 texts of 1 to 30 words, the first words the most frequent.
    private static TrainingText[] ManyTexts()
    {
        var random = new SeededRandom(3);
        return [.. Enumerable.Range(0, 400).Select(i => new TrainingText(string.Join(' ', Enumerable.Range(0, 1 + random.Below(30)).Select(_ => $"w{random.Below(1 + random.Below(300))}")), TextRole.Document))];
    }
}
