using System.Globalization;

namespace Nearfar.Search;

/// <summary>Vectors and words together: what the one misses the other often finds. Thread-safe when the encoder is.</summary>
/// <remarks>
/// Candidates are the best of each ranking. With weights each candidate has both its scores, also where only one ranking found it: its cosine (0
/// without a vector) and its BM25 (0 without a word of the question). Deterministic for any number of threads.
/// </remarks>
public sealed class HybridRanker : IRanker
{
    private readonly VectorRanker _vectors;
    private readonly Bm25Index _words;
    private readonly HybridOptions _options;
    private readonly int[] _order;

    /// <param name="vectors">Over the corpus of <paramref name="words"/>, in its order.</param>
    /// <param name="words">Keyword search.</param>
    /// <param name="options">Null: reciprocal ranks.</param>
    /// <exception cref="ArgumentException">Options that cannot be.</exception>
    /// <exception cref="NearfarException">The two hold other documents, or in another order.</exception>
    public HybridRanker(VectorRanker vectors, Bm25Index words, HybridOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(words);
        _options = options ?? new HybridOptions();
        _options.ThrowUnlessValid();
        (_vectors, _words) = (vectors, words);
        string[] ids = [.. words.Corpus.Documents.Select(d => d.Id)];
        if (vectors.Index.Count != ids.Length || !vectors.Index.Ids.SequenceEqual(ids, StringComparer.Ordinal))
        {
            throw new NearfarException($"The index holds {vectors.Index.Count} documents, the corpus {ids.Length}, or they stand in another order. Rebuild the index from this corpus: nearfar embed, then nearfar index.");
        }

        _order = DocumentOrder.Of(ids);
    }

    /// <inheritdoc />
    public string Name => _options.Fusion == Fusion.ReciprocalRank
        ? string.Create(CultureInfo.InvariantCulture, $"hybrid-rrf{_options.RankConstant:0.######} {_vectors.Name} {_words.Name}")
        : string.Create(CultureInfo.InvariantCulture, $"hybrid-weighted{_options.WordsWeight:0.######} {_vectors.Name} {_words.Name}");

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        int depth = Math.Max(k, _options.Depth);
        var rows = await _vectors.EncodeAsync(queries, cancellationToken).ConfigureAwait(false);
        var near = _vectors.Index.Search(rows, _vectors.QuerySpace, depth, cancellationToken);
        var results = new IReadOnlyList<Hit>[queries.Count];
        Parallel.For(0, queries.Count, new ParallelOptions { CancellationToken = cancellationToken },
            _words.TakeScratch,
            (q, _, scratch) =>
            {
                _words.Score(queries[q], scratch);
                var found = _words.Best(depth, scratch);
                var scores = _options.Fusion == Fusion.ReciprocalRank ? Ranks(near[q], found) : Weights(rows[q], near[q], found, scratch.Scores);
                results[q] = Best(scores, k);
                return scratch;
            },
            _words.GiveBack);
        return results;
    }

    private Dictionary<int, double> Ranks(params IReadOnlyList<Hit>[] rankings)
    {
        var scores = new Dictionary<int, double>();
        foreach (var ranking in rankings)
        {
            for (int i = 0; i < ranking.Count; i++)
            {
                scores[ranking[i].Document] = scores.GetValueOrDefault(ranking[i].Document) + (1 / (_options.RankConstant + i + 1));
            }
        }

        return scores;
    }

    private Dictionary<int, double> Weights(ReadOnlySpan<float> query, IReadOnlyList<Hit> near, Hit[] found, float[] words)
    {
        double scale = found.Length == 0 ? 0 : _options.WordsWeight / found[0].Score;
        var scores = new Dictionary<int, double>(near.Count + found.Length);
        foreach (var hit in near)
        {
            scores[hit.Document] = hit.Score + (scale * words[hit.Document]);
        }

        foreach (var hit in found)
        {
            if (!scores.ContainsKey(hit.Document))
            {
                scores[hit.Document] = ExactScore.Of(query, _vectors.Index.Vectors.Rows[hit.Document]) + (scale * hit.Score);
            }
        }

        return scores;
    }

    private Hit[] Best(Dictionary<int, double> scores, int k)
    {
        var best = new TopK(k, _order);
        foreach (var (document, score) in scores)
        {
            best.Offer(document, (float)score);
        }

        return best.Drain();
    }
}
