using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>The rows of an index, with what is added and deleted. One writer at a time; readers take <see cref="Now"/>.</summary>
internal sealed class IndexRows : IDisposable
{
    private const int LeastCapacity = 1024;
    private readonly Lock _writing = new();
    private readonly RowCode? _code;
    private readonly IDisposable? _files;
    private Dictionary<string, int>? _places;
    private IndexSnapshot _now;
    private bool _disposed;

    /// <param name="vectors">The rows.</param>
    /// <param name="code">How rows are coded; null: not at all.</param>
    /// <param name="codes">Codes of the rows; null: made here.</param>
    /// <param name="hasVector">Which rows are known to have a vector; null: seen here, when there is a code.</param>
    /// <param name="files">What is to be disposed with the index.</param>
    public IndexRows(VectorSet vectors, RowCode? code, Memory<byte>? codes = null, Func<int, bool>? hasVector = null, IDisposable? files = null)
    {
        Vectors = vectors;
        _code = code;
        _files = files;
        int count = vectors.Rows.Count;
        Memory<byte> all = codes ?? (code is null ? Memory<byte>.Empty : Encode(code, vectors.Rows));
        ulong[]? hidden = code is null ? null : Absent(count, hasVector ?? (i => vectors.Rows[i].ContainsAnyExcept(0f)));
        _now = new IndexSnapshot([new RowSegment(0, vectors.Rows, all)], vectors.Ids as string[] ?? [.. vectors.Ids], count, null, hidden, count);
    }

    public VectorSet Vectors { get; }

    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public IndexSnapshot Now
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Volatile.Read(ref _now);
        }
    }

    public IReadOnlyList<string> Ids => Now is var now && now.Ids.Length == now.Total ? now.Ids : new ArraySegment<string>(now.Ids, 0, now.Total);

    /// <summary>Refuses a search that cannot be, before any work.</summary>
    public void Check(Rows<float> queries, EmbeddingSpace space, SearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowUnlessValid();
        EmbeddingSpace.ThrowUnlessSame(space, Vectors.Space.QuerySpace, "The index", "Rebuild it: nearfar embed, then nearfar index, with the model of the queries.");
        ArgumentOutOfRangeException.ThrowIfNotEqual(queries.Dimensions, Vectors.Rows.Dimensions, nameof(queries));
        if (options.Filter is { } filter && !ReferenceEquals(filter.Index, this))
        {
            throw new ArgumentException("The filter was made by another index: its positions mean other documents.", nameof(options));
        }

        for (int q = 0; q < queries.Count; q++)
        {
            if (!System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(queries[q]))
            {
                throw new NearfarException($"Query {q + 1} of {queries.Count} holds NaN or infinity in space {space}. Mend the encoder; such a vector is never compared.");
            }
        }
    }

    public int? PositionOf(string id)
    {
        lock (_writing)
        {
            return Places().TryGetValue(id, out int position) ? position : null;
        }
    }

    public void Add(VectorSet vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        EmbeddingSpace.ThrowUnlessSame(vectors.Space, Vectors.Space, "The index", "Embed the documents with the model of the index.");
        ArgumentOutOfRangeException.ThrowIfNotEqual(vectors.Rows.Dimensions, Vectors.Rows.Dimensions, nameof(vectors));
        lock (_writing)
        {
            var places = Places();
            var fresh = new HashSet<string>(StringComparer.Ordinal);
            foreach (string id in vectors.Ids)
            {
                if (places.ContainsKey(id) || !fresh.Add(id))
                {
                    throw new NearfarException($"Document \"{id}\" is in the index already, or comes twice. Delete it first to replace it.");
                }
            }

            var now = WithRoom(Now, vectors.Rows.Count);
            var last = now.Segments[^1];
            ulong[]? hidden = now.Hidden;
            for (int i = 0; i < vectors.Rows.Count; i++)
            {
                int position = now.Total + i;
                var row = last.Rows[position - last.First];
                vectors.Rows[i].CopyTo(row);
                now.Ids[position] = vectors.Ids[i];
                places[vectors.Ids[i]] = position;
                _code?.Encode(row, last.Codes.Span.Slice((position - last.First) * _code.Length, _code.Length));
                if (_code is not null && !row.ContainsAnyExcept(0f))
                {
                    hidden = With(hidden, position, copy: ReferenceEquals(hidden, now.Hidden));
                }
            }

            Volatile.Write(ref _now, now with { Total = now.Total + vectors.Rows.Count, Live = now.Live + vectors.Rows.Count, Hidden = hidden });
        }
    }

    public int Delete(IEnumerable<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        lock (_writing)
        {
            var now = Now;
            ulong[]? deleted = now.Deleted;
            ulong[]? hidden = now.Hidden;
            int count = 0;
            foreach (string id in ids)
            {
                if (Places().Remove(id, out int position))
                {
                    deleted = With(deleted, position, copy: count == 0);
                    hidden = With(hidden, position, copy: count == 0);
                    count++;
                }
            }

            Volatile.Write(ref _now, now with { Deleted = deleted, Hidden = hidden, Live = now.Live - count });
            return count;
        }
    }

    public VectorFilter Filter(Func<int, bool> passes)
    {
        ArgumentNullException.ThrowIfNull(passes);
        var now = Now;
        ulong[] bits = new ulong[Bits.Words(now.Total)];
        int count = 0;
        for (int i = 0; i < now.Total; i++)
        {
            if (!Bits.Has(now.Deleted, i) && passes(i))
            {
                Bits.Set(bits, i);
                count++;
            }
        }

        return new VectorFilter(this, bits, count);
    }

    public VectorFilter Filter(IEnumerable<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        lock (_writing)
        {
            ulong[] bits = new ulong[Bits.Words(Now.Total)];
            foreach (string id in ids)
            {
                if (Places().TryGetValue(id, out int position))
                {
                    Bits.Set(bits, position);
                }
            }

            return new VectorFilter(this, bits, bits.Sum(System.Numerics.BitOperations.PopCount));
        }
    }

    /// <summary>Writes the rows that are not deleted, in order.</summary>
    /// <returns>Their positions.</returns>
    public int[] Save(string path, IndexSnapshot now)
    {
        int[] live = [.. Enumerable.Range(0, now.Total).Where(i => !Bits.Has(now.Deleted, i))];
        using var writer = new VectorFileWriter(path, Vectors.Space, live.Length, Vectors.Rows.Dimensions);
        foreach (int position in live)
        {
            writer.Write(new ArraySegment<string>(now.Ids, position, 1), new Rows<float>(now.Row(position).ToArray(), 1, Vectors.Rows.Dimensions, Vectors.Rows.Dimensions));
        }

        writer.Complete();
        return live;
    }

    public void Dispose()
    {
        _disposed = true;
        _files?.Dispose();
    }

    private static Memory<byte> Encode(RowCode code, Rows<float> rows)
    {
        byte[] codes = GC.AllocateUninitializedArray<byte>(checked(rows.Count * code.Length));
        Parallel.For(0, (rows.Count + LeastCapacity - 1) / LeastCapacity, block =>
        {
            for (int i = block * LeastCapacity; i < Math.Min(rows.Count, (block + 1) * LeastCapacity); i++)
            {
                code.Encode(rows[i], codes.AsSpan(i * code.Length, code.Length));
            }
        });
        return codes;
    }

    private static ulong[]? Absent(int count, Func<int, bool> hasVector)
    {
        ulong[]? absent = null;
        for (int i = 0; i < count; i++)
        {
            if (!hasVector(i))
            {
                Bits.Set(absent ??= new ulong[Bits.Words(count)], i);
            }
        }

        return absent;
    }

    private static ulong[] With(ulong[]? bits, int position, bool copy)
    {
        int words = Math.Max(bits?.Length ?? 0, (position >> 6) + 1);
        if (bits is null || copy || bits.Length < words)
        {
            ulong[] larger = new ulong[words];
            bits?.CopyTo(larger, 0);
            bits = larger;
        }

        Bits.Set(bits, position);
        return bits;
    }

    // Readers see no further than their total, so what lies behind it may be written.
    private IndexSnapshot WithRoom(IndexSnapshot now, int count)
    {
        var last = now.Segments[^1];
        int total = checked(now.Total + count);
        if (now.Ids.Length < total)
        {
            string[] ids = new string[Math.Max(total, now.Ids.Length + (now.Ids.Length / 2))];
            Array.Copy(now.Ids, ids, now.Total);
            now = now with { Ids = ids };
        }

        if (now.Segments.Length > 1 && total - last.First <= last.Rows.Count)
        {
            return now;
        }

        // Rows of one call lie in one segment; each is as large as a quarter of what there is, so there are few.
        int capacity = Math.Max(count, Math.Max(LeastCapacity, now.Total / 4));
        int d = Vectors.Rows.Dimensions;
        var room = new RowSegment(now.Total, new Rows<float>(AlignedMemory.Allocate(checked(capacity * d)), capacity, d, d), _code is null ? Memory<byte>.Empty : new byte[checked(capacity * _code.Length)]);
        return now with { Segments = [.. now.Segments, room] };
    }

    private Dictionary<string, int> Places()
    {
        if (_places is null)
        {
            _places = IdFile.Places(_now.Ids, _now.Total, "the index");
        }

        return _places;
    }
}
