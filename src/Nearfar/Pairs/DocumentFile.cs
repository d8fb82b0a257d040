namespace Nearfar.Pairs;

/// <summary>Documents as JSONL, plain, gzip or zstd: <c>{"id", "text", "title"?, attributes…}</c>.</summary>
/// <remarks>An unknown field is an attribute when it is a text, number or truth value, and an error when it is a list or an object.</remarks>
public static class DocumentFile
{
    /// <summary>All documents of a file.</summary>
    /// <param name="path">JSONL; gzip and zstd are known by their first bytes.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, or bad rows: all of them in one message, with their lines.</exception>
    public static RowSet<Document> Read(string path, RowReading? reading = null) => DocumentFormat.Plain.Read(path, reading);

    /// <summary>One document after the other, for files larger than memory.</summary>
    /// <param name="path">JSONL; gzip and zstd are known by their first bytes.</param>
    /// <param name="reading">Limits, and whether bad rows are left out; null for the defaults.</param>
    /// <exception cref="NearfarException">As <see cref="Read"/>, but thrown behind the last good row: do not keep what came before it.</exception>
    public static IEnumerable<Document> Stream(string path, RowReading? reading = null) => DocumentFormat.Plain.Stream(path, reading);

    /// <summary>Writes a file atomically; a name that ends in <c>.gz</c> or <c>.zst</c> is compressed. Equal documents give equal bytes.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="documents">In the order of the file.</param>
    public static void Write(string path, IEnumerable<Document> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        DocumentFormat.Plain.Write(path, documents);
    }
}
