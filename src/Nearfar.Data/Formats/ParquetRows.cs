using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nearfar.Pairs;
using Parquet;
using Parquet.Schema;

namespace Nearfar.Data.Formats;

/// <summary>Rows of a Parquet file as JSON objects, one row group in memory at a time.</summary>
/// <remarks>
/// Every size in such a file is what its writer says it is, so a row group is measured by its own figures before memory is taken for it, and
/// what comes out is counted as with compressed files.
/// </remarks>
internal sealed class ParquetRows : TableRows
{
    private const long ExpansionFloor = 256L << 20;
    private const int BytesOfValue = 24;        // a slice of text and two levels

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path;
    private readonly RowReading _reading;
    private readonly FileStream _file;
    private readonly ParquetReader _parquet;
    private readonly List<ParquetLeaf> _leaves = [];
    private readonly ParquetNode[] _columns;
    private readonly string[] _fields;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly ParquetCell _cell;
    private long _pagesEnd;
    private int _group;
    private long _left;
    private long _written;

    public ParquetRows(string path, IReadOnlyDictionary<string, string> columns, RowReading reading)
    {
        (_path, _reading) = (path, reading);
        _cell = new ParquetCell(new Utf8JsonWriter(_buffer, s_json));
        _file = File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10)
            : throw new NearfarException(path, 0, "no such file. Check the path in nearfar.yaml or on the command line.");
        try
        {
            _parquet = Guard(() =>
            {
                _pagesEnd = ParquetCheck.Footer(_file);
                return Wait(ParquetReader.CreateAsync(_file, leaveStreamOpen: true));
            });
            if (_parquet.Metadata!.EncryptionAlgorithm is not null)
            {
                throw new NearfarException(path, 0, "is encrypted, which is not read. Write it without encryption.");
            }

            _columns = Guard(() => ParquetNode.Columns(_parquet.Metadata.Schema, _parquet.Schema.GetDataFields(), _leaves));
            _fields = Fields(path, [.. _columns.Select(c => c.Name)], columns);
        }
        catch       // whatever it was goes on to the caller; nobody else could close the file
        {
            _file.Dispose();
            throw;
        }
    }

    public override IReadOnlyList<string> Names => _fields;

    public override string Unit => "row";

    protected override long HeaderLine => 0;

    public override bool Next(out ReadOnlySpan<byte> row)
    {
        row = default;
        Trouble = null;
        while (_left == 0)
        {
            if (!Guard(NextGroup))
            {
                return false;
            }
        }

        _left--;
        Line++;
        Guard(WriteRow);
        _written += _buffer.WrittenCount;
        if (_written > ExpansionFloor && _written / _reading.MaxExpansion > _file.Length)
        {
            throw new NearfarException(_path, Line, $"the rows grow to more than {_reading.MaxExpansion} times the file, as bombs do. If you trust it, write it as JSONL.");
        }

        Trouble = _cell.Trouble ?? (_buffer.WrittenCount > _reading.MaxLineBytes ? $"the row is longer than {_reading.MaxLineBytes} bytes. Split the text, or raise the limit of the reader." : null);
        row = Trouble is null ? _buffer.WrittenSpan : default;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cell.Json.Dispose();
            Wait(_parquet.DisposeAsync().AsTask());
            _file.Dispose();
        }
    }

    private bool NextGroup()
    {
        if (_leaves.Any(leaf => !leaf.IsAtEnd))
        {
            throw new InvalidDataException("a column has more values than its row group has rows");
        }

        if (_group == _parquet.RowGroupCount)
        {
            return false;
        }

        var group = _parquet.OpenRowGroupReader(_group++);
        _left = group.RowCount;
        int[] counts = [.. _leaves.Select(leaf => CountOf(group, leaf.Field))];
        long bytes = counts.Sum(c => (long)c * BytesOfValue) + _leaves.Sum(leaf => ParquetCheck.Pages(_file, group.GetMetadata(leaf.Field)!.MetaData!, _pagesEnd));
        if (bytes > ExpansionFloor && bytes / _reading.MaxExpansion > _file.Length)
        {
            throw new NearfarException(_path, Line + 1, $"a row group grows to more than {_reading.MaxExpansion} times the file, as bombs do. If you trust it, write it with smaller row groups, or as JSONL.");
        }

        for (int i = 0; i < counts.Length; i++)
        {
            Wait(_leaves[i].ReadAsync(group, counts[i]));
        }

        return true;
    }

    private static int CountOf(ParquetRowGroupReader group, DataField field)
    {
        var chunk = group.GetMetadata(field) ?? throw new InvalidDataException($"column \"{field.Path}\" is missing in a row group");
        long count = chunk.MetaData?.NumValues ?? -1;
        return chunk.FilePath is not null ? throw new InvalidDataException($"column \"{field.Path}\" lies in another file")
            : count >= group.RowCount && group.RowCount >= 0 && count <= Array.MaxLength ? (int)count
            : throw new InvalidDataException($"column \"{field.Path}\" says that it has {count} values in {group.RowCount} rows");
    }

    private bool WriteRow()
    {
        _buffer.ResetWrittenCount();
        _cell.Trouble = null;
        var json = _cell.Json;
        json.Reset();
        json.WriteStartObject();
        for (int i = 0; i < _columns.Length; i++)
        {
            if (!IsInner(_fields[i]))
            {
                _columns[i].WriteField(_cell, _fields[i]);
            }
        }

        WriteInner("cohorts.");
        WriteInner("provenance.");
        json.WriteEndObject();
        json.Flush();
        return _leaves.All(leaf => leaf.Repetition == 0) ? true : throw new InvalidDataException("the levels of a list do not fit its rows");
    }

    private void WriteInner(string prefix)
    {
        bool open = false;
        for (int i = 0; i < _columns.Length; i++)
        {
            if (!_fields[i].StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (!open && !_columns[i].IsNull)
            {
                _cell.Json.WriteStartObject(prefix[..^1]);
                open = true;
            }

            _columns[i].WriteField(_cell, _fields[i][prefix.Length..]);
        }

        if (open)
        {
            _cell.Json.WriteEndObject();
        }
    }

    // The library throws whatever its code runs into on bytes that are not what they should be.
    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new NearfarException(_path, Line, $"cannot be read as Parquet: {e.Message}. Fetch or write the file again.", e);
        }
        catch (IOException e) when (e is not EndOfStreamException)
        {
            throw new NearfarException(_path, Line, $"cannot be read: {e.Message}", e);     // a disk that fails is no damaged file
        }
        catch (Exception e) when (e is not NearfarException)
        {
            throw new NearfarException(_path, Line, "the Parquet file is damaged or cut off, or packed in a way that is not known. Fetch or write the file again.", e);
        }
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
