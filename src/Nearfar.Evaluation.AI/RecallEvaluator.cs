using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Nearfar.Evaluation.AI;

/// <summary>Share of a question's relevant documents in the top k, of a <see cref="RankingContext"/>: metric <c>recall@k</c>.</summary>
/// <remarks>An error (no judgement, a document ranked twice) is a diagnostic without a value. Immutable, thread-safe.</remarks>
public sealed class RecallEvaluator : IEvaluator
{
    private readonly RankingEvaluation _evaluation;

    /// <param name="k">Documents that count, at least 1: as many as the product uses.</param>
    /// <param name="floor">Lowest value that passes, 0 to 1. Null, the default: nothing passes or fails.</param>
    public RecallEvaluator(int k, double? floor = null)
    {
        RankingEvaluation.ThrowUnlessValid(k, floor);
        _evaluation = new RankingEvaluation(MetricNames.Recall(k), floor, ranking => ranking.RecallAt(k));
    }

    /// <inheritdoc />
    public IReadOnlyCollection<string> EvaluationMetricNames => [_evaluation.Name];

    /// <inheritdoc />
    public ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration = null,
        IEnumerable<EvaluationContext>? additionalContext = null, CancellationToken cancellationToken = default) =>
        new(_evaluation.Evaluate(additionalContext));
}
