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

    /// <summary>Reads the ranking of a set's questions.</summary>
    /// <param name="path">A run file whose query ids are the set's and whose document ids are the corpus's.</param>
    /// <param name="set">The questions.</param>
    /// <exception cref="NearfarException">A broken line, a question without a ranking, or a document that the corpus lacks; all in one message.</exception>
    public static TrecRanking Read(string path, JudgedSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var run = TrecRun.Read(path);
        var problems = new List<string>();
        var hits = new Dictionary<string, Hit[]>(StringComparer.Ordinal);
        foreach (var query in set.Queries)
        {
            if (!run.TryGetValue(query.Id, out var ranked))
            {
                problems.Add($"question \"{query.Id}\" has no ranking");
                continue;
            }

            problems.AddRange(ranked.Where(d => !set.Corpus.TryGetIndex(d.Id, out _)).Select(d => $"document \"{d.Id}\" of question \"{query.Id}\" is not in the corpus"));
            hits[query.Query] = [.. ranked.Where(d => set.Corpus.TryGetIndex(d.Id, out _)).Select(d =>
            {
                set.Corpus.TryGetIndex(d.Id, out int index);
                return new Hit(index, (float)(d.Score ?? -d.Rank));
            })];
        }

        return problems.Count == 0
            ? new TrecRanking(Path.GetFileNameWithoutExtension(path), hits)
            : throw new NearfarException(path, 0, $"does not fit the set {set.Name}: {string.Join("; ", problems.Take(20))}{(problems.Count > 20 ? $"; and {problems.Count - 20} more" : "")}. Serve every question of the set and write the run again.");
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        return ValueTask.FromResult<IReadOnlyList<IReadOnlyList<Hit>>>([.. queries.Select(q => (IReadOnlyList<Hit>)_hits[q][..Math.Min(k, _hits[q].Length)])]);
    }
}
