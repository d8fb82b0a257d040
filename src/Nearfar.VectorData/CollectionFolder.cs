using System.Globalization;
using System.Text.Json;
using Nearfar.Vectors;

namespace Nearfar.VectorData;

/// <summary>
/// A collection on disk: a manifest, the records (JSON lines) and vectors (safetensors) of one generation, and a journal of what was written since.
/// A write is in the journal, flushed, before it is seen; a line that a crash cut off is dropped, and with it that whole write. When the
/// journal outgrows the rest, a new generation is written and the manifest turned to it. Guarded by the collection's lock.
/// </summary>
internal sealed class CollectionFolder : IDisposable
{
    private const long LeastJournal = 1 << 20;
    private readonly string _path;
    private CollectionManifest _manifest;
    private FileStream? _journal;
    private long _settled;

    private CollectionFolder(string path, CollectionManifest manifest) => (_path, _manifest) = (path, manifest);

    public CollectionManifest Manifest => _manifest;

    private string RecordsPath => FileOf("records", "jsonl");

    private string JournalPath => FileOf("journal", "jsonl");

    /// <exception cref="NearfarException">The folder is there already.</exception>
    public static CollectionFolder Create(string path, string name, CollectionSchema schema, IReadOnlyList<EmbeddingSpace> spaces)
    {
        if (Directory.Exists(path))
        {
            throw new NearfarException(path, 0, $"is there, and is not the collection \"{name}\". Choose another name, or move the folder away.");
        }

        var folder = new CollectionFolder(path, new CollectionManifest(name, 1, 0, schema, spaces));
        folder._manifest.Save(path);
        return folder;
    }

    /// <summary>Reads everything.</summary>
    /// <exception cref="NearfarException">Broken or missing files; the message names file and line.</exception>
    public static (CollectionFolder Folder, RecordTable Records) Open(string path)
    {
        var folder = new CollectionFolder(path, CollectionManifest.Load(path));
        return (folder, folder.Load());
    }

    /// <summary>Names the spaces of columns that hold no vector now; in a new generation, since the files of this one may hold deleted vectors of another.</summary>
    public void SetSpaces(IReadOnlyList<EmbeddingSpace> spaces, RecordTable records) => Settle(records.InOrder(_ => true), spaces);

    public void AppendUpserts(IReadOnlyList<StoredRecord> records) => Append("upsert", json =>
    {
        foreach (var record in records)
        {
            RecordJson.Write(json, _manifest.Schema, record, includeVectors: true);
        }
    });

    public void AppendDeletes(IReadOnlyList<StoredRecord> records) => Append("delete", json =>
    {
        foreach (var record in records)
        {
            _manifest.Schema.Key.Type.Write(json, record.Key);
        }
    });

    /// <summary>Writes a new generation when the journal is larger than the settled files and 1 MiB.</summary>
    public void SettleIfWorthwhile(RecordTable records)
    {
        if (_journal is { } journal && journal.Length > Math.Max(LeastJournal, _settled))
        {
            Settle(records.InOrder(_ => true), _manifest.Spaces);
        }
    }

    public void Dispose()
    {
        _journal?.Dispose();
        _journal = null;
    }

    public void Delete()
    {
        Dispose();
        File.Delete(Path.Combine(_path, CollectionManifest.FileName));      // first: a half-deleted folder is no collection
        Directory.Delete(_path, recursive: true);
    }

    private void Settle(StoredRecord[] records, IReadOnlyList<EmbeddingSpace> spaces)
    {
        var next = new CollectionFolder(_path, _manifest with { Generation = _manifest.Generation + 1, Records = records.Length, Spaces = spaces });
        next.WriteRecords(records);
        for (int i = 0; i < _manifest.Schema.Vectors.Count; i++)
        {
            next.WriteVectors(i, records);
        }

        next._manifest.Save(_path);
        Dispose();
        _manifest = next._manifest;
        DeleteOthers();
        _settled = SettledLength();
    }

    private void WriteRecords(StoredRecord[] records) => AtomicFile.Write(RecordsPath, stream =>
    {
        using var json = new Utf8JsonWriter(stream);
        foreach (var record in records)
        {
            RecordJson.Write(json, _manifest.Schema, record, includeVectors: false);
            json.Flush();
            json.Reset();
            stream.WriteByte((byte)'\n');
        }
    });

    private void WriteVectors(int column, StoredRecord[] records)
    {
        StoredRecord[] some = [.. records.Where(r => r.Vectors[column] is not null)];
        if (some.Length == 0)
        {
            return;
        }

        int dimensions = _manifest.Schema.Vectors[column].Dimensions;
        using var writer = new VectorFileWriter(VectorsPath(column), _manifest.Spaces[column], some.Length, dimensions);
        foreach (var record in some)
        {
            writer.Write([record.Id], new Rows<float>(record.Vectors[column], 1, dimensions, dimensions));
        }

        writer.Complete();
    }

    private RecordTable Load()
    {
        var records = new RecordTable();
        if (_manifest.Records > 0)
        {
            ReadLines(RecordsPath, json => records.Put(RecordJson.Read(json, _manifest.Schema)));
            if (records.Count != _manifest.Records)
            {
                throw new NearfarException(RecordsPath, 0, $"holds {records.Count} records; the manifest counts {_manifest.Records}. Restore the folder from a copy.");
            }

            ReadVectors(records.All);
        }

        if (File.Exists(JournalPath))
        {
            DropTornLine();
            ReadLines(JournalPath, json => Replay(json, records));
        }

        DeleteOthers();
        _settled = SettledLength();
        return records;
    }

    private void ReadVectors(IEnumerable<StoredRecord> records)
    {
        var byId = records.ToDictionary(r => r.Id, StringComparer.Ordinal);
        for (int i = 0; i < _manifest.Schema.Vectors.Count; i++)
        {
            string path = VectorsPath(i);
            if (!File.Exists(path))
            {
                continue;      // no record had one
            }

            var set = VectorSet.Load(path);
            EmbeddingSpace.ThrowUnlessSame(_manifest.Spaces[i], set.Space, path, "Restore the folder from a copy.");
            if (set.Rows.Dimensions != _manifest.Schema.Vectors[i].Dimensions)
            {
                throw new NearfarException(path, 0, $"has {set.Rows.Dimensions} dimensions; the manifest says {_manifest.Schema.Vectors[i].Dimensions}. Restore the folder from a copy.");
            }

            for (int row = 0; row < set.Ids.Count; row++)
            {
                var record = byId.GetValueOrDefault(set.Ids[row]) ?? throw new NearfarException(path, 0, $"holds a vector of \"{set.Ids[row]}\", which is no record. Restore the folder from a copy.");
                record.Vectors[i] = set.Rows[row].ToArray();
            }
        }
    }

    private void Replay(JsonElement json, RecordTable records)
    {
        if (json.TryGetProperty("upsert", out var upserts))
        {
            foreach (var record in upserts.EnumerateArray())
            {
                records.Put(RecordJson.Read(record, _manifest.Schema));
            }
        }
        else
        {
            foreach (var key in json.GetProperty("delete").EnumerateArray())
            {
                records.Remove(_manifest.Schema.Key.Type.Read(key));
            }
        }
    }

    private static void ReadLines(string path, Action<JsonElement> read)
    {
        long line = 0;
        try
        {
            foreach (string text in File.ReadLines(path))
            {
                line++;
                using var json = JsonDocument.Parse(text);
                read(json.RootElement);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new NearfarException(path, line, $"is not a line of a collection: {e.Message}. Restore the folder from a copy.", e);
        }
    }

    private void Append(string what, Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteStartArray(what);
            write(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        _journal ??= new FileStream(JournalPath, FileMode.Append, FileAccess.Write, FileShare.Read);
        long before = _journal.Length;
        try
        {
            line.WriteTo(_journal);
            _journal.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // The next write must not follow half a line; closing drops what is still buffered.
            try { _journal.SetLength(before); } catch (IOException) { }
            throw;
        }
    }

    private void DropTornLine()
    {
        using var journal = new FileStream(JournalPath, FileMode.Open, FileAccess.ReadWrite);
        long end = journal.Length;
        byte[] block = new byte[1 << 16];
        while (end > 0)
        {
            long start = Math.Max(0, end - block.Length);
            journal.Position = start;
            journal.ReadExactly(block, 0, (int)(end - start));
            int last = block.AsSpan(0, (int)(end - start)).LastIndexOf((byte)'\n');
            if (last >= 0)
            {
                end = start + last + 1;
                break;
            }

            end = start;
        }

        journal.SetLength(end);
    }

    /// <summary>Files of other generations: those before, and those of a settling that a crash ended.</summary>
    private void DeleteOthers()
    {
        string mine = string.Create(CultureInfo.InvariantCulture, $"-{_manifest.Generation}");
        foreach (string file in Directory.EnumerateFiles(_path))
        {
            string name = Path.GetFileName(file);
            string stem = name.Split('.')[0];
            bool isOurs = name.StartsWith("records-", StringComparison.Ordinal) || name.StartsWith("journal-", StringComparison.Ordinal) || name.StartsWith("vectors-", StringComparison.Ordinal);
            if ((isOurs && !stem.EndsWith(mine, StringComparison.Ordinal)) || name.EndsWith(".tmp", StringComparison.Ordinal))
            {
                File.Delete(file);
            }
        }
    }

    private long SettledLength() => Directory.EnumerateFiles(_path).Where(f => f != JournalPath).Sum(f => new FileInfo(f).Length);

    private string VectorsPath(int column) => FileOf(string.Create(CultureInfo.InvariantCulture, $"vectors-{column}"), "safetensors");

    private string FileOf(string what, string extension) => Path.Combine(_path, string.Create(CultureInfo.InvariantCulture, $"{what}-{_manifest.Generation}.{extension}"));
}
