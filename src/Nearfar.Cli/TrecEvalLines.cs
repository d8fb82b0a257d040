using System.Globalization;
using System.Text;
using Nearfar.Evaluation.Ranking;

namespace Nearfar.Cli;

/// <summary>A table as trec_eval prints it: measure padded to 22, tab, query, tab, value.</summary>
/// <param name="table">What to print.</param>
/// <param name="full">17 significant digits (C's %.17g) in place of four decimals (C's %6.4f).</param>
internal sealed class TrecEvalLines(RankingTable table, bool full)
{
    private readonly StringBuilder _text = new();

    /// <param name="queries">Lines of each query first.</param>
    /// <param name="hideMissing">trec_eval 9 counts queries that the run lacks, and prints no line of theirs.</param>
    /// <param name="summary">Lines over all queries last.</param>
    public string Write(bool queries, bool hideMissing, bool summary)
    {
        foreach (var query in queries ? table.Queries.Where(q => !hideMissing || !q.IsMissing) : [])
        {
            for (int i = 0; i < table.Columns.Count; i++)
            {
                if (table.Columns[i].IsPerQuery)
                {
                    Line(i, query.Id, query.Values[i], query);
                }
            }
        }

        for (int i = 0; summary && i < table.Columns.Count; i++)
        {
            if (table.Columns[i].IsSummed)
            {
                Line(i, "all", table.Summary[i]);
            }
        }

        return _text.ToString();
    }

    private void Line(int column, string query, double value, RankedQuery? of = null)
    {
        var measure = table.Columns[column];
        string shown = measure.Summary == Summary.Tag ? table.Tag
            : measure.Summary == Summary.Text ? $"'{of!.Texts[measure.Name]}'"
            : measure.IsCount ? value.ToString("F0", CultureInfo.InvariantCulture)
            : full ? value.ToString("g17", CultureInfo.InvariantCulture)
            : FourDecimals(value);
        _text.Append(measure.Name.PadRight(22)).Append('\t').Append(query).Append('\t').Append(shown).Append('\n');
    }

    /// <summary>C's %6.4f: an exact half, which only odd multiples of 1/32 are, goes to the even digit; .NET takes it away from zero.</summary>
    internal static string FourDecimals(double value)
    {
        double in32nds = value * 32;
        bool half = Math.Abs(in32nds) < 1L << 50 && in32nds == Math.Floor(in32nds) && in32nds % 2 != 0;
        string text = half ? Math.Round((decimal)value, 4, MidpointRounding.ToEven).ToString("F4", CultureInfo.InvariantCulture)
            : value.ToString("F4", CultureInfo.InvariantCulture);
        return text.PadLeft(6);
    }
}
