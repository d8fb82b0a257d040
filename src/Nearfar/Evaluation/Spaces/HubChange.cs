using Nearfar.Evaluation.Geometry;
using Nearfar.Search;

namespace Nearfar.Evaluation.Spaces;

/// <summary>How N_k, the times a document is among the first k, moved from one space to another.</summary>
/// <param name="SkewBefore">Skewness of N_k in the first; null when nothing was found.</param>
/// <param name="SkewAfter">Skewness of N_k in the second; null when nothing was found.</param>
/// <param name="Moved">Share of all places in the lists that went to another document: half the sum of absolute changes over their number.</param>
/// <param name="Documents">The documents whose count changed most, ten at most; equal changes by id.</param>
public sealed record HubChange(double? SkewBefore, double? SkewAfter, double Moved, IReadOnlyList<HubMove> Documents)
{
    internal static HubChange Of(IReadOnlyList<string[]> before, IReadOnlyList<string[]> after, int documentsBefore, int documentsAfter, int k)
    {
        var old = Count(before);
        var now = Count(after);
        HubMove[] moves = [.. old.Keys.Union(now.Keys, StringComparer.Ordinal).Select(id => new HubMove(id, old.GetValueOrDefault(id), now.GetValueOrDefault(id)))];
        double places = Math.Max(old.Values.Sum(), now.Values.Sum());
        return new(
            HubCounts.Figures(old.Values, documentsBefore, k)?[0], HubCounts.Figures(now.Values, documentsAfter, k)?[0],
            places == 0 ? 0 : moves.Sum(m => Math.Abs((double)m.After - m.Before)) / 2 / places,
            [.. moves.Where(m => m.Before != m.After).OrderByDescending(m => Math.Abs(m.After - m.Before)).ThenBy(m => m.Id, Utf8Order.Ascending).Take(10)]);
    }

    private static Dictionary<string, int> Count(IEnumerable<string[]> lists) =>
        lists.SelectMany(l => l).GroupBy(id => id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
}

/// <summary>A document's count in two spaces.</summary>
/// <param name="Id">Document id.</param>
/// <param name="Before">Lists of the first that hold it.</param>
/// <param name="After">Lists of the second that hold it.</param>
public sealed record HubMove(string Id, int Before, int After);
