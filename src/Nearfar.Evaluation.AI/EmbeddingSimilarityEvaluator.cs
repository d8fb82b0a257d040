using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Nearfar.Evaluation.Similarity;

namespace Nearfar.Evaluation.AI;

/// <summary>Similarity of the response to the text of an <see cref="ExpectedResponseContext"/>: metric <c>similarity</c>, the raw value.</summary>
/// <remarks>Passes or fails only when the similarity has a threshold. An error is a diagnostic without a value. Thread-safe when the encoder is.</remarks>
public sealed class EmbeddingSimilarityEvaluator : IEvaluator
{
    /// <summary>Name of the metric.</summary>
    public const string MetricName = "similarity";

    private readonly EmbeddingSimilarity _similarity;

    /// <param name="similarity">Holds the encoder, its space and perhaps a threshold.</param>
    public EmbeddingSimilarityEvaluator(EmbeddingSimilarity similarity)
    {
        ArgumentNullException.ThrowIfNull(similarity);
        _similarity = similarity;
    }

    /// <inheritdoc />
    public IReadOnlyCollection<string> EvaluationMetricNames => [MetricName];

    /// <inheritdoc />
    public async ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration = null,
        IEnumerable<EvaluationContext>? additionalContext = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(modelResponse);
        if (Outcome.Find<ExpectedResponseContext>(additionalContext) is not { } context)
        {
            return new EvaluationResult(Outcome.Missing<ExpectedResponseContext>(MetricName));
        }

        var result = await _similarity.EvaluateAsync(modelResponse.Text, context.ExpectedResponse, cancellationToken).ConfigureAwait(false);
        var metric = result.IsError ? Outcome.Error(MetricName, context, result.Error!) : Interpret(result, context);
        metric.AddOrUpdateMetadata("space", result.Space.Id);
        metric.AddOrUpdateMetadata("measure", result.Measure.ToString());
        return new EvaluationResult(metric);
    }

    private static NumericMetric Interpret(SimilarityResult result, ExpectedResponseContext context)
    {
        if (result.Threshold is not { } threshold)
        {
            return Outcome.Value(MetricName, result.Similarity, context, EvaluationRating.Unknown, failed: false, $"space {result.Space}; no threshold was found for it, so the value says nothing by itself");
        }

        bool passed = result.Passed is true;
        string reason = string.Create(CultureInfo.InvariantCulture, $"score {result.Score:0.000}, threshold {threshold.Value:0.000} of space {result.Space} ({threshold.Origin})");
        return Outcome.Value(MetricName, result.Similarity, context, passed ? EvaluationRating.Good : EvaluationRating.Unacceptable, !passed, reason);
    }
}
