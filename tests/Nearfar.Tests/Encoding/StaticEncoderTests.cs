using Microsoft.Extensions.AI;
using Nearfar.Encoding;
using Nearfar.Text;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Encoding;

public class StaticEncoderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(17)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(256)]
    public void Encode_AnyWidth_IsTheNormalisedSumOfTheRows(int dimensions)
    {
        var encoder = SmallModels.Encoder(dimensions);
        var random = new SeededRandom(3);
        float[] into = new float[dimensions];
        for (int n = 0; n < 50; n++)
        {
            string text = SmallModels.Text(random);
            bool known = encoder.Encode(text, TextRole.Query, into, new TokenBuffer());
            double[] expected = Oracle(encoder, text);
            Assert.Equal(known, expected.Any(x => x != 0));
            for (int i = 0; i < dimensions; i++)
            {
                Assert.Equal(expected[i], into[i], 2e-6);
            }
        }
    }

    [Theory]
    [InlineData(TermFrequency.Root, 17)]
    [InlineData(TermFrequency.Root, 64)]
    [InlineData(TermFrequency.Once, 20)]
    public void Encode_TermFrequency_WeighsRepeatedTokensInAnyOrderOfTheWords(TermFrequency frequency, int dimensions)
    {
        var encoder = SmallModels.Encoder(dimensions, new StaticEncoderOptions { TermFrequency = frequency });
        float[] into = new float[dimensions], turned = new float[dimensions];
        Assert.True(encoder.Encode("refund my order order late order", TextRole.Query, into, new TokenBuffer()));
        var buffer = new TokenBuffer();
        encoder.Tokenizer.Encode("refund my order order late order", buffer);
        double[] sum = new double[dimensions];
        foreach (var token in buffer.Ids.ToArray().GroupBy(id => id))
        {
            for (int d = 0; d < dimensions; d++)
            {
                sum[d] += encoder.TokenRows[token.Key][d] * (frequency == TermFrequency.Root ? Math.Sqrt(token.Count()) : 1);
            }
        }

        double length = Math.Sqrt(sum.Sum(x => x * x));
        Assert.All(Enumerable.Range(0, dimensions), d => Assert.Equal(sum[d] / length, into[d], 2e-6));
        encoder.Encode("order late order my refund order", TextRole.Query, turned, new TokenBuffer());
        Assert.Equal(into.Select(BitConverter.SingleToInt32Bits), turned.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData(TermFrequency.Count, 64)]
    [InlineData(TermFrequency.Root, 20)]
    public void Encode_Lead_CountsADocumentsFirstTokensSoOftenAndNoQuestions(TermFrequency frequency, int dimensions)
    {
        var options = new StaticEncoderOptions { TermFrequency = frequency, DocumentPrompt = "late ", MaxTokens = 8 };
        var encoder = SmallModels.Encoder(dimensions, options with { Lead = new LeadOptions { Tokens = 3, Weight = 5 } });
        const string Text = "refund zebra order where is refund order plan my my my";      // behind the prompt: 3 of the lead, the second unknown; 4 more; the cut
        string[] counted = ["late", .. Enumerable.Repeat("refund", 5), .. Enumerable.Repeat("order", 5), "where", "is", "refund", "order"];
        double[] sum = new double[dimensions];
        foreach (var token in counted.GroupBy(t => SmallModels.Tokenizer.IdOf(t)!.Value))
        {
            for (int d = 0; d < dimensions; d++)
            {
                sum[d] += encoder.TokenRows[token.Key][d] * (frequency == TermFrequency.Root ? Math.Sqrt(token.Count()) : token.Count());
            }
        }

        double length = Math.Sqrt(sum.Sum(x => x * x));
        float[] into = new float[dimensions], plain = new float[dimensions];
        Assert.True(encoder.Encode(Text, TextRole.Document, into, new TokenBuffer()));
        Assert.All(Enumerable.Range(0, dimensions), d => Assert.Equal(sum[d] / length, into[d], 2e-6));
        encoder.Encode(Text, TextRole.Query, into, new TokenBuffer());
        SmallModels.Encoder(dimensions, options).Encode(Text, TextRole.Query, plain, new TokenBuffer());
        Assert.Equal(plain, into);
    }

    [Fact]
    public void Encode_LeadThatHoldsTheWholeText_ChangesNoDirection()
    {
        var encoder = SmallModels.Encoder(32, new StaticEncoderOptions { Lead = new LeadOptions { Tokens = 50, Weight = 3 } });
        var random = new SeededRandom(5);
        float[] into = new float[32], plain = new float[32];
        for (int n = 0; n < 50; n++)
        {
            string text = SmallModels.Text(random);
            Assert.Equal(SmallModels.Encoder(32).Encode(text, TextRole.Document, plain, new TokenBuffer()), encoder.Encode(text, TextRole.Document, into, new TokenBuffer()));
            Assert.All(Enumerable.Range(0, 32), d => Assert.Equal(plain[d], into[d], 2e-6));
        }
    }

    [Fact]
    public void Tokenise_LeadOverParts_RepeatsWordsAlone()
    {
        var grams = new GramTokenizer(SmallModels.Tokenizer, new GramOptions { Buckets = 30, AllWords = true, WordPairs = true }, 100);
        var rows = Rows.Allocate<float>(grams.VocabularySize, 4);
        int[] Ids(LeadOptions? lead)
        {
            var buffer = new TokenBuffer();
            new StaticEncoder(grams, rows, new StaticEncoderOptions { Lead = lead }).Tokenise("refund my order", TextRole.Document, buffer);
            return buffer.Ids.ToArray();
        }

        int[] once = Ids(null);
        Assert.True(once.Length > 3);
        Assert.Equal([.. once, .. once[..2], .. once[..2]], Ids(new LeadOptions { Tokens = 2, Weight = 3 }));
        Assert.Equal([.. once, .. once[..3]], Ids(new LeadOptions { Tokens = 40, Weight = 2 }));      // three words, and no part
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(4097, 4)]
    [InlineData(8, 1)]
    [InlineData(8, 65)]
    [InlineData(8, 4, 2)]
    public void New_LeadOutOfRange_IsRefused(int tokens, int weight, int of = 1)
    {
        var lead = new LeadOptions { Of = (LeadField)of, Tokens = tokens, Weight = weight };
        Assert.Single(lead.Problems());
        Assert.Contains(lead.Problems()[0], Assert.Throws<ArgumentOutOfRangeException>(() => SmallModels.Encoder(8, new StaticEncoderOptions { Lead = lead })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EncodeAsync_AloneInAnyBatchAndAnyThread_GivesTheSameBits()
    {
        var encoder = SmallModels.Encoder(100);
        var random = new SeededRandom(4);
        string[] texts = [.. Enumerable.Range(0, 1500).Select(_ => SmallModels.Text(random))];
        float[] together = await EncodeAsync(encoder, texts);
        var buffer = new TokenBuffer();
        for (int i = 0; i < texts.Length; i++)
        {
            float[] alone = new float[100];
            encoder.Encode(texts[i], TextRole.Document, alone, buffer);
            Assert.Equal(alone.Select(BitConverter.SingleToInt32Bits), together.AsSpan(i * 100, 100).ToArray().Select(BitConverter.SingleToInt32Bits));
        }

        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => EncodeAsync(encoder, texts))));
        Assert.All(runs, run => Assert.True(run.AsSpan().SequenceEqual(together)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("zebra ?")]
    [InlineData("\uD800")]
    public void Encode_NoKnownToken_IsAZeroRow(string text)
    {
        float[] into = [.. Enumerable.Repeat(7f, 8)];
        Assert.False(SmallModels.Encoder().Encode(text, TextRole.Query, into, new TokenBuffer()));
        Assert.All(into, x => Assert.Equal(0, x));
    }

    [Theory]
    [InlineData(1e30f)]
    [InlineData(1e-30f)]
    [InlineData(1e-44f)]
    public void Encode_RowsOfAnySize_GivesUnitVectors(float size)
    {
        float[] rows = [.. Enumerable.Repeat(size, SmallModels.Count * 20)];
        var encoder = new StaticEncoder(SmallModels.Tokenizer, new Rows<float>(rows, SmallModels.Count, 20, 20));
        float[] into = new float[20];
        Assert.True(encoder.Encode("refund my order", TextRole.Query, into, new TokenBuffer()));
        Assert.All(into, x => Assert.Equal(1 / Math.Sqrt(20), x, 1e-6));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(-1.1e30f)]
    public void New_ValueThatIsNotFiniteOrTooLarge_NamesTheToken(float value)
    {
        float[] rows = SmallModels.Values(8);
        rows[(2 * 8) + 3] = value;
        Assert.Contains("\"annual\"", Assert.Throws<NearfarException>(() => new StaticEncoder(SmallModels.Tokenizer, new Rows<float>(rows, SmallModels.Count, 8, 8))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_WrongShapeOrCut_IsRefused()
    {
        Assert.Contains("one row for each token", Assert.Throws<NearfarException>(() => new StaticEncoder(SmallModels.Tokenizer, Rows.Allocate<float>(4, 8))).Message, StringComparison.Ordinal);
        Assert.Throws<NearfarException>(() => new StaticEncoder(SmallModels.Tokenizer, new Rows<float>(Memory<float>.Empty, SmallModels.Count, 0, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmallModels.Encoder(8, new StaticEncoderOptions { MaxTokens = 0 }));
    }

    [Fact]
    public void New_RowsChangedBehindIt_KeepsItsOwn()
    {
        float[] rows = SmallModels.Values(8);
        var encoder = new StaticEncoder(SmallModels.Tokenizer, new Rows<float>(rows, SmallModels.Count, 8, 8));
        rows.AsSpan().Clear();
        Assert.Equal(SmallModels.Values(8), encoder.TokenRows.Data.ToArray());
    }

    [Fact]
    public void Encode_PromptsAndCut_ActOnTheirRole()
    {
        var plain = SmallModels.Encoder();
        var prompted = SmallModels.Encoder(8, new StaticEncoderOptions { QueryPrompt = "where is my ", DocumentPrompt = "late ", MaxTokens = 4 });
        Assert.Equal(Encode(plain, "where is my order", TextRole.Query), Encode(prompted, "order plan refund", TextRole.Query));
        Assert.Equal(Encode(plain, "late order plan refund", TextRole.Document), Encode(prompted, "order plan refund annual", TextRole.Document));
        Assert.Equal(Encode(plain, "order", TextRole.Query), Encode(plain, "order", TextRole.Document));
    }

    [Fact]
    public async Task EncodeAsync_TooLittleRoomOrCancelled_WritesNothing()
    {
        var encoder = SmallModels.Encoder();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await encoder.EncodeAsync(["a", "b"], TextRole.Query, new float[15], Token));
        foreach (int count in new[] { 1, 1000 })
        {
            float[] into = new float[count * 8];
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await encoder.EncodeAsync([.. Enumerable.Repeat("order", count)], TextRole.Query, into, new CancellationToken(canceled: true)));
            Assert.All(into, x => Assert.Equal(0, x));
        }
    }

    [Fact]
    public async Task Generators_QueriesAndDocuments_GiveTheEncodersVectorsAndItsPapers()
    {
        var encoder = SmallModels.Encoder(8, new StaticEncoderOptions { QueryPrompt = "where is my ", Label = "v7" });
        foreach (var (generator, role) in new[] { (encoder.Queries, TextRole.Query), (encoder.Documents, TextRole.Document) })
        {
            var vectors = await generator.GenerateAsync(["order", "plan", "zebra"], cancellationToken: Token);
            Assert.Equal(3, vectors.Count);
            Assert.Equal(Encode(encoder, "plan", role), vectors[1].Vector.ToArray());
            Assert.Equal(encoder.Space.Id, vectors[0].ModelId);
            var metadata = Assert.IsType<EmbeddingGeneratorMetadata>(generator.GetService(typeof(EmbeddingGeneratorMetadata)));
            Assert.Equal(("nearfar", encoder.Space.Id, 8), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
            Assert.Same(encoder, generator.GetService(typeof(StaticEncoder)));
            Assert.Same(generator, generator.GetService(typeof(IEmbeddingGenerator)));
            Assert.Null(generator.GetService(typeof(StaticEncoder), "key"));
            Assert.Null(generator.GetService(typeof(string)));
            Assert.Empty(await generator.GenerateAsync([], cancellationToken: Token));
            await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["order"], new EmbeddingGenerationOptions { Dimensions = 4 }, Token));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(["order"], cancellationToken: new CancellationToken(canceled: true)));
            generator.Dispose();
            Assert.Single(await generator.GenerateAsync(["order"], new EmbeddingGenerationOptions { Dimensions = 8 }, Token));     // the encoder is still there
        }
    }

    private static double[] Oracle(StaticEncoder encoder, string text)
    {
        var buffer = new TokenBuffer();
        encoder.Tokenizer.Encode(text, buffer);
        double[] sum = new double[encoder.Dimensions];
        foreach (int id in buffer.Ids)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += encoder.TokenRows[id][i];
            }
        }

        double length = Math.Sqrt(sum.Sum(x => x * x));
        return length == 0 ? sum : [.. sum.Select(x => x / length)];
    }

    private static float[] Encode(StaticEncoder encoder, string text, TextRole role)
    {
        float[] into = new float[encoder.Dimensions];
        encoder.Encode(text, role, into, new TokenBuffer());
        return into;
    }

    private static async Task<float[]> EncodeAsync(StaticEncoder encoder, string[] texts)
    {
        float[] into = new float[texts.Length * encoder.Dimensions];
        await encoder.EncodeAsync(texts, TextRole.Document, into, Token);
        return into;
    }
}
