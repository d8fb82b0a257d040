namespace Nearfar.Mining.Reviewing;

/// <summary>Likely false negatives as JSONL: <c>mine</c> writes them, a person decides, <c>mine --apply</c> reads them.</summary>
public static class ReviewFile
{
    /// <summary>All rows of a file; empty when it holds none.</summary>
    /// <param name="path">JSONL.</param>
    /// <exception cref="NearfarException">No such file, or bad rows: all of them in one message, with their lines.</exception>
    public static IReadOnlyList<ReviewRow> Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return File.Exists(path) && new FileInfo(path).Length == 0 ? [] : ReviewFormat.Instance.Read(path, null).Rows;
    }

    /// <summary>Writes a file atomically.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="rows">In the order of the file.</param>
    public static void Write(string path, IEnumerable<ReviewRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ReviewFormat.Instance.Write(path, rows);
    }

    /// <summary>Fresh rows behind the decided ones of an earlier file: no decision is lost by mining again, and none is asked for twice.</summary>
    /// <param name="earlier">Rows of the file that is written anew.</param>
    /// <param name="fresh">What a miner listed.</param>
    public static IReadOnlyList<ReviewRow> Merge(IReadOnlyList<ReviewRow> earlier, IReadOnlyList<ReviewRow> fresh)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        ArgumentNullException.ThrowIfNull(fresh);
        ReviewRow[] decided = [.. earlier.Where(r => r.Decision is not null)];
        return [.. decided, .. fresh.ExceptBy(decided.Select(r => r.Id), r => r.Id, StringComparer.Ordinal)];
    }
}
