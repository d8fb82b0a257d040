using Nearfar.Pairs;

namespace Nearfar.Cli;

/// <summary>The files that a verb writes: none is there yet, and either all are written or none.</summary>
internal sealed class OutputFiles
{
    private readonly List<(string Path, Action<string> Write)> _files = [];

    public void Add(string path, Action<string> write) => _files.Add((path, write));

    public void AddPairs(string path, IReadOnlyList<Pair> pairs) => Add(path, p => PairFile.Write(p, pairs));

    public void AddDocuments(string path, IReadOnlyList<Document> documents) => Add(path, p => DocumentFile.Write(p, documents));

    /// <exception cref="NearfarException">A file is there already.</exception>
    public void Write()
    {
        if (_files.FirstOrDefault(f => File.Exists(f.Path) || Directory.Exists(f.Path)).Path is { } there)
        {
            throw new NearfarException(there, 0, "exists; nothing is written over. Name another with --out, or move it away.");
        }

        var written = new List<string>();
        try
        {
            foreach (var (path, write) in _files)
            {
                write(path);
                written.Add(path);
            }
        }
        catch       // either all or none; what went wrong goes on to the caller
        {
            written.ForEach(Remove);
            throw;
        }
    }

    // A file that cannot be removed either must not hide why it had to be.
    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary><c>pairs.jsonl</c> and <c>dropped</c> to <c>pairs.dropped.jsonl</c>; a packed file stays packed.</summary>
    public static string Beside(string path, string word)
    {
        string end = System.IO.Path.GetExtension(path);
        if (end.Equals(".gz", StringComparison.OrdinalIgnoreCase) || end.Equals(".zst", StringComparison.OrdinalIgnoreCase))
        {
            end = System.IO.Path.GetExtension(path[..^end.Length]) + end;
        }

        return $"{path[..^end.Length]}.{word}{end}";
    }
}
