using Nearfar.Data.Formats;
using Nearfar.Labels;
using Nearfar.Pairs;

namespace Nearfar.Data.Labels;

/// <summary>Labelling rows in a file: JSONL, or CSV for spreadsheets and other tools, with the same fields as columns.</summary>
public static class LabelSheet
{
    private static readonly System.Buffers.SearchValues<char> s_quoted = System.Buffers.SearchValues.Create(",;\t\"\r\n");

    /// <summary>Reads a sheet.</summary>
    /// <param name="path">Ends in <c>.csv</c> or <c>.tsv</c>, or is JSONL. An empty cell is a missing field: a row without a grade is not judged.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, or bad rows: all of them in one message, with their lines.</exception>
    public static RowSet<LabelRow> Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return LabelFormat.Instance.Read(path, null, open: IsTable(path) ? () => new CsvRows(path, DataSource.NoColumns, RowReading.Default) : null);
    }

    /// <summary>Writes a sheet atomically.</summary>
    /// <param name="path">Ends in <c>.csv</c>, or becomes JSONL.</param>
    /// <param name="rows">In the order of the file.</param>
    public static void Write(string path, IReadOnlyList<LabelRow> rows)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(rows);
        if (!IsTable(path))
        {
            LabelFormat.Instance.Write(path, rows);
            return;
        }

        char separator = path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? '\t' : ',';
        var lines = rows.Select(r => string.Join(separator, Cells(r).Select(Quoted))).Prepend(string.Join(separator, LabelFormat.Fields));
        AtomicFile.Write(path, string.Concat(lines.Select(l => l + "\n")));
    }

    private static bool IsTable(string path) => path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase);

    private static string[] Cells(LabelRow row) =>
    [
        row.QuestionId, row.Query, row.DocumentId, row.Title ?? "", row.Text, row.Grade?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "",
        row.Rater ?? "", row.Time is { } time ? Dates.Write(time) : "", row.Pool ?? "",
    ];

    // Quoted throughout where anything could be read otherwise; white space at the ends is part of a cell.
    private static string Quoted(string cell) => cell.AsSpan().ContainsAny(s_quoted) || (cell.Length > 0 && (char.IsWhiteSpace(cell[0]) || char.IsWhiteSpace(cell[^1])))
        ? "\"" + cell.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"" : cell;
}
