using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Search by dot product over unit vectors of one space, whatever kind of index.</summary>
/// <remarks>
/// A document's position is its place in order of adding; it stays until the index is saved, when deleted ones go. Zero rows (texts without any
/// known token) are never found. Equal scores are ordered by id, descending in UTF-8 bytes. A score has the same bits for any number of threads or queries of a call, and in every
/// kind: one chain of fused multiply-adds in dimension order. Thread-safe: a search sees the index as it was when it began.
/// </remarks>
public interface IVectorIndex : IDisposable
{
    /// <summary>How candidates are found.</summary>
    IndexKind Kind { get; }

    /// <summary>What it was built over or opened from, by position; rows added since are not in it.</summary>
    VectorSet Vectors { get; }

    /// <summary>Ids by position, those of deleted documents too.</summary>
    IReadOnlyList<string> Ids { get; }

    /// <summary>Documents that are not deleted.</summary>
    int Count { get; }

    /// <summary>The position of a document, or null when it is not here or deleted.</summary>
    /// <param name="id">Its id.</param>
    int? PositionOf(string id);

    /// <summary>Adds documents behind the others.</summary>
    /// <param name="vectors">Of the index's space; ids that are not here yet (delete first to replace).</param>
    /// <exception cref="NearfarException">Another space, or an id that is here.</exception>
    void Add(VectorSet vectors);

    /// <summary>Deletes documents; ids that are not here are passed over.</summary>
    /// <param name="ids">Their ids.</param>
    /// <returns>How many were deleted.</returns>
    int Delete(IEnumerable<string> ids);

    /// <summary>The documents that a predicate takes.</summary>
    /// <param name="passes">Is asked once for each position that is not deleted.</param>
    VectorFilter Filter(Func<int, bool> passes);

    /// <summary>The documents of some ids; those that are not here are passed over.</summary>
    /// <param name="ids">Their ids.</param>
    VectorFilter Filter(IEnumerable<string> ids);

    /// <summary>The best documents of each query, best first, fewer when fewer may be found. A zero query finds nothing.</summary>
    /// <param name="queries">[Q, D] unit rows.</param>
    /// <param name="space">The space of the queries; must be the query space of the index's.</param>
    /// <param name="options">How many, among which, with how many threads.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <exception cref="NearfarException">Another space, or a query or row that is not finite.</exception>
    IReadOnlyList<IReadOnlyList<Hit>> Search(Rows<float> queries, EmbeddingSpace space, SearchOptions options, CancellationToken cancellationToken = default);

    /// <summary>Writes the index without its deleted documents; <see cref="IndexFolder.Open"/> opens it.</summary>
    /// <param name="folder">Made when absent.</param>
    void Save(string folder);
}

/// <summary>Short forms of search.</summary>
public static class VectorIndexSearch
{
    extension(IVectorIndex index)
    {
        /// <summary>The best k documents of each query among all.</summary>
        /// <param name="queries">[Q, D] unit rows.</param>
        /// <param name="space">The space of the queries.</param>
        /// <param name="k">At least 1.</param>
        /// <param name="cancellationToken">Stops between blocks.</param>
        public IReadOnlyList<IReadOnlyList<Hit>> Search(Rows<float> queries, EmbeddingSpace space, int k, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(index);
            ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
            return index.Search(queries, space, new SearchOptions { K = k }, cancellationToken);
        }
    }
}
