using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Nearfar.Pairs;

/// <summary>One kind of row: how a line is read and written. The loop over a file is here, once.</summary>
internal abstract class RowFormat<T>
    where T : class
{
    private static readonly JsonWriterOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The row, or null when <paramref name="problems"/> grew.</summary>
    public abstract T? Parse(ref RowScanner row, List<string> problems);

    /// <summary>The id the file gave; null when it gave none.</summary>
    public abstract string? GivenId(T row);

    /// <summary>The row with an id made from its content; <paramref name="suffix"/> tells equal rows apart.</summary>
    public abstract T WithContentId(T row, string suffix);

    /// <summary>Whether rows without ids may be equal.</summary>
    public virtual bool EqualRowsAllowed => true;

    public abstract void Write(Utf8JsonWriter json, T row);

    /// <summary>Good rows as they come; problems go into the list, and the caller decides at the end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reading">Limits.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <param name="open">Opens the rows; null: lines of JSON.</param>
    /// <param name="remembersIds">False for a file larger than memory: ids are not held, so that one that stands twice is not seen.</param>
    public IEnumerable<(T Row, long Line)> Rows(string path, RowReading reading, ProblemList problems, Func<RowSource>? open = null, bool remembersIds = true)
    {
        reading.ThrowIfInvalid();
        using var lines = open?.Invoke() ?? new LineReader(path, reading);
        var state = new ReadState(path, problems, remembersIds, lines.Unit);
        long rows = 0;
        while (TryNext(lines, state, out var row, out bool any))
        {
            rows += any ? 1 : 0;
            if (row is not null)
            {
                yield return (row, lines.Line);
            }
        }

        if (rows == 0)
        {
            throw new NearfarException(path, 0, "is empty; at least one row is wanted. Fill it, or remove it from nearfar.yaml.");
        }
    }

    public RowSet<T> Read(string path, RowReading? reading, Func<IReadOnlyList<Document>>? inlineDocuments = null, Func<RowSource>? open = null)
    {
        reading ??= RowReading.Default;
        var problems = new ProblemList(reading.MaxProblems);
        var rows = new List<T>();
        var lines = new List<long>();
        foreach (var (row, line) in Rows(path, reading, problems, open))
        {
            rows.Add(row);
            lines.Add(line);
        }

        if (!reading.SkipInvalid)
        {
            problems.ThrowIfAny();
        }

        return new RowSet<T>(path, rows, lines, inlineDocuments?.Invoke(), problems.Shown, problems.SkippedRows);
    }

    public IEnumerable<T> Stream(string path, RowReading? reading)
    {
        reading ??= RowReading.Default;
        var problems = new ProblemList(reading.MaxProblems);
        foreach (var (row, _) in Rows(path, reading, problems))
        {
            yield return row;
        }

        if (!reading.SkipInvalid)
        {
            problems.ThrowIfAny();
        }
    }

    public void Write(string path, IEnumerable<T> rows)
    {
        AtomicFile.Write(path, stream =>
        {
            using var packed = PackedFile.Packed(path, stream);
            WriteLines(packed ?? stream, rows);
        });
    }

    private void WriteLines(Stream stream, IEnumerable<T> rows)
    {
        var line = new ArrayBufferWriter<byte>();       // a writer on the stream would flush it at each row, and packings end a block there
        using var json = new Utf8JsonWriter(line, s_compact);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            Write(json, row);
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            line.Write("\n"u8);
            stream.Write(line.WrittenSpan);
            line.ResetWrittenCount();
        }
    }

    private bool TryNext(RowSource lines, ReadState state, out T? row, out bool any)
    {
        row = null;
        any = false;
        if (!lines.Next(out var line))
        {
            return false;
        }

        if (lines.Trouble is { } trouble)
        {
            any = true;
            state.Fail(lines.Line, trouble);
        }
        else if (line.IndexOfAnyExcept(" \t"u8) >= 0)
        {
            any = true;
            row = ParseLine(line, lines.Line, state);
        }

        return true;
    }

    private T? ParseLine(ReadOnlySpan<byte> line, long number, ReadState state)
    {
        state.RowProblems.Clear();
        T? row = null;
        if (!Utf8.IsValid(line))
        {
            state.RowProblems.Add("is not UTF-8. Convert the file, for example with iconv -f WINDOWS-1252 -t UTF-8.");
        }
        else
        {
            row = ParseJson(line, state);
        }

        foreach (string problem in state.RowProblems)
        {
            state.Add(number, problem);
        }

        if (row is null || state.RowProblems.Count > 0)
        {
            state.Problems.SkippedRows++;
            return null;
        }

        return Identify(row, number, state);
    }

    private T? ParseJson(ReadOnlySpan<byte> line, ReadState state)
    {
        try
        {
            var scanner = new RowScanner(line, state.RowProblems, state.Fields);
            return Parse(ref scanner, state.RowProblems);
        }
        catch (FormatException)
        {
            return null; // not an object; the scanner has said so
        }
        catch (JsonException e)
        {
            string reason = e.Message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd('.');
            string at = e.BytePositionInLine is { } position ? $" at byte {position + 1}" : "";
            state.RowProblems.Add($"not valid JSON{at}: {reason}.");
            return null;
        }
    }

    private T? Identify(T row, long number, ReadState state)
    {
        if (!state.RemembersIds)
        {
            return GivenId(row) is null ? WithContentId(row, "") : row;
        }

        if (GivenId(row) is { } given)
        {
            if (state.Ids.TryAdd(given, number))
            {
                return row;
            }

            state.Fail(number, $"id \"{given}\" stands on {state.Unit} {state.Ids[given]} already; ids must be unique. Rename one, or remove the row.");
            return null;
        }

        for (int copy = 1; ; copy++)
        {
            var named = WithContentId(row, copy == 1 ? "" : $"-{copy}");
            string id = GivenId(named)!;
            if (state.Ids.TryAdd(id, number))
            {
                return named;
            }

            if (!EqualRowsAllowed)
            {
                state.Fail(number, $"the row equals that on {state.Unit} {state.Ids[id]} and has no id. Remove one, or give ids.");
                return null;
            }
        }
    }

    private sealed class ReadState(string path, ProblemList problems, bool remembersIds, string unit)
    {
        public bool RemembersIds { get; } = remembersIds;

        public string Unit { get; } = unit;

        public string Path { get; } = path;

        public ProblemList Problems { get; } = problems;

        public List<string> RowProblems { get; } = [];

        public HashSet<string> Fields { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, long> Ids { get; } = new(StringComparer.Ordinal);

        public void Fail(long line, string message)
        {
            Add(line, message);
            Problems.SkippedRows++;
        }

        public void Add(long line, string message) => Problems.Add(new DataProblem(Path, line, message) { Unit = Unit });
    }
}
