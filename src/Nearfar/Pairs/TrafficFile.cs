namespace Nearfar.Pairs;

/// <summary>Traffic rows as JSONL, plain, gzip or zstd: one retrieval in production a line.</summary>
/// <remarks>
/// <c>{"id", "query", "time"?, "retrieved": [{"id", "score"?, "rank"?}], "expected_ids"? or "judged"?, "answer"?, "outcome": ok | failed | unknown,
/// "escalated"?, "tokens"?, "latency_ms"?, "embedding_model_version"?, "trace_id"?, "cohorts"?, "provenance"?}</c>. An unknown field is an error.
/// </remarks>
public static class TrafficFile
{
    /// <summary>All rows of a file.</summary>
    /// <param name="path">JSONL; gzip and zstd are known by their first bytes.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, or bad rows: all of them in one message, with their lines.</exception>
    public static RowSet<TrafficRow> Read(string path, RowReading? reading = null) => TrafficFormat.Instance.Read(path, reading);

    /// <summary>One row after the other, for logs larger than memory.</summary>
    /// <param name="path">JSONL; gzip and zstd are known by their first bytes.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">As <see cref="Read"/>, but thrown behind the last good row: do not keep what came before it.</exception>
    public static IEnumerable<TrafficRow> Stream(string path, RowReading? reading = null) => TrafficFormat.Instance.Stream(path, reading);

    /// <summary>Writes a file atomically; a name that ends in <c>.gz</c> or <c>.zst</c> is compressed. Equal rows give equal bytes.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="rows">In the order of the file.</param>
    public static void Write(string path, IEnumerable<TrafficRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        TrafficFormat.Instance.Write(path, rows);
    }
}
