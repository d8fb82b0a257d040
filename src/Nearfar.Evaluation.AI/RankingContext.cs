using Microsoft.Extensions.AI.Evaluation;

namespace Nearfar.Evaluation.AI;

/// <summary>What was retrieved for the question, and what should have been; for <see cref="RecallEvaluator"/> and <see cref="NdcgEvaluator"/>.</summary>
public sealed class RankingContext : EvaluationContext
{
    /// <param name="ranking">Document ids, best first.</param>
    /// <param name="relevance">Grade by document id, 1 and more is relevant; relevant documents that were not retrieved too.</param>
    public RankingContext(IReadOnlyList<string> ranking, IReadOnlyDictionary<string, int> relevance)
        : base("Ranking", $"retrieved: {string.Join(", ", ranking)}; relevant: {string.Join(", ", (relevance ?? throw new ArgumentNullException(nameof(relevance))).Where(r => r.Value >= 1).Select(r => r.Key).Order(StringComparer.Ordinal))}")
    {
        Ranking = ranking;
        Relevance = relevance;
    }

    /// <summary>Where nothing is graded: each of these is relevant.</summary>
    /// <param name="ranking">Document ids, best first.</param>
    /// <param name="relevant">Ids of all relevant documents.</param>
    public RankingContext(IReadOnlyList<string> ranking, IEnumerable<string> relevant)
        : this(ranking, relevant.Distinct(StringComparer.Ordinal).ToDictionary(id => id, _ => 1, StringComparer.Ordinal)) { }

    /// <summary>Document ids, best first.</summary>
    public IReadOnlyList<string> Ranking { get; }

    /// <summary>Grade by document id; 1 and more is relevant.</summary>
    public IReadOnlyDictionary<string, int> Relevance { get; }
}
