using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>Documents, pairs and traffic as Parquet, in any of its packings; known by the first bytes.</summary>
/// <remarks>
/// Columns are the fields of the JSONL rows and their aliases; others through <c>columns</c>. Lists, structs and maps stand for JSON's lists
/// and objects, dates and timestamps for ISO 8601 texts; a null is a missing field; columns <c>cohorts.NAME</c> and <c>provenance.NAME</c> fill
/// those objects. Read one row group after the other. Where JSONL has lines, messages and row sets have rows, counted from 1.
/// </remarks>
public static class ParquetFile
{
    /// <summary>Whether a file begins as Parquet does; false when there is none.</summary>
    /// <param name="path">Any path.</param>
    public static bool IsAt(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!File.Exists(path))
        {
            return false;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        Span<byte> magic = stackalloc byte[4];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual("PAR1"u8);
    }

    /// <summary>Documents; unknown columns are attributes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Our field name to the file's column name; null: they are called alike.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, a column of a type that is not read, bad rows: all in one message, with their numbers.</exception>
    public static RowSet<Document> ReadDocuments(string path, IReadOnlyDictionary<string, string>? columns = null, RowReading? reading = null) =>
        DocumentFormat.Plain.Read(path, reading, open: () => Rows(path, columns, reading));

    /// <summary>Pairs; an unknown column is an error.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Our field name to the file's column name; null: they are called alike.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, a column of a type that is not read, bad rows: all in one message, with their numbers.</exception>
    public static RowSet<Pair> ReadPairs(string path, IReadOnlyDictionary<string, string>? columns = null, RowReading? reading = null)
    {
        var format = new PairFormat();
        return format.Read(path, reading, () => format.InlineDocuments, () => Rows(path, columns, reading).ThrowUnlessPairs(path));
    }

    /// <summary>Traffic; an unknown column is an error.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Our field name to the file's column name; null: they are called alike.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, a column of a type that is not read, bad rows: all in one message, with their numbers.</exception>
    public static RowSet<TrafficRow> ReadTraffic(string path, IReadOnlyDictionary<string, string>? columns = null, RowReading? reading = null) =>
        TrafficFormat.Instance.Read(path, reading, open: () => Rows(path, columns, reading));

    private static ParquetRows Rows(string path, IReadOnlyDictionary<string, string>? columns, RowReading? reading) =>
        new(path, columns ?? DataSource.NoColumns, reading ?? RowReading.Default);
}
