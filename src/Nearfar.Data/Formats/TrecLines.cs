using System.Text.Unicode;
using Nearfar.Evaluation.Ranking;
using Nearfar.Pairs;

namespace Nearfar.Data.Formats;

/// <summary>Lines of cells separated by white space, read by the parser that <see cref="RankingEvaluator"/> reads with.</summary>
internal static class TrecLines
{
    /// <summary>Takes one line.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public delegate string? Take(in TrecLine line, ReadOnlySpan<byte> block);

    /// <summary>All lines that are not empty, in the order of the file.</summary>
    /// <exception cref="NearfarException">No such file, an empty or damaged one, or bad lines: all in one message, with their numbers.</exception>
    public static void Read(string path, Take take)
    {
        var problems = new ProblemList();
        using var blocks = new TrecBlocks(path);
        byte[] buffer = new byte[1 << 20];
        var line = default(TrecLine);
        bool any = false;
        for (long lines = 0; blocks.Next(ref buffer, out int length) >= 0;)
        {
            var block = buffer.AsSpan(0, length);
            var scanner = new TrecScanner(block);
            bool valid = Utf8.IsValid(block);
            while (scanner.Next(ref line))
            {
                any = true;
                if ((valid ? null : TrecCells.NotUtf8(line, block)) is { } bytes)
                {
                    problems.Add(path, lines + line.Number + 1, bytes);
                }
                else if (take(line, block) is { } problem)
                {
                    problems.Add(path, lines + line.Number + 1, problem);
                }
            }

            lines += scanner.Lines;
        }

        problems.ThrowIfAny();
        if (!any)
        {
            throw new NearfarException(path, 0, TrecCells.Empty);
        }
    }

    /// <summary>An id that the format can carry.</summary>
    public static string Word(string id) => id.Length > 0 && !id.Any(char.IsWhiteSpace) ? id
        : throw new ArgumentException($"Id \"{id}\" is empty or holds white space, which a TREC file cannot carry. Rename it.", nameof(id));
}
