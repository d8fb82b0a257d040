using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Nearfar.Evaluation.Similarity;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Evaluation.AI.Tests;

public sealed class EvaluatorPipelineTests : IDisposable
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly WordGenerator _encoder = new();

    public void Dispose() => _encoder.Dispose();

    private static NumericMetric Get(EvaluationResult result, string name) => result.Get<NumericMetric>(name);

    private static void AssertError(NumericMetric metric, string words)
    {
        Assert.Null(metric.Value);
        Assert.True(metric.Interpretation!.Failed);
        Assert.Equal(EvaluationRating.Inconclusive, metric.Interpretation.Rating);
        var diagnostic = Assert.Single(metric.Diagnostics!);
        Assert.Equal(EvaluationDiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Contains(words, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompositeEvaluator_AllFour_GiveTheNumbersByHand()
    {
        var similarity = new EmbeddingSimilarity(_encoder);
        var evaluator = new CompositeEvaluator(
            new EmbeddingSimilarityEvaluator(similarity), new RecallEvaluator(2, floor: 0.6), new NdcgEvaluator(3), new MarginEvaluator(similarity));
        Assert.Equal(["similarity", "recall@2", "ndcg@3", "margin_mean", "margin_hard"], evaluator.EvaluationMetricNames);

        var result = await evaluator.EvaluateAsync(
            [new ChatMessage(ChatRole.System, "plan plan"), new ChatMessage(ChatRole.User, "refund")],
            new ChatResponse(new ChatMessage(ChatRole.Assistant, "refund days")), null,
            [
                new ExpectedResponseContext("refund"),
                new RankingContext(["a", "b", "c"], new Dictionary<string, int> { ["a"] = 1, ["c"] = 2, ["d"] = 0 }),
                new MarginContext(["refund days"], ["plan", "plan refund"]),
            ], None);

        Assert.Equal(Math.Sqrt(.5), Get(result, "similarity").Value!.Value, 1e-12);
        Assert.Equal("test/words/3", Get(result, "similarity").Metadata!["space"]);
        Assert.Equal((EvaluationRating.Unknown, false), (Get(result, "similarity").Interpretation!.Rating, Get(result, "similarity").Interpretation!.Failed));
        Assert.Equal(0.5, Get(result, "recall@2").Value);
        Assert.True(Get(result, "recall@2").Interpretation!.Failed);
        Assert.Equal((1 + (2 / Math.Log2(4))) / (2 + (1 / Math.Log2(3))), Get(result, "ndcg@3").Value!.Value, 1e-12);
        Assert.False(Get(result, "ndcg@3").Interpretation!.Failed);
        Assert.Equal(Math.Sqrt(.5) - (Math.Sqrt(.5) / 2), Get(result, "margin_mean").Value!.Value, 1e-12);
        Assert.Equal(0, Get(result, "margin_hard").Value!.Value, 1e-12);
        Assert.All(result.Metrics.Values, m => Assert.Single(m.Context!));
    }

    [Fact]
    public async Task MissingContext_IsADiagnosticAndFailsClosed()
    {
        var similarity = new EmbeddingSimilarity(_encoder);
        var evaluator = new CompositeEvaluator(
            new EmbeddingSimilarityEvaluator(similarity), new RecallEvaluator(2), new NdcgEvaluator(3), new MarginEvaluator(similarity));
        var result = await evaluator.EvaluateAsync("refund", "refund", cancellationToken: None);
        Assert.Equal(5, result.Metrics.Count);
        Assert.All(result.Metrics.Values.Cast<NumericMetric>(), m => AssertError(m, "was given"));
    }

    [Theory, InlineData("broken", "503"), InlineData("nothing known", "no token"), InlineData("", "blank")]
    public async Task EncoderErrors_AreDiagnosticsNeverNumbers(string text, string words)
    {
        var similarity = new EmbeddingSimilarity(_encoder);
        var one = await new EmbeddingSimilarityEvaluator(similarity).EvaluateAsync("refund", "refund", null, [new ExpectedResponseContext(text)], None);
        AssertError(Get(one, "similarity"), words);
        var two = await new MarginEvaluator(similarity).EvaluateAsync("refund", "", null, [new MarginContext(["refund"], [text])], None);
        AssertError(Get(two, "margin_mean"), words);
        AssertError(Get(two, "margin_hard"), words);
    }

    [Fact]
    public async Task Threshold_DecidesTheInterpretation()
    {
        var space = new EmbeddingSpace("test/words/3");
        var evaluator = new EmbeddingSimilarityEvaluator(new EmbeddingSimilarity(_encoder, space, new() { Threshold = SimilarityThreshold.Calibrated(space, .9) }));
        var good = Get(await evaluator.EvaluateAsync("q", "refund", null, [new ExpectedResponseContext("refund")], None), "similarity");
        Assert.Equal((EvaluationRating.Good, false), (good.Interpretation!.Rating, good.Interpretation.Failed));
        var bad = Get(await evaluator.EvaluateAsync("q", "refund days", null, [new ExpectedResponseContext("refund")], None), "similarity");
        Assert.Equal((EvaluationRating.Unacceptable, true), (bad.Interpretation!.Rating, bad.Interpretation.Failed));
        Assert.Contains("test/words/3", bad.Interpretation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ranking_RepeatedDocumentOrNoJudgement_IsAnErrorNotAHighScore()
    {
        var repeated = await new NdcgEvaluator(3).EvaluateAsync("q", "a", null, [new RankingContext(["a", "a", "a"], ["a"])], None);
        AssertError(Get(repeated, "ndcg@3"), "twice");
        var unjudged = await new RecallEvaluator(3).EvaluateAsync("q", "a", null, [new RankingContext(["a"], [])], None);
        AssertError(Get(unjudged, "recall@3"), "relevant");
        var missed = await new RecallEvaluator(5).EvaluateAsync("q", "a", null, [new RankingContext(["a"], ["a", "b", "c", "d", "e"])], None);
        Assert.Equal(0.2, Get(missed, "recall@5").Value);        // what was not retrieved counts too
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecallEvaluator(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NdcgEvaluator(1, 1.5));
    }

    [Fact]
    public async Task Margin_WrongTextNearer_Fails()
    {
        var result = await new MarginEvaluator(new EmbeddingSimilarity(_encoder)).EvaluateAsync("refund", "", null, [new MarginContext(["plan"], ["refund"])], None);
        Assert.Equal(-1, Get(result, "margin_hard").Value!.Value, 1e-12);
        Assert.True(Get(result, "margin_hard").Interpretation!.Failed);
        AssertError(Get(await new MarginEvaluator(new EmbeddingSimilarity(_encoder)).EvaluateAsync("refund", "", null, [new MarginContext(["plan"], [])], None), "margin_hard"), "at least one");
    }
}
