using System.Text.Unicode;
using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>Lines of cells separated by white space.</summary>
internal static class TrecLines
{
    public static IEnumerable<(string[] Cells, long Line)> Read(string path, ProblemList problems)
    {
        using var lines = new LineReader(path, RowReading.Default);
        bool any = false;
        while (TryNext(lines, path, problems, out string[]? cells))
        {
            if (cells is { Length: > 0 })
            {
                any = true;
                yield return (cells, lines.Line);
            }
        }

        if (!any && problems.Count == 0)
        {
            throw new NearfarException(path, 0, "is empty; at least one line is wanted.");
        }
    }

    /// <summary>An id that the format can carry.</summary>
    public static string Word(string id) => id.Length > 0 && !id.Any(char.IsWhiteSpace) ? id
        : throw new ArgumentException($"Id \"{id}\" is empty or holds white space, which a TREC file cannot carry. Rename it.", nameof(id));

    private static bool TryNext(LineReader lines, string path, ProblemList problems, out string[]? cells)
    {
        cells = null;
        if (!lines.Next(out var line))
        {
            return false;
        }

        if (lines.Trouble is { } trouble)
        {
            problems.Add(path, lines.Line, trouble);
        }
        else if (!Utf8.IsValid(line))
        {
            problems.Add(path, lines.Line, "is not UTF-8.");
        }
        else
        {
            cells = System.Text.Encoding.UTF8.GetString(line).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        }

        return true;
    }
}
