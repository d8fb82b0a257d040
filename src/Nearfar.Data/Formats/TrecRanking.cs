using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Data.Formats;

/// <summary>A served ranking read from a TREC run file, scored like any ranker: hybrid search and rerankers are judged as the product serves them.</summary>
public sealed class TrecRanking : IRanker
{
    private readonly Dictionary<string, Hit[]> _hits;

    private TrecRanking(string name, Dictionary<string, Hit[]> hits) => (Name, _hits) = (name, hits);

    /// <inheritdoc />
    public string Name { get; }

    /// <summary>Reads the ranking of a set's questions: by score, ties by id descending in UTF-8 bytes, as trec_eval ranks; the rank column is not read.</summary>
    /// <param name="path">A run file whose query ids are the set's and whose document ids are the corpus's.</param>
    /// <param name="set">The questions.</param>
    /// <exception cref="NearfarException">A broken line, a question without a ranking or with the text of another, a score beyond float32, or a document that the corpus lacks; all in one message.</exception>
    public static TrecRanking Read(string path, JudgedSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return Of(TrecRun.Read(path), set, Path.GetFileNameWithoutExtension(path), path);
    }

    /// <summary>The ranking of a set's questions from a run in memory, by the same rules; there a question may have an empty list, which is a miss.</summary>
    /// <param name="run">Documents by question id; every score given.</param>
    /// <param name="set">The questions.</param>
    /// <param name="name">What a report calls it.</param>
    /// <exception cref="NearfarException">A question without a ranking or with the text of another, a score beyond float32, or a document that the corpus lacks; all in one message.</exception>
    public static TrecRanking Of(IReadOnlyDictionary<string, IReadOnlyList<RetrievedDocument>> run, JudgedSet set, string name)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Of(run, set, name, name);
    }

    /// <summary>The first problems of a ranking in one sentence, the rest counted.</summary>
    internal static string Listed(IReadOnlyList<string> problems) => $"{string.Join("; ", problems.Take(20))}{(problems.Count > 20 ? $"; and {problems.Count - 20} more" : "")}";

    private static TrecRanking Of(IReadOnlyDictionary<string, IReadOnlyList<RetrievedDocument>> run, JudgedSet set, string name, string source)
    {
        var problems = new List<string>();
        var hits = new Dictionary<string, Hit[]>(StringComparer.Ordinal);
        foreach (var query in set.Queries)
        {
            if (!run.TryGetValue(query.Id, out var ranked))
            {
                problems.Add($"question \"{query.Id}\" has no ranking");
                continue;
            }

            if (hits.ContainsKey(query.Query))
            {
                problems.Add($"question \"{query.Id}\" has the text of another, so that their rankings cannot be told apart");
            }

            problems.AddRange(ranked.Where(d => !float.IsFinite((float)d.Score!.Value)).Select(d => $"the score of document \"{d.Id}\" of question \"{query.Id}\" is beyond float32"));
            problems.AddRange(ranked.Where(d => !set.Corpus.TryGetIndex(d.Id, out _)).Select(d => $"document \"{d.Id}\" of question \"{query.Id}\" is not in the corpus"));
            hits[query.Query] = [.. ranked.Where(d => set.Corpus.TryGetIndex(d.Id, out _))
                .OrderByDescending(d => (float)d.Score!.Value).ThenByDescending(d => d.Id, Utf8Order.Ascending)
                .Select(d => new Hit(set.Corpus.TryGetIndex(d.Id, out int index) ? index : -1, (float)d.Score!.Value))];
        }

        return problems.Count == 0
            ? new TrecRanking(name, hits)
            : throw new NearfarException(source, 0, $"does not fit the set {set.Name}: {Listed(problems)}. Serve every question of the set and write the run again.");
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return ValueTask.FromResult<IReadOnlyList<IReadOnlyList<Hit>>>([.. queries.Select(query => _hits.TryGetValue(query, out var hits)
            ? (IReadOnlyList<Hit>)hits[..Math.Min(k, hits.Length)]
            : throw new ArgumentException($"\"{query}\" is no question of the set this ranking was read for.", nameof(queries)))]);
    }
}
