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

    /// <summary>The file as the user named it; of several files all, separated by commas.</summary>
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

    private IReadOnlyList<string>? Paths { get; init; }

    /// <summary>The file of a row.</summary>
    internal string PathOf(int row) => Paths?[row] ?? Path;

    /// <summary>Several files as one set.</summary>
    /// <param name="sets">The files, their rows in this order.</param>
    /// <param name="rows">All rows.</param>
    internal static RowSet<T> Joined(IReadOnlyList<RowSet<T>> sets, IReadOnlyList<T> rows) => new(
        string.Join(", ", sets.Select(s => s.Path)), rows, [.. sets.SelectMany(s => s.Lines)], [.. sets.SelectMany(s => s.InlineDocuments).DistinctBy(d => d.Id)],
        [.. sets.SelectMany(s => s.Problems)], sets.Sum(s => s.Skipped))
    {
        Paths = [.. sets.SelectMany(s => Enumerable.Repeat(s.Path, s.Rows.Count))],
    };

    /// <summary>The same files with other rows in their places.</summary>
    internal RowSet<T> With(IReadOnlyList<T> rows) => new(Path, rows, Lines, InlineDocuments, Problems, Skipped) { Paths = Paths };
}
