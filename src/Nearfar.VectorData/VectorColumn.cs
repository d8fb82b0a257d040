using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.VectorData;

/// <summary>The vectors of one property of all records, in an index. Guarded by the collection's lock.</summary>
internal sealed class VectorColumn
{
    private const int LeastGarbage = 1024;
    private readonly VectorShape _shape;
    private readonly int _ordinal;
    private readonly List<StoredRecord?> _at;      // by position in the index
    private IVectorIndex _index;
    private int _builtOver;

    public VectorColumn(VectorShape shape, int ordinal, EmbeddingSpace space, IEnumerable<StoredRecord> records)
    {
        _shape = shape;
        _ordinal = ordinal;
        Space = space;
        _at = [.. records.Where(HasVector)];
        _index = Build();
    }

    public EmbeddingSpace Space { get; }

    public int Count => _index.Count;

    /// <summary>The row that is compared: unit for cosine, so that dot products are cosines.</summary>
    public void Prepare(ReadOnlySpan<float> vector, Span<float> into)
    {
        vector.CopyTo(into);
        if (_shape.Form.IsCosine)
        {
            // In double: squares of large or small floats leave the range of float.
            double squares = 0;
            foreach (float v in vector)
            {
                squares += (double)v * v;
            }

            double norm = squares == 0 ? 1 : Math.Sqrt(squares);
            for (int d = 0; d < into.Length; d++)
            {
                into[d] = (float)(into[d] / norm);
            }
        }
    }

    /// <summary>Adds or replaces records, whose ids are unique.</summary>
    public void Put(IReadOnlyList<StoredRecord> records)
    {
        Delete(records.Select(r => r.Id));
        StoredRecord[] added = [.. records.Where(HasVector)];
        if (added.Length > 0)
        {
            _index.Add(Rows(added));
            _at.AddRange(added);
        }

        RebuildIfWorthwhile();
    }

    public void Remove(IEnumerable<StoredRecord> records)
    {
        Delete(records.Select(r => r.Id));
        RebuildIfWorthwhile();
    }

    /// <summary>The nearest records that pass, best first. The predicate is asked before the scan.</summary>
    public IReadOnlyList<(StoredRecord Record, float Score)> Search(ReadOnlyMemory<float> query, int k, Func<StoredRecord, bool>? passes, CancellationToken cancellationToken)
    {
        var rows = Vectors.Rows.Allocate<float>(1, _shape.Dimensions);
        Prepare(query.Span, rows[0]);
        var filter = passes is null ? null : _index.Filter(position => passes(_at[position]!));
        var hits = _index.Search(rows, Space, new SearchOptions { K = k, Filter = filter }, cancellationToken)[0];
        return [.. hits.Select(h => (_at[h.Document]!, h.Score))];
    }

    private void Delete(IEnumerable<string> ids)
    {
        string[] here = [.. ids.Where(id => _index.PositionOf(id) is not null)];
        foreach (string id in here)
        {
            _at[_index.PositionOf(id)!.Value] = null;
        }

        if (here.Length > 0)
        {
            _index.Delete(here);
        }
    }

    private bool HasVector(StoredRecord? record) => record?.Vectors[_ordinal] is not null;

    private VectorSet Rows(IReadOnlyList<StoredRecord> records)
    {
        var rows = Vectors.Rows.Allocate<float>(records.Count, _shape.Dimensions);
        for (int i = 0; i < records.Count; i++)
        {
            Prepare(records[i].Vectors[_ordinal], rows[i]);
        }

        return new VectorSet(Space, [.. records.Select(r => r.Id)], rows);
    }

    private IndexKind KindFor(int count) => _shape.Form switch
    {
        { Index: Microsoft.Extensions.VectorData.IndexKind.QuantizedFlat } => IndexKind.Int8,
        { Index: Microsoft.Extensions.VectorData.IndexKind.Dynamic, IsCosine: true } => IndexFolder.Choose(count, _shape.Dimensions).Kind,
        _ => IndexKind.Flat,
    };

    private IVectorIndex Build()
    {
        _builtOver = _at.Count;
        return IndexFolder.Build(Rows(_at!), KindFor(_at.Count));
    }

    // Deleted rows are scanned until they go; codes are clipped to the ranges of the rows that were there first; and a set may outgrow its kind.
    private void RebuildIfWorthwhile()
    {
        bool isGarbage = _at.Count > (2 * _index.Count) + LeastGarbage;
        bool isOutgrown = _index.Kind != KindFor(_index.Count) || (_index.Kind != IndexKind.Flat && _index.Count > (2 * _builtOver) + LeastGarbage);
        if (isGarbage || isOutgrown)
        {
            _at.RemoveAll(r => r is null);
            _index.Dispose();
            _index = Build();
        }
    }
}
