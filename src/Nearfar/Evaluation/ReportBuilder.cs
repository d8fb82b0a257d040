using System.Collections.ObjectModel;
using Nearfar.Evaluation.Geometry;
using Nearfar.Evaluation.Ranking;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Evaluation;

/// <summary>Makes a report from rankings and, where there are vectors, from margins.</summary>
internal sealed class ReportBuilder(JudgedSet set, EvaluationOptions options)
{
    private readonly bool _poolIsJudged = set.Queries.Any(q => q.Relevance.Values.Any(grade => grade < 1));
    private readonly SortedDictionary<string, double> _ties = new(StringComparer.Ordinal);

    public required string Label { get; init; }

    public EmbeddingSpace? Space { get; init; }

    public Background? Background { get; init; }

    public double? Temperature { get; init; }

    public SpaceGeometry? Geometry { get; init; }

    public EncodedSet? Rows { get; init; }

    public EvalReport Build(IReadOnlyList<IReadOnlyList<Hit>> hits)
    {
        int[] order = [.. Enumerable.Range(0, set.Queries.Count).OrderBy(q => set.Queries[q].Id, Utf8Order.Ascending)];
        var scores = new QueryScore[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            scores[i] = Score(order[i], hits[order[i]]);
        }

        return new EvalReport
        {
            Label = options.Label ?? Label,
            Space = Space,
            SetName = set.Name,
            IsGateSet = set is GateSet,
            SetHash = set.Hash,
            Documents = set.Corpus.Count,
            Cutoffs = [.. options.Cutoffs],
            Depth = options.Depth,
            Scale = Background?.Scale,
            Geometry = Geometry,
            DocumentsWithoutToken = Rows is null ? 0 : Enumerable.Range(0, Rows.DocumentCount).Count(d => Rows.DocumentIsZero(d)),
            Metrics = Aggregation.Summarise(scores),
            TieSensitivity = new ReadOnlyDictionary<string, double>(_ties.ToDictionary(t => t.Key, t => t.Value / scores.Length, StringComparer.Ordinal)),
            Quantiles = MarginQuantiles.Of(scores),
            Cohorts = Aggregation.ByCohort(scores, Background),
            Queries = scores,
        };
    }

    private QueryScore Score(int q, IReadOnlyList<Hit> hits)
    {
        var query = set.Queries[q];
        RankingCheck.ThrowUnlessRanking(Space?.ToString() ?? Label, query.Id, hits, set.Corpus.Count, options.Depth);
        var ranking = new JudgedRanking(hits.Select(IdOf), query.Relevance);
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        Retrieval(ranking, metrics);
        AddTies(q, hits, ranking);
        if (_poolIsJudged)
        {
            foreach (int k in options.Cutoffs)
            {
                metrics[MetricNames.Unjudged(k)] = ranking.UnjudgedAt(k);
            }
        }

        if (query.ForbiddenIds.Count > 0)
        {
            int first = hits.TakeWhile(h => !query.ForbiddenIds.Contains(IdOf(h), StringComparer.Ordinal)).Count() + 1;
            foreach (int k in options.Cutoffs)
            {
                metrics[MetricNames.Violation(k)] = first <= Math.Min(k, hits.Count) ? 1 : 0;
            }
        }

        Margins.Of(Rows, set, q)?.AddTo(metrics, Background, Temperature);
        return new QueryScore
        {
            Id = query.Id,
            Query = query.Query,
            Cluster = query.PrimaryId,
            Cohorts = query.Cohorts,
            FirstRelevantRank = ranking.FirstRelevantRank > 0 ? ranking.FirstRelevantRank : null,
            NoKnownToken = Rows is not null && Rows.QueryIsZero(q),
            Metrics = metrics,
            Top = [.. hits.Take(options.Kept).Select(h => new RankedDocument(IdOf(h), h.Score))],
        };
    }

    private string IdOf(Hit hit) => set.Corpus.Documents[hit.Document].Id;

    private void Retrieval(JudgedRanking ranking, Dictionary<string, double> into)
    {
        foreach (int k in options.Cutoffs)
        {
            into[MetricNames.Recall(k)] = ranking.RecallAt(k);
            into[MetricNames.Hit(k)] = ranking.HitAt(k);
            into[MetricNames.Mrr(k)] = ranking.ReciprocalRankAt(k);
            into[MetricNames.Ndcg(k)] = ranking.NdcgAt(k);
            into[MetricNames.Precision(k)] = ranking.PrecisionAt(k);
        }

        into[MetricNames.Map(options.Depth)] = ranking.AveragePrecisionAt(options.Depth);
    }

    private void AddTies(int q, IReadOnlyList<Hit> hits, JudgedRanking ranking)
    {
        var (best, worst) = TieOrders.Of(hits, ranking, UnseenRelevant(q, hits), isCut: hits.Count == options.Depth && hits.Count < set.Corpus.Count);
        var high = new Dictionary<string, double>(StringComparer.Ordinal);
        var low = new Dictionary<string, double>(StringComparer.Ordinal);
        if (!ReferenceEquals(best, worst) || _ties.Count == 0)
        {
            Retrieval(best, high);
            Retrieval(worst, low);
            foreach (var (metric, value) in high)
            {
                _ties[metric] = _ties.GetValueOrDefault(metric) + (value - low[metric]);
            }
        }
    }

    // Relevant documents behind the cut whose score equals the last kept one: another tie order would have kept them.
    private List<int> UnseenRelevant(int q, IReadOnlyList<Hit> hits)
    {
        var grades = new List<int>();
        if (Rows is null || hits.Count < options.Depth)
        {
            return grades;
        }

        var ranked = hits.Select(h => h.Document).ToHashSet();
        foreach (var (id, grade) in set.Queries[q].Relevance)
        {
            if (grade >= 1 && set.Corpus.TryGetIndex(id, out int d) && !ranked.Contains(d) && !Rows.DocumentIsZero(d)
                && Rows.Similarity(q, d) == hits[^1].Score)
            {
                grades.Add(grade);
            }
        }

        return grades;
    }
}
