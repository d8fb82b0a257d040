using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Evaluation.Similarity;

/// <summary>Margins of query / positive / hard negative rows by cohort and model version, by one encoder. Immutable, thread-safe.</summary>
public sealed class MarginTable
{
    private MarginTable(EmbeddingSpace space, SimilarityMeasure measure, IReadOnlyList<MarginRow> rows)
    {
        Space = space;
        Measure = measure;
        Rows = rows;
        Lines = [.. rows.Select(r => r.Version).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).SelectMany(v => LinesOf(v, [.. rows.Where(r => r.Version == v)]))];
    }

    /// <summary>The space that scored every row.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>The similarity that margins are differences of.</summary>
    public SimilarityMeasure Measure { get; }

    /// <summary>For each version all its questions, then each value of each cohort: ordinal.</summary>
    public IReadOnlyList<MarginLine> Lines { get; }

    /// <summary>Every question with its fate, by version, then in file order.</summary>
    public IReadOnlyList<MarginRow> Rows { get; }

    /// <summary>Scores rows. Repeated questions of one version are one.</summary>
    /// <param name="similarity">The encoder under test.</param>
    /// <param name="rows">Rows and the texts that stood in them.</param>
    /// <param name="options">Null: no corpus, cohorts as the rows give them.</param>
    /// <param name="cancellationToken">Handed to the encoder.</param>
    /// <exception cref="NearfarException">Rows name documents that nobody has, or contradict each other: all in one message.</exception>
    /// <remarks>A row whose version is known to be another space is not scored: its fate names both spaces.</remarks>
    public static async Task<MarginTable> EvaluateAsync(
        EmbeddingSimilarity similarity, RowSet<Pair> rows, MarginTableOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(similarity);
        ArgumentNullException.ThrowIfNull(rows);
        options ??= new MarginTableOptions();
        var corpus = new Corpus((options.Corpus?.Documents ?? []).Concat(rows.InlineDocuments).DistinctBy(d => d.Id, StringComparer.Ordinal));
        var builder = new JudgedSetBuilder(corpus, DocumentClusters.Of(corpus, rows.Rows)) { Rules = options.Rules ?? RulesOf(rows.Rows), AsOf = options.AsOf };
        var scored = new List<MarginRow>();
        foreach (string? version in rows.Rows.Select(r => r.EmbeddingModelVersion).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var set = builder.Dev(Of(rows, version));
            string? foreign = ForeignSpace(version, similarity.Space, options);
            scored.AddRange(foreign is null
                ? await ScoreAsync(similarity, set, version, cancellationToken).ConfigureAwait(false)
                : set.Queries.Select(q => RowOf(q, version) with { Error = $"The row is of space {foreign}; the encoder is of space {similarity.Space}. Score it by that model." }));
        }

        return new MarginTable(similarity.Space, similarity.Measure, scored);
    }

    private static CohortRule[] RulesOf(IReadOnlyList<Pair> rows) =>
        [.. rows.SelectMany(r => r.Cohorts.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(a => new CohortRule { Attribute = a })];

    private static RowSet<Pair> Of(RowSet<Pair> rows, string? version)
    {
        int[] chosen = [.. Enumerable.Range(0, rows.Rows.Count).Where(i => rows.Rows[i].EmbeddingModelVersion == version)];
        return new RowSet<Pair>(rows.Path, [.. chosen.Select(i => rows.Rows[i])], [.. chosen.Select(i => rows.Lines[i])]);
    }

    // A label that nobody explains may be this very model; an id, or a label with an id, that differs is another one for sure.
    private static string? ForeignSpace(string? version, EmbeddingSpace space, MarginTableOptions options)
    {
        string? id = version is null ? null : options.Spaces.GetValueOrDefault(version)
            ?? (version.StartsWith("nf1-", StringComparison.Ordinal) || version.StartsWith("nfx-", StringComparison.Ordinal) ? version : null);
        return id is null || id == space.Id ? null : id == version ? id : $"{id} ({version})";
    }

    private static MarginRow RowOf(JudgedQuery query, string? version) =>
        new() { Id = query.Id, Query = query.Query, Version = version, Cluster = query.Cluster, Cohorts = query.Cohorts };

    private static async Task<IEnumerable<MarginRow>> ScoreAsync(EmbeddingSimilarity similarity, JudgedSet set, string? version, CancellationToken cancellationToken)
    {
        // Ids in byte order: a file's order must not move the last bit.
        var texts = new List<(int Query, bool Positive, SimilarityInput Input)>();
        for (int q = 0; q < set.Queries.Count; q++)
        {
            var judged = set.Queries[q];
            var positives = judged.Relevance.Where(r => r.Value >= 1).Select(r => (Id: r.Key, Positive: true));
            var named = judged.NegativeIds.Count == 0 ? [] : positives.Concat(judged.NegativeIds.Select(id => (Id: id, Positive: false)));
            texts.AddRange(named.OrderBy(d => d.Id, Search.Utf8Order.Ascending).Select(d => (q, d.Positive, new SimilarityInput(judged.Query, set.Corpus[d.Id].Content))));
        }

        var results = await similarity.EvaluateAsync([.. texts.Select(t => t.Input)], cancellationToken).ConfigureAwait(false);
        var fates = texts.Zip(results, (t, r) => (t.Query, t.Positive, Result: r)).ToLookup(t => t.Query);
        return set.Queries.Select((query, q) => Margins(RowOf(query, version), [.. fates[q].Select(f => (f.Positive, f.Result))]));
    }

    private static MarginRow Margins(MarginRow row, (bool Positive, SimilarityResult Result)[] results)
    {
        if (results.Length == 0)
        {
            return row;
        }

        if (results.FirstOrDefault(r => r.Result.IsError).Result is { } failed)
        {
            return row with { Error = failed.Error };
        }

        double[] positives = [.. results.Where(r => r.Positive).Select(r => r.Result.Similarity)];
        double[] negatives = [.. results.Where(r => !r.Positive).Select(r => r.Result.Similarity)];
        return row with { MarginMean = positives.Average() - negatives.Average(), MarginHard = positives.Min() - negatives.Max() };
    }

    private static IEnumerable<MarginLine> LinesOf(string? version, MarginRow[] rows)
    {
        yield return LineOf(version, null, null, rows);
        foreach (string attribute in rows.SelectMany(r => r.Cohorts.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            foreach (var cohort in rows.GroupBy(r => r.Cohorts.GetValueOrDefault(attribute, CohortResolver.Unknown), StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                yield return LineOf(version, attribute, cohort.Key, [.. cohort]);
            }
        }
    }

    private static MarginLine LineOf(string? version, string? attribute, string? value, MarginRow[] rows)
    {
        QueryScore[] scores = [.. rows.Where(r => r.MarginHard is not null).Select(r => new QueryScore
        {
            Id = r.Id,
            Query = r.Query,
            Cluster = r.Cluster,
            Cohorts = r.Cohorts,
            Top = [],
            Metrics = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [MetricNames.MarginMean] = r.MarginMean!.Value,
                [MetricNames.MarginHard] = r.MarginHard!.Value,
                [MetricNames.MarginBelowZero] = r.MarginHard < 0 ? 1 : 0,
            },
        })];
        int errors = rows.Count(r => r.Error is not null);
        return new(version, attribute, value, scores.Length, rows.Length - scores.Length - errors, errors, Aggregation.Summarise(scores));
    }
}
