using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Scores runs against judgements as trec_eval does, bit for bit: TREC files of any size, or rankings in memory.</summary>
/// <remarks>
/// Refuses with file and line what trec_eval reads as something else: decimal commas, scores that are no finite number, documents that stand
/// twice, missing or surplus cells, grades that are no whole number. The same result for any number of threads. Thread-safe.
/// </remarks>
public sealed class RankingEvaluator
{
    private readonly RankingOptions _options;
    private readonly IReadOnlyList<RankingMeasure> _measures;
    private readonly int _threads;

    /// <param name="options">Null: the defaults.</param>
    /// <param name="measures">trec_eval's names, cutoffs behind a point: <c>map</c>, <c>P.5,10</c>, <c>ndcg_cut.10</c>, <c>all_trec</c>. Null or empty: <c>official</c>.</param>
    /// <param name="threads">How many may read a run, at least 1; 0: one a processor. No result depends on it.</param>
    /// <exception cref="ArgumentException">Options or measures that cannot be; all problems in one message.</exception>
    public RankingEvaluator(RankingOptions? options = null, IReadOnlyCollection<string>? measures = null, int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _options = options ?? new RankingOptions();
        _measures = MeasureNames.Parse(measures ?? []);
        _options.ThrowUnlessValid(_measures);
        _threads = threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <summary>Scores a run file.</summary>
    /// <param name="judgements">Lines <c>query 0 document grade</c>; plain, gzip or zstd.</param>
    /// <param name="run">Lines <c>query Q0 document rank score tag</c> in any order; plain, gzip or zstd. The rank is not read.</param>
    /// <param name="cancellationToken">Stops between blocks of lines.</param>
    /// <exception cref="NearfarException">A missing, empty or damaged file, bad lines (all in one message), no query in common, or a missing query where that is an error.</exception>
    public RankingTable Evaluate(string judgements, string run, CancellationToken cancellationToken = default)
    {
        var pools = QueryPools.Read(judgements, cancellationToken);
        var reading = new RunReading(run, pools, _options, _measures);
        reading.Read(_threads, cancellationToken);
        return Table(pools, reading.Queries, reading.Tag, run);
    }

    /// <summary>Scores rankings in memory.</summary>
    /// <param name="judged">Grades by document, by query.</param>
    /// <param name="run">Documents by query, in any order: the score ranks them.</param>
    /// <exception cref="NearfarException">A document ranked twice, a missing or non-finite score, no query in common, or a missing query where that is an error.</exception>
    public RankingTable Evaluate(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> judged, IReadOnlyDictionary<string, IReadOnlyList<RetrievedDocument>> run)
    {
        ArgumentNullException.ThrowIfNull(judged);
        ArgumentNullException.ThrowIfNull(run);
        var pools = QueryPools.Of(judged);
        var ranker = new QueryRanker(_options, _measures, pools.Bytes);
        var queries = new Dictionary<string, RankedQuery>(StringComparer.Ordinal);
        foreach (var (id, documents) in run)
        {
            byte[] ids = System.Text.Encoding.UTF8.GetBytes(string.Concat(documents.Select(d => d.Id)));
            pools.ByQuery.TryGetValue(id, out var pool);
            ranker.Begin(pool);
            int at = 0;
            foreach (var document in documents)
            {
                int length = System.Text.Encoding.UTF8.GetByteCount(document.Id);
                string? problem = document.Score is not { } score ? $"document \"{document.Id}\" has no score"
                    : !ScoreRule.TryHold(score, _options, out double held) ? $"score {score} of document \"{document.Id}\" is not finite, or beyond float32"
                    : _options.IgnoreIdenticalIds && document.Id == id || ranker.Documents.TryAdd(ids, at, length, held) ? null
                    : $"document \"{document.Id}\" stands twice";
                at += length;
                if (problem is not null)
                {
                    throw new NearfarException($"Query \"{id}\" of the run: {problem}.");
                }
            }

            if (pool is not null)
            {
                queries[id] = ranker.Score(id, ids);
            }
        }

        return Table(pools, queries, "", "The run");
    }

    private RankingTable Table(QueryPools pools, IReadOnlyDictionary<string, RankedQuery> queries, string tag, string run)
    {
        if (queries.Count == 0)
        {
            throw new NearfarException(run, 0, "answers none of the judged queries. Check that both files name queries alike.");
        }

        string[] missing = [.. pools.ByQuery.Keys.Where(id => !queries.ContainsKey(id)).Order(Utf8Order.Ascending)];
        if (missing.Length > 0 && _options.MissingQuery == MissingQuery.Error)
        {
            throw new NearfarException(run, 0, $"does not answer {missing.Length} of {pools.ByQuery.Count} judged queries: {string.Join(", ", missing.Take(20))}{(missing.Length > 20 ? " …" : "")}. Answer them, or let them score 0 (trec-eval -c).");
        }

        var rows = queries.Values.ToList();
        if (_options.MissingQuery == MissingQuery.Zero)
        {
            var ranker = new QueryRanker(_options, _measures, pools.Bytes);
            foreach (string id in missing)
            {
                ranker.Begin(pools.ByQuery[id]);
                rows.Add(ranker.Score(id, []) with { IsMissing = true });
            }
        }

        var table = new RankingTable(_measures, [.. rows.OrderBy(q => q.Id, Utf8Order.Ascending)], _options, tag);
        return table.Queries.Count > 0 ? table
            : throw new NearfarException(run, 0, "leaves no query to average: none has a relevant document.");
    }
}
