using System.Buffers.Text;
using System.Text.Unicode;

namespace Nearfar.Evaluation.Ranking;

/// <summary>What a line of a run or of judgements may hold, and what is said when it does not.</summary>
internal static class TrecCells
{
    public const string Empty = "is empty; at least one line is wanted.";

    public static string Twice(string query, string document) => $"document \"{document}\" stands twice for query \"{query}\". Keep one.";

    public static string JudgedTwice(string query, string document) => $"document \"{document}\" is judged twice for query \"{query}\". Keep one.";

    /// <summary>Query, document and score of a run's line.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? TryScore(in TrecLine line, ReadOnlySpan<byte> block, out double score)
    {
        score = 0;
        if (line.Count != 6)
        {
            return $"wanted 6 cells (query Q0 document rank score tag), came {Said(line.Count)}.";
        }

        var text = line.Cell(block, 4);
        return ScoreParser.TryParse(text, out score) ? null
            : $"score \"{Text(text)}\" is not a finite number{(text.Contains((byte)',') ? "; write a decimal point, not a comma" : "")}.";
    }

    /// <summary>Query, document and grade of a line of judgements.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? TryGrade(in TrecLine line, ReadOnlySpan<byte> block, out int grade)
    {
        grade = 0;
        if (line.Count != 4)
        {
            return $"wanted 4 cells (query 0 document grade), came {Said(line.Count)}.";
        }

        var text = line.Cell(block, 3);
        return IsWhole(text, out grade) ? null : $"grade \"{Text(text)}\" is not a whole number.";
    }

    /// <summary>For a line of a block that holds other bytes than UTF-8.</summary>
    /// <returns>What is wrong with this one; null when nothing is.</returns>
    public static string? NotUtf8(in TrecLine line, ReadOnlySpan<byte> block)
    {
        int last = Math.Min(line.Count, TrecLine.MostCells) - 1;
        return Utf8.IsValid(block[line.Starts[0]..(line.Starts[last] + line.Lengths[last])]) ? null : "is not UTF-8.";
    }

    /// <summary>A whole number of 32 bits, and nothing behind it.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> text, out int value) => Utf8Parser.TryParse(text, out value, out int read) && read == text.Length;

    public static string Text(ReadOnlySpan<byte> cell) => System.Text.Encoding.UTF8.GetString(cell);

    private static string Said(int cells) => cells > TrecLine.MostCells ? $"more than {TrecLine.MostCells}" : $"{cells}";
}
