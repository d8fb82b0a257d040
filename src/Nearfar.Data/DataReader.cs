using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>Chooses the reader of a source by what lies there. Bad rows are left out and reported in the row set.</summary>
internal static class DataReader
{
    private static readonly RowReading s_reading = new() { SkipInvalid = true };

    public static RowSet<Document> Documents(DataSource source) => DocumentFile.Read(source.Path, s_reading);

    public static RowSet<Pair> Pairs(DataSource source, string split) => PairFile.Read(source.Path, s_reading);

    public static RowSet<TrafficRow> Traffic(DataSource source) => TrafficFile.Read(source.Path, s_reading);
}
