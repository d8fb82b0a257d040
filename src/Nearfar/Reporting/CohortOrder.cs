using System.Buffers;
using System.Globalization;

namespace Nearfar.Reporting;

/// <summary>Order of an attribute's values: ranges such as <c>&lt;4</c>, <c>4-9</c>, <c>&gt;=9</c> by where they begin, anything else as it is spelt.</summary>
internal static class CohortOrder
{
    private static readonly SearchValues<char> s_number = SearchValues.Create("0123456789.-");

    /// <param name="values">Values of one attribute.</param>
    /// <returns>All of them, in the order they are read.</returns>
    public static IEnumerable<string> Of(IEnumerable<string> values)
    {
        string[] spelt = [.. values.Order(StringComparer.Ordinal)];
        var ranges = spelt.Where(v => v is not "(unknown)").Select(v => (Value: v, Start: StartOf(v))).ToArray();
        return ranges.Length > 1 && ranges.All(r => r.Start is not null)
            ? [.. ranges.OrderBy(r => r.Start).Select(r => r.Value), .. spelt.Where(v => v is "(unknown)")]
            : spelt;
    }

    // Years and versions alone are no ranges, though they would sort well: only values that say "below", "from to" or "from".
    private static double? StartOf(string value)
    {
        if (value.StartsWith('<'))
        {
            return NumberAt(value.AsSpan(1)) is null ? null : double.NegativeInfinity;
        }

        return value.StartsWith(">=", StringComparison.Ordinal) ? NumberAt(value.AsSpan(2))
            : value.IndexOf('-', 1) is var dash && dash > 0 && NumberAt(value.AsSpan(dash + 1)) is not null ? NumberAt(value.AsSpan(0, dash)) : null;
    }

    private static double? NumberAt(ReadOnlySpan<char> text)
    {
        int length = text.IndexOfAnyExcept(s_number);
        bool unit = length < 0 || length == text.Length - 1;        // days have a "d" behind the number
        return unit && double.TryParse(length < 0 ? text : text[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
    }
}
