namespace Nearfar.Search;

/// <summary>A document and its similarity to a query.</summary>
/// <param name="Document">Position in the corpus or index.</param>
/// <param name="Score">Higher is nearer; finite.</param>
public readonly record struct Hit(int Document, float Score);

/// <summary>Ranks the documents of one corpus for many queries.</summary>
/// <remarks>Order: score descending, ties by document id descending in UTF-8 bytes, as trec_eval breaks them. Deterministic for any number of threads.</remarks>
public interface IRanker
{
    /// <summary>Name in reports: <c>bm25</c>, or a space id.</summary>
    string Name { get; }

    /// <summary>The best <paramref name="k"/> documents of each query, fewer when the corpus is smaller or (BM25) nothing matches.</summary>
    /// <param name="queries">Texts.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="cancellationToken">Stops between blocks of queries.</param>
    ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default);
}
