using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>Documents and pairs as CSV, plain, gzip or zstd, UTF-8; separated by comma, semicolon or tab.</summary>
/// <remarks>
/// Columns are the fields of the JSONL rows and their aliases; others through <c>columns</c>. An empty cell is a missing field, lists of ids
/// are split at <c>|</c>, <c>cohorts.NAME</c> and <c>provenance.NAME</c> fill those objects.
/// </remarks>
public static class CsvFile
{
    /// <summary>Documents; unknown columns are attributes.</summary>
    /// <param name="path">With a header.</param>
    /// <param name="columns">Our field name to the file's column name; null: they are called alike.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, a ragged or bad row: all in one message, with their lines.</exception>
    public static RowSet<Document> ReadDocuments(string path, IReadOnlyDictionary<string, string>? columns = null, RowReading? reading = null) =>
        DocumentFormat.Plain.Read(path, reading, open: () => new CsvRows(path, columns ?? DataSource.NoColumns, reading ?? RowReading.Default));

    /// <summary>Pairs; an unknown column is an error.</summary>
    /// <param name="path">With a header.</param>
    /// <param name="columns">Our field name to the file's column name; null: they are called alike.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, a ragged or bad row: all in one message, with their lines.</exception>
    public static RowSet<Pair> ReadPairs(string path, IReadOnlyDictionary<string, string>? columns = null, RowReading? reading = null)
    {
        var format = new PairFormat();
        return format.Read(path, reading, () => format.InlineDocuments, () => new CsvRows(path, columns ?? DataSource.NoColumns, reading ?? RowReading.Default).ThrowUnlessPairs(path));
    }
}
