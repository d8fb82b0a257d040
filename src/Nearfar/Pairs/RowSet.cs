namespace Nearfar.Pairs;

/// <summary>The rows of one file with the lines they stood on.</summary>
/// <typeparam name="T">A document, a pair or a traffic row.</typeparam>
public sealed class RowSet<T>
{
    internal RowSet(string path, IReadOnlyList<T> rows, IReadOnlyList<long> lines, IReadOnlyList<Document>? inlineDocuments = null,
        IReadOnlyList<DataProblem>? problems = null, long skipped = 0)
    {
        Path = path;
        Rows = rows;
        Lines = lines;
        InlineDocuments = inlineDocuments ?? [];
        Problems = problems ?? [];
        Skipped = skipped;
    }

    /// <summary>The file as the user named it.</summary>
    public string Path { get; }

    /// <summary>In file order.</summary>
    public IReadOnlyList<T> Rows { get; }

    /// <summary>1-based line of each row.</summary>
    public IReadOnlyList<long> Lines { get; }

    /// <summary>Documents made of texts that pairs held inline, each once, with content-hash ids; add them to the corpus.</summary>
    public IReadOnlyList<Document> InlineDocuments { get; }

    /// <summary>What was wrong with skipped rows: the first <see cref="RowReading.MaxProblems"/>. Empty unless <see cref="RowReading.SkipInvalid"/>.</summary>
    public IReadOnlyList<DataProblem> Problems { get; }

    /// <summary>Rows left out. 0 unless <see cref="RowReading.SkipInvalid"/>.</summary>
    public long Skipped { get; }
}
