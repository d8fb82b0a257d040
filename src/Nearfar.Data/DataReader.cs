using Nearfar.Data.Formats;
using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>Chooses the reader of a source by what lies there. Bad rows are left out and reported in the row set.</summary>
internal static class DataReader
{
    private static readonly RowReading s_reading = new() { SkipInvalid = true };

    public static RowSet<Document> Documents(DataSource source) =>
        Directory.Exists(source.Path) ? new BeirFolder(source.Path).ReadCorpus(s_reading)
        : IsParquet(source) ? ParquetFile.ReadDocuments(source.Path, source.Columns, s_reading)
        : IsCsv(source) ? CsvFile.ReadDocuments(source.Path, source.Columns, s_reading)
        : DocumentFile.Read(Jsonl(source), s_reading);

    public static RowSet<Pair> Pairs(DataSource source, string split) =>
        Directory.Exists(source.Path) ? new BeirFolder(source.Path).ReadPairs(source.Split ?? split, s_reading)
        : IsParquet(source) ? ParquetFile.ReadPairs(source.Path, source.Columns, s_reading)
        : IsCsv(source) ? CsvFile.ReadPairs(source.Path, source.Columns, s_reading)
        : PairFile.Read(Jsonl(source), s_reading);

    public static RowSet<TrafficRow> Traffic(DataSource source) =>
        IsParquet(source) ? ParquetFile.ReadTraffic(source.Path, source.Columns, s_reading)
        : TrafficFile.Read(Jsonl(source), s_reading);

    internal static bool IsCsv(DataSource source)
    {
        string name = source.Path;
        foreach (string packing in new[] { ".gz", ".zst" })
        {
            name = name.EndsWith(packing, StringComparison.OrdinalIgnoreCase) ? name[..^packing.Length] : name;
        }

        return name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase);
    }

    // By the first bytes: what is called .csv and is Parquet is read as what it is.
    internal static bool IsParquet(DataSource source) => ParquetFile.IsAt(source.Path);

    private static string Jsonl(DataSource source) => source.Columns.Count == 0 && source.Split is null ? source.Path
        : throw new NearfarException(source.Path, 0, "columns belong to CSV and Parquet, and split to BEIR folders; this is read as JSONL. Remove them.");
}
