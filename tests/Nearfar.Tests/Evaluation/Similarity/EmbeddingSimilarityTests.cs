using CsCheck;
using Microsoft.Extensions.AI;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Similarity;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation.Similarity;

public class EmbeddingSimilarityTests
{
    private static readonly EmbeddingSpace s_space = new("maker/model-1");
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task EvaluateAsync_IdenticalAndOrthogonalAndOpposite_AreOneZeroMinusOne()
    {
        var metric = new EmbeddingSimilarity(new TableGenerator().With("east", 3, 0, 0).With("north", 0, .1f, 0).With("west", -2, 0, 0), s_space);
        Assert.Equal(1.0, (await metric.EvaluateAsync("east", "east", None)).Similarity);
        Assert.Equal(0.0, (await metric.EvaluateAsync("east", "north", None)).Similarity);
        var opposite = await metric.EvaluateAsync("east", "west", None);
        Assert.Equal((-1.0, 0.0), (opposite.Similarity, opposite.Score));     // the raw value keeps its sign; only the score is cut
        Assert.Equal(s_space, opposite.Space);
        Assert.Null(opposite.Passed);
        Assert.False(opposite.IsError);
    }

    [Fact]
    public async Task EvaluateAsync_RefundExample_MarginComesFromTheRawValues()
    {
        var metric = new EmbeddingSimilarity(new TableGenerator().With("q", 1, 0).With("right", .8f, .6f).With("wrong", -.6f, .8f), s_space);
        var pos = await metric.EvaluateAsync(response: "q", expectedResponse: "right", None);
        var neg = await metric.EvaluateAsync(response: "q", expectedResponse: "wrong", None);
        Assert.Equal(1.4, pos.Similarity - neg.Similarity, 1e-6);
        Assert.Equal(0.8, pos.Score - neg.Score, 1e-6);
    }

    [Fact]
    public void Of_RandomVectors_AgreesWithThePlainFormulas()
    {
        Gen.Float[-2f, 2f].Array[5].Select(Gen.Float[-2f, 2f].Array[5]).Where((a, b) => a.Any(x => x != 0) && b.Any(x => x != 0)).Sample((a, b) =>
        {
            double dot = a.Zip(b, (x, y) => (double)x * y).Sum(), na = Math.Sqrt(a.Sum(x => (double)x * x)), nb = Math.Sqrt(b.Sum(x => (double)x * x));
            double l1 = a.Zip(b, (x, y) => Math.Abs((double)x - y)).Sum(), l2 = Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum());
            Assert.Equal(Math.Clamp(dot / (na * nb), -1, 1), VectorSimilarity.Of(SimilarityMeasure.Cosine, a, b), 1e-12);
            Assert.Equal(dot, VectorSimilarity.Of(SimilarityMeasure.Dot, a, b), 1e-12);
            Assert.Equal(1 / (1 + l2), VectorSimilarity.Of(SimilarityMeasure.Euclidean, a, b), 1e-12);
            Assert.Equal(1 / (1 + l1), VectorSimilarity.Of(SimilarityMeasure.Manhattan, a, b), 1e-12);
            foreach (var measure in Enum.GetValues<SimilarityMeasure>())
            {
                Assert.Equal(VectorSimilarity.Of(measure, a, b), VectorSimilarity.Of(measure, b, a));
            }

            Assert.Equal(1.0, VectorSimilarity.Of(SimilarityMeasure.Cosine, a, a));
        }, seed: "0000Nq3ByPR4", iter: 500);
    }

    [Fact]
    public void Of_UnitVectors_EuclideanFollowsTheCosine()
    {
        for (int degrees = 0; degrees <= 180; degrees += 15)
        {
            float[] a = [1, 0], b = [(float)Math.Cos(degrees * Math.PI / 180), (float)Math.Sin(degrees * Math.PI / 180)];
            double cosine = VectorSimilarity.Of(SimilarityMeasure.Cosine, a, b);
            Assert.Equal(1 / (1 + Math.Sqrt(2 - (2 * cosine))), VectorSimilarity.Of(SimilarityMeasure.Euclidean, a, b), 1e-6);
        }
    }

    [Theory, InlineData(null, "text", "null"), InlineData("text", "", "blank"), InlineData(" \t", "text", "blank")]
    public async Task EvaluateAsync_BlankText_IsAnErrorAndNeverAsked(string? response, string? expected, string word)
    {
        var generator = new TableGenerator().With("text", 1, 0);
        var result = await new EmbeddingSimilarity(generator, s_space).EvaluateAsync(response, expected, None);
        Assert.Equal(SimilarityErrorKind.BlankText, result.ErrorKind);
        Assert.Contains(word, result.Error, StringComparison.Ordinal);
        Assert.Empty(generator.Calls);
        Assert.Equal(result.Error, Assert.Throws<NearfarException>(() => result.Similarity).Message);
        Assert.Throws<NearfarException>(() => { _ = result.Score; });
        Assert.Contains("no similarity", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_BrokenVectors_EachRowHasItsFate()
    {
        var generator = new TableGenerator().With("q", 1, 0).With("good", 1, 1).With("nan", float.NaN, 1).With("infinite", 1, float.PositiveInfinity)
            .With("long", 1, 0, 0).With("empty").With("zero", 0, 0);
        var metric = new EmbeddingSimilarity(generator, s_space, new EmbeddingSimilarityOptions { Batch = 3 });
        string?[] texts = ["good", "nan", "infinite", "long", "empty", "zero", null, "unheard of", "q"];
        var results = await metric.EvaluateAsync([.. texts.Select(t => new SimilarityInput("q", t))], None);
        SimilarityErrorKind?[] kinds =
        [
            null, SimilarityErrorKind.NotFinite, SimilarityErrorKind.NotFinite, SimilarityErrorKind.WrongLength, SimilarityErrorKind.WrongLength,
            SimilarityErrorKind.NoKnownToken, SimilarityErrorKind.BlankText, SimilarityErrorKind.EncoderFailed, null,
        ];
        Assert.Equal(kinds, results.Select(r => r.ErrorKind));
        Assert.Equal(Math.Sqrt(.5), results[0].Similarity, 1e-12);
        Assert.Equal(1.0, results[^1].Similarity);       // the text that fails its call does not take "q" with it
        Assert.All(results, r => Assert.Equal(s_space, r.Space));
    }

    [Fact]
    public async Task EvaluateAsync_EncoderDown_EveryRowSaysSoAndItIsNotAskedForEach()
    {
        var generator = new TableGenerator { Fails = new HttpRequestException("connection refused") };
        var results = await new EmbeddingSimilarity(generator, s_space).EvaluateAsync([.. Enumerable.Range(0, 100).Select(i => new SimilarityInput("q", $"d{i}"))], None);
        Assert.All(results, r => Assert.Contains("connection refused", r.Error, StringComparison.Ordinal));
        Assert.True(generator.Calls.Count <= 5, $"{generator.Calls.Count} calls");
    }

    [Fact]
    public async Task EvaluateAsync_FewerVectorsThanTexts_IsAnErrorForAllOfTheCall()
    {
        var result = await new EmbeddingSimilarity(new TableGenerator { DropsLast = 1 }.With("a", 1, 0).With("b", 0, 1), s_space).EvaluateAsync("a", "b", None);
        Assert.Equal(SimilarityErrorKind.EncoderFailed, result.ErrorKind);
        Assert.Contains("0 vectors for 1 texts", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_Cancelled_PassesThrough()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new EmbeddingSimilarity(new TableGenerator().With("a", 1), s_space).EvaluateAsync("a", "a", source.Token));
    }

    [Fact]
    public async Task EvaluateAsync_EncoderWithPrompts_QueriesAndDocumentsAreEncodedAsSuch()
    {
        var encoder = new VectorEncoder(2).Add("a", 1, 0).Add("b", 0, 1);
        var result = await new EmbeddingSimilarity(encoder).EvaluateAsync([new("a", "b"), new("a", "unknown")], None);
        Assert.Equal(encoder.Space, result[0].Space);
        Assert.Equal(0.0, result[0].Similarity);
        Assert.Equal(SimilarityErrorKind.NoKnownToken, result[1].ErrorKind);
        Assert.Equal(encoder.Space, new EmbeddingSimilarity(encoder.Documents).Space);        // found behind the generator
    }

    [Fact]
    public void Constructor_GeneratorWithoutName_AsksForASpace()
    {
        Assert.Contains("new EmbeddingSpace", Assert.Throws<ArgumentException>(() => new EmbeddingSimilarity(new TableGenerator())).Message, StringComparison.Ordinal);
        Assert.Equal("maker/m/256", new EmbeddingSimilarity(new TableGenerator(new EmbeddingGeneratorMetadata("maker", null, "m", 256))).Space.Id);
        Assert.Contains("Batch", Assert.Throws<ArgumentException>(() => new EmbeddingSimilarity(new TableGenerator(), s_space, new() { Batch = 0 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Threshold_OfItsSpace_DecidesByTheScore()
    {
        var generator = new TableGenerator().With("q", 1, 0).With("near", .8f, .6f).With("far", .6f, .8f);
        var metric = new EmbeddingSimilarity(generator, s_space, new() { Threshold = SimilarityThreshold.Calibrated(s_space, .7) });
        Assert.True((await metric.EvaluateAsync("q", "near", None)).Passed);
        Assert.False((await metric.EvaluateAsync("q", "far", None)).Passed);
        Assert.False((await metric.EvaluateAsync("q", null, None)).Passed);        // fail closed
    }

    [Fact]
    public void Threshold_OfAnotherSpaceOrMeasure_IsRefusedByNamingBoth()
    {
        var threshold = SimilarityThreshold.Calibrated(new EmbeddingSpace("nf1-0123456789abcdef"), .7);
        string message = Assert.Throws<NearfarException>(() => new EmbeddingSimilarity(new TableGenerator(), s_space, new() { Threshold = threshold })).Message;
        Assert.Contains("nf1-0123456789abcdef", message, StringComparison.Ordinal);
        Assert.Contains("maker/model-1", message, StringComparison.Ordinal);
        var dot = new EmbeddingSimilarityOptions { Measure = SimilarityMeasure.Dot, Threshold = SimilarityThreshold.Calibrated(s_space, .7) };
        Assert.Contains("Cosine", Assert.Throws<NearfarException>(() => new EmbeddingSimilarity(new TableGenerator(), s_space, dot)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => SimilarityThreshold.Calibrated(s_space, double.NaN));
    }

    [Fact]
    public async Task Threshold_FromReport_LiesDeviationsAboveTheBackground()
    {
        Nearfar.Pairs.Document[] documents = [TestSets.Document("a"), TestSets.Document("b"), TestSets.Document("c")];
        var encoder = new VectorEncoder(2).Add(documents[0].Content, 1, 0).Add(documents[1].Content, .6f, .8f).Add(documents[2].Content, 0, 1).Add("question q1", 1, 0).Add("question q2", .8f, .6f);
        var report = await new Evaluator().EvaluateAsync(encoder, TestSets.Gate(documents, [TestSets.Query("q1", "a"), TestSets.Query("q2", "c")]), None);
        var threshold = SimilarityThreshold.FromReport(report, .5);
        Assert.Equal(report.Scale!.Mu + (.5 * report.Scale.Sigma), threshold.Value, 1e-12);
        Assert.Equal(encoder.Space, threshold.Space);
        Assert.Throws<NearfarException>(() => { SimilarityThreshold.FromReport(report, 50); });
        Assert.Throws<NearfarException>(() => { SimilarityThreshold.FromReport(report with { Scale = null }, 1); });
        Assert.NotNull(new EmbeddingSimilarity(encoder, new() { Threshold = threshold }));
    }
}
