using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Nearfar.Evaluation.Similarity;

namespace Nearfar.Evaluation.AI;

/// <summary>
/// How much nearer the user's question is to the right texts of a <see cref="MarginContext"/> than to the wrong ones: metrics
/// <c>margin_mean</c> and <c>margin_hard</c>, raw. Fails when a wrong text is nearer than a right one.
/// </summary>
/// <remarks>An error of any text is a diagnostic without a value. Thread-safe when the encoder is.</remarks>
public sealed class MarginEvaluator : IEvaluator
{
    private readonly EmbeddingSimilarity _similarity;

    /// <param name="similarity">The model under test.</param>
    public MarginEvaluator(EmbeddingSimilarity similarity)
    {
        ArgumentNullException.ThrowIfNull(similarity);
        _similarity = similarity;
    }

    /// <inheritdoc />
    public IReadOnlyCollection<string> EvaluationMetricNames => [MetricNames.MarginMean, MetricNames.MarginHard];

    /// <inheritdoc />
    public async ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration = null,
        IEnumerable<EvaluationContext>? additionalContext = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (Outcome.Find<MarginContext>(additionalContext) is not { } context)
        {
            return new EvaluationResult(EvaluationMetricNames.Select(Outcome.Missing<MarginContext>));
        }

        string? query = messages.LastOrDefault(m => m.Role == ChatRole.User)?.Text;
        string[] texts = [.. context.Positives, .. context.HardNegatives];
        var results = await _similarity.EvaluateAsync([.. texts.Select(t => new SimilarityInput(query, t))], cancellationToken).ConfigureAwait(false);
        string? error = context.Positives.Count == 0 || context.HardNegatives.Count == 0
            ? "a margin needs at least one right and one wrong text."
            : results.FirstOrDefault(r => r.IsError)?.Error;
        var metrics = error is null
            ? Margins(context, [.. results.Select(r => r.Similarity)])
            : [.. EvaluationMetricNames.Select(name => Outcome.Error(name, context, error))];
        foreach (var metric in metrics)
        {
            metric.AddOrUpdateMetadata("space", _similarity.Space.Id);
        }

        return new EvaluationResult(metrics);
    }

    private NumericMetric[] Margins(MarginContext context, double[] similarities)
    {
        double[] positives = similarities[..context.Positives.Count];
        double[] negatives = similarities[context.Positives.Count..];
        double hard = positives.Min() - negatives.Max();
        string reason = string.Create(CultureInfo.InvariantCulture,
            $"{(hard < 0 ? "a wrong text is nearer than a right one" : "every right text is nearer than every wrong one")}: lowest right {positives.Min():0.000}, highest wrong {negatives.Max():0.000}, space {_similarity.Space}");
        var rating = hard < 0 ? EvaluationRating.Unacceptable : EvaluationRating.Good;
        return
        [
            Outcome.Value(MetricNames.MarginMean, positives.Average() - negatives.Average(), context, rating, hard < 0, reason),
            Outcome.Value(MetricNames.MarginHard, hard, context, rating, hard < 0, reason),
        ];
    }
}
