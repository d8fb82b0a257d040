using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>Rows of a table with named columns, as JSON objects: CSV and Parquet obey the rules of JSONL and give its messages.</summary>
internal abstract class TableRows : RowSource
{
    /// <summary>Our names of the columns, in file order.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Opens a table; Parquet is known by its first bytes, all else is CSV.</summary>
    public static TableRows Open(string path, IReadOnlyDictionary<string, string> columns, RowReading reading) =>
        ParquetFile.IsAt(path) ? new ParquetRows(path, columns, reading) : new CsvRows(path, columns, reading);

    /// <summary>These rows, unless a column is no field of a pair: told once for the file, not once for every row.</summary>
    /// <exception cref="NearfarException">An unknown column; the rows are closed.</exception>
    public RowSource ThrowUnlessPairs(string path)
    {
        foreach (string name in Names.Where(n => !PairFormat.Fields.Contains(n) && !IsInner(n)))
        {
            Dispose();
            throw new NearfarException(path, HeaderLine, NearestName.Unknown("column", name, PairFormat.Fields) + $" Map it with columns, or name it cohorts.{name} to keep it as a cohort.");
        }

        return this;
    }

    /// <summary>Line of the column names; 0 where they stand on none.</summary>
    protected abstract long HeaderLine { get; }

    /// <summary>Whether a column fills a field of an object: <c>cohorts.NAME</c>, <c>provenance.NAME</c>.</summary>
    protected static bool IsInner(string name) => name.StartsWith("cohorts.", StringComparison.Ordinal) || name.StartsWith("provenance.", StringComparison.Ordinal);

    /// <summary>Our names of a file's columns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">Its names.</param>
    /// <param name="columns">Our field name to the file's column name.</param>
    /// <exception cref="NearfarException">A mapped column is missing, a name stands twice or is empty.</exception>
    protected string[] Fields(string path, IReadOnlyList<string> header, IReadOnlyDictionary<string, string> columns)
    {
        var ours = columns.ToDictionary(c => c.Value, c => c.Key, StringComparer.Ordinal);
        foreach (string column in columns.Values.Where(c => !header.Contains(c, StringComparer.Ordinal)))
        {
            throw new NearfarException(path, HeaderLine, NearestName.Unknown("column", column, header));
        }

        string[] fields = [.. header.Select(h => ours.GetValueOrDefault(h, h))];
        if (fields.GroupBy(f => f, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new NearfarException(path, HeaderLine, $"two columns are \"{twice.Key}\". Rename one, or map it with columns.");
        }

        return fields.FirstOrDefault(f => f.Length == 0) is null ? fields
            : throw new NearfarException(path, HeaderLine, "a column has no name. Name it in the header.");
    }
}
