using Nearfar.Vectors;

namespace Nearfar.VectorData;

/// <summary>The records of a collection with their indexes. Thread-safe: one writer, or any number of readers.</summary>
internal sealed class StoredCollection : IDisposable
{
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly Lock _makingKeywords = new();
    private readonly Dictionary<int, KeywordColumn> _keywords = [];
    private readonly RecordTable _records;
    private readonly VectorColumn[] _vectors;
    private readonly CollectionFolder? _folder;
    private long _version;
    private bool _isGone;

    /// <param name="name">The collection's.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="spaces">By vector column.</param>
    /// <param name="records">What it holds already; taken over.</param>
    /// <param name="folder">Where writes go; null: nowhere.</param>
    public StoredCollection(string name, CollectionSchema schema, IReadOnlyList<EmbeddingSpace> spaces, RecordTable records, CollectionFolder? folder)
    {
        Name = name;
        Schema = schema;
        _folder = folder;
        _records = records;
        _vectors = [.. schema.Vectors.Select((shape, i) => new VectorColumn(shape, i, spaces[i], records.All))];
    }

    public string Name { get; }

    public CollectionSchema Schema { get; }

    public StoredRecord? Get(object key) => Reading(() => _records.Get(key));

    /// <summary>Records that pass, in the order in which their keys came first.</summary>
    public IReadOnlyList<StoredRecord> Where(Func<StoredRecord, bool> passes) => Reading(() => _records.InOrder(passes));

    /// <param name="records">Later ones of a key replace earlier ones.</param>
    /// <param name="spaces">By vector column.</param>
    /// <exception cref="NearfarException">Vectors of another space than those that are here.</exception>
    public void Upsert(IEnumerable<StoredRecord> records, IReadOnlyList<EmbeddingSpace> spaces)
    {
        var last = new RecordTable();
        foreach (var record in records)
        {
            last.Put(record);
        }

        if (last.Count == 0)
        {
            return;
        }

        StoredRecord[] batch = last.InOrder(_ => true);
        Writing(() =>
        {
            AdoptSpaces(batch, spaces);
            _folder?.AppendUpserts(batch);
            foreach (var record in batch)
            {
                _records.Put(record);
            }

            foreach (var column in _vectors)
            {
                column.Put(batch);
            }
        });
    }

    public void Delete(IEnumerable<object> keys) => Writing(() =>
    {
        StoredRecord[] here = [.. keys.Distinct().Select(k => _records.Get(k)).OfType<StoredRecord>()];
        if (here.Length == 0)
        {
            return;
        }

        _folder?.AppendDeletes(here);
        foreach (var record in here)
        {
            _records.Remove(record.Key);
        }

        foreach (var column in _vectors)
        {
            column.Remove(here);
        }
    });

    /// <summary>The nearest records, best first; with <paramref name="keywords"/>, a text column, also the words of the same moment.</summary>
    /// <exception cref="NearfarException">A query of another space.</exception>
    public (IReadOnlyList<(StoredRecord Record, float Score)> Hits, KeywordColumn? Words) Search(
        int column, EmbeddingSpace space, ReadOnlyMemory<float> query, int k, Func<StoredRecord, bool>? passes, int? keywords, CancellationToken cancellationToken) => Reading(() =>
    {
        var vectors = _vectors[column];
        if (vectors.Count == 0)
        {
            return ([], keywords is { } c ? Keywords(c) : null);
        }

        CheckSpace(column, space);
        return (vectors.Search(query, k, passes, cancellationToken), keywords is { } words ? Keywords(words) : null);
    });

    /// <summary>Ends it: waits for those inside, and refuses those who come later.</summary>
    /// <param name="delete">Its files too.</param>
    public void End(bool delete)
    {
        _lock.EnterWriteLock();
        try
        {
            _isGone = true;
            if (delete)
            {
                _folder?.Delete();
            }

            _folder?.Dispose();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    public void Dispose()
    {
        End(delete: false);
        _lock.Dispose();
    }

    private KeywordColumn Keywords(int column)
    {
        lock (_makingKeywords)
        {
            if (!_keywords.TryGetValue(column, out var words) || words.Version != _version)
            {
                words = new KeywordColumn(_version, column, _records.All);
                _keywords[column] = words;
            }

            return words;
        }
    }

    // A column without vectors takes the space of the first that come.
    private void AdoptSpaces(StoredRecord[] batch, IReadOnlyList<EmbeddingSpace> spaces)
    {
        bool isNew = false;
        for (int i = 0; i < _vectors.Length; i++)
        {
            if (!batch.Any(r => r.Vectors[i] is not null))
            {
                continue;
            }

            if (_vectors[i].Count > 0)
            {
                CheckSpace(i, spaces[i]);
            }
            else if (!_vectors[i].Space.Equals(spaces[i]))
            {
                _vectors[i] = new VectorColumn(Schema.Vectors[i], i, spaces[i], []);
                isNew = true;
            }
        }

        if (isNew)
        {
            _folder?.SetSpaces([.. _vectors.Select(v => v.Space)], _records);
        }
    }

    private void CheckSpace(int column, EmbeddingSpace space) => EmbeddingSpace.ThrowUnlessSame(space, _vectors[column].Space,
        $"Collection \"{Name}\", vector \"{Schema.Vectors[column].Name}\",",
        "Delete the collection and embed its records again, or set the generator (for vectors that come ready: NearfarVectorStoreOptions.Space) that made them.");

    private T Reading<T>(Func<T> read)
    {
        _lock.EnterReadLock();
        try
        {
            ThrowIfGone();
            return read();
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    private void Writing(Action write)
    {
        _lock.EnterWriteLock();
        try
        {
            ThrowIfGone();
            write();
            _version++;
            _folder?.SettleIfWorthwhile(_records);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    private void ThrowIfGone()
    {
        if (_isGone)
        {
            throw new NearfarException($"Collection \"{Name}\" was deleted, or its store disposed.");
        }
    }
}
