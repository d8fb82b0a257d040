using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>What the indexes of this library share: rows in memory or mapped, with what is added and deleted.</summary>
public abstract class VectorIndex : IVectorIndex
{
    private readonly IndexRows _rows;
    private readonly RowCode? _code;

    private protected VectorIndex(VectorSet vectors, RowCode? code, Memory<byte>? codes = null, Func<int, bool>? hasVector = null, IDisposable? files = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        _code = code;
        _rows = new IndexRows(vectors, code, codes, hasVector, files);
    }

    /// <inheritdoc />
    public IndexKind Kind => _code?.Kind ?? IndexKind.Flat;

    /// <inheritdoc />
    public VectorSet Vectors => _rows.Vectors;

    /// <inheritdoc />
    public IReadOnlyList<string> Ids => _rows.Ids;

    /// <inheritdoc />
    public int Count => _rows.Now.Live;

    /// <inheritdoc />
    public int? PositionOf(string id) => _rows.PositionOf(id);

    /// <inheritdoc />
    public void Add(VectorSet vectors) => _rows.Add(vectors);

    /// <inheritdoc />
    public int Delete(IEnumerable<string> ids) => _rows.Delete(ids);

    /// <inheritdoc />
    public VectorFilter Filter(Func<int, bool> passes) => _rows.Filter(passes);

    /// <inheritdoc />
    public VectorFilter Filter(IEnumerable<string> ids) => _rows.Filter(ids);

    /// <inheritdoc />
    public IReadOnlyList<IReadOnlyList<Hit>> Search(Rows<float> queries, EmbeddingSpace space, SearchOptions options, CancellationToken cancellationToken = default)
    {
        _rows.Check(queries, space, options);
        return Find(_rows.Now, queries, options, ScanPlan.Threads(options.Threads), cancellationToken);
    }

    /// <inheritdoc />
    public void Save(string folder) => IndexFolder.Save(folder, _rows, _code);

    /// <inheritdoc />
    public void Dispose()
    {
        _rows.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract IReadOnlyList<Hit>[] Find(IndexSnapshot now, Rows<float> queries, SearchOptions options, int threads, CancellationToken cancellationToken);
}
