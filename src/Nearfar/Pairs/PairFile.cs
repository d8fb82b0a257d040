namespace Nearfar.Pairs;

/// <summary>Pairs as JSONL, plain, gzip or zstd.</summary>
/// <remarks>
/// <c>{"id"?, "query", "positive_ids": […] or "positive_chunk": text or […], "hard_negative_ids"? or "hard_negative_chunk"?, "forbidden_ids"?,
/// "relevance"?, "query_id"?, "expected_answer"?, "embedding_model_version"?, "cohorts"?, "provenance"?}</c>. On input also anchor, positive,
/// negative; sentence1, sentence2; question, answer. An unknown field is an error.
/// </remarks>
public static class PairFile
{
    /// <summary>All pairs of a file, and the documents that it held inline.</summary>
    /// <param name="path">JSONL; gzip and zstd are known by their first bytes.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, or bad rows: all of them in one message, with their lines.</exception>
    public static RowSet<Pair> Read(string path, RowReading? reading = null)
    {
        var format = new PairFormat();
        return format.Read(path, reading, () => format.InlineDocuments);
    }

    /// <summary>Writes a file atomically, provenance included; a name that ends in <c>.gz</c> or <c>.zst</c> is compressed. Equal pairs give equal bytes.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="pairs">In the order of the file.</param>
    public static void Write(string path, IEnumerable<Pair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        new PairFormat().Write(path, pairs);
    }
}
