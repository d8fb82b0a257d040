using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nearfar.Pairs;
using Sylvan.Data.Csv;

namespace Nearfar.Data.Formats;

/// <summary>Rows of a CSV file as JSON objects, so that CSV and JSONL obey the same rules and give the same messages.</summary>
/// <remarks>
/// Separator (comma, semicolon or tab) found in the header; an empty cell is a missing field; list fields are split at <c>|</c>;
/// <c>cohorts.NAME</c> and <c>provenance.NAME</c> fill those objects. A row with more or fewer cells than the header is refused.
/// </remarks>
internal sealed class CsvRows : TableRows
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] s_lists =
        ["positive_ids", "hard_negative_ids", "forbidden_ids", "positive_chunk", "hard_negative_chunk", "expected_ids"];

    private readonly string _path;
    private readonly int _maxRecord;
    private readonly StreamReader _text;
    private readonly CsvDataReader _csv;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly string[] _fields;
    private long _next = 1;

    public CsvRows(string path, IReadOnlyDictionary<string, string> columns, RowReading reading)
    {
        _path = path;
        _maxRecord = reading.MaxLineBytes;
        _text = new StreamReader(PackedFile.Open(path, reading), new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
        try
        {
            _csv = Guard(() => CsvDataReader.Create(_text, new CsvDataReaderOptions { HasHeaders = true, MaxBufferSize = Math.Max(1024, reading.MaxLineBytes) }));
            _fields = Fields(path, [.. Enumerable.Range(0, _csv.FieldCount).Select(i => _csv.GetName(i).Trim())], columns);
        }
        catch       // whatever it was goes on to the caller; nobody else could close the file
        {
            _text.Dispose();
            throw;
        }

        Line = 1;
        _next = 2 + _csv.GetColumnSchema().Sum(c => Breaks(c.ColumnName));
    }

    public override IReadOnlyList<string> Names => _fields;

    protected override long HeaderLine => 1;

    public override bool Next(out ReadOnlySpan<byte> row)
    {
        row = default;
        Trouble = null;
        do
        {
            Line = _next;
            if (!Guard(_csv.Read))
            {
                return false;
            }

            _next += 1;
            for (int i = 0; i < _csv.RowFieldCount; i++)
            {
                _next += Breaks(_csv.GetString(i));
            }
        }
        while (_csv.RowFieldCount == 1 && _csv.GetString(0).Length == 0); // a blank line

        if (_csv.RowFieldCount != _fields.Length)
        {
            Trouble = $"has {_csv.RowFieldCount} cells, the header has {_fields.Length}. Quote cells that hold the separator, or mend the row.";
            return true;
        }

        row = ToJson();
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _csv.Dispose();
            _text.Dispose();
        }
    }

    private static int Breaks(string cell) => cell.AsSpan().Count('\n');

    private ReadOnlySpan<byte> ToJson()
    {
        _buffer.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_buffer, s_json);
        json.WriteStartObject();
        for (int i = 0; i < _fields.Length; i++)
        {
            string cell = _csv.GetString(i);
            if (cell.Length == 0 || _fields[i].Contains('.', StringComparison.Ordinal))
            {
                continue;
            }

            if (s_lists.Contains(_fields[i]) && cell.Contains('|', StringComparison.Ordinal))
            {
                WriteList(json, _fields[i], cell);
            }
            else
            {
                json.WriteString(_fields[i], cell);
            }
        }

        WriteInner(json, "cohorts");
        WriteInner(json, "provenance");
        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenSpan;
    }

    private static void WriteList(Utf8JsonWriter json, string field, string cell)
    {
        json.WriteStartArray(field);
        foreach (string part in cell.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            json.WriteStringValue(part);
        }

        json.WriteEndArray();
    }

    private void WriteInner(Utf8JsonWriter json, string field)
    {
        bool open = false;
        for (int i = 0; i < _fields.Length; i++)
        {
            if (!_fields[i].StartsWith(field + ".", StringComparison.Ordinal) || _csv.GetString(i).Length == 0)
            {
                continue;
            }

            if (!open)
            {
                json.WriteStartObject(field);
                open = true;
            }

            json.WriteString(_fields[i][(field.Length + 1)..], _csv.GetString(i));
        }

        if (open)
        {
            json.WriteEndObject();
        }
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (System.Text.DecoderFallbackException e)
        {
            throw new NearfarException(_path, _next, "is not UTF-8 here or shortly behind. Convert the file, for example with iconv -f WINDOWS-1252 -t UTF-8.", e);
        }
        catch (InvalidDataException e)
        {
            throw new NearfarException(_path, _next, e.Message, e);
        }
        catch (CsvMissingHeadersException e)
        {
            throw new NearfarException(_path, 0, "is empty; a header with column names is wanted on line 1.", e);
        }
        catch (CsvRecordTooLargeException e)
        {
            throw new NearfarException(_path, _next, $"a row here or shortly behind is longer than {_maxRecord} characters. Is a quotation mark left open?", e);
        }
        catch (FormatException e) // CsvFormatException, CsvInvalidCharacterException
        {
            throw new NearfarException(_path, _next, $"not valid CSV: {e.Message.TrimEnd('.')}. Double the quotation marks inside a quoted cell.", e);
        }
    }
}
