using System.Buffers;
using System.Globalization;
using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>Numbers as reports print them: invariant culture, fixed decimals by measure, never "-0.000".</summary>
internal static class Figures
{
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    /// <summary>A value of a measure.</summary>
    public static string Value(string metric, double value) => Fixed(value, Decimals(metric));

    /// <summary>A difference with its sign; no sign when it rounds to zero.</summary>
    public static string Difference(string metric, double value)
    {
        string text = Fixed(value, Decimals(metric));
        return value > 0 && text.AsSpan().ContainsAnyInRange('1', '9') ? "+" + text : text;
    }

    /// <summary><c>[low, high]</c>, signed; <c>no interval</c> where there is no interval.</summary>
    public static string Interval(string metric, double? low, double? high) =>
        low is { } l && high is { } h ? $"[{Difference(metric, l)}, {Difference(metric, h)}]" : "no interval";

    /// <summary><c>low to high</c> without signs, for values rather than differences.</summary>
    public static string Range(string metric, double? low, double? high) =>
        low is { } l && high is { } h ? $"{Value(metric, l)} to {Value(metric, h)}" : "no interval";

    public static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A share as whole percent.</summary>
    public static string Percent(double share) => Fixed(100 * share, 0) + " %";

    /// <summary>Position in a drawing, as a percentage with two decimals.</summary>
    public static string Position(double percent) => Fixed(percent, 2) + "%";

    /// <summary>A coordinate with two decimals.</summary>
    public static string Coordinate(double value) => Fixed(value, 2);

    /// <summary><paramref name="count"/> with the noun in its number.</summary>
    public static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{Whole(count)} {(noun.EndsWith('y') ? noun[..^1] + "ies" : noun + "s")}";

    /// <summary>First 12 characters of a hash; ids stay whole.</summary>
    public static string ShortHash(string hash) => hash.Length > 20 && hash.AsSpan().IndexOfAnyExcept(Hex) < 0 ? hash[..12] : hash;

    public static string Fixed(double value, int decimals)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentException($"A report cannot print {value.ToString(CultureInfo.InvariantCulture)}; measures are finite numbers.", nameof(value));
        }

        string text = value.ToString("F" + Whole(decimals), CultureInfo.InvariantCulture);
        return text[0] == '-' && !text.AsSpan().ContainsAnyInRange('1', '9') ? text[1..] : text;
    }

    /// <summary>Shares of what should not happen.</summary>
    public static bool IsLowerBetter(string metric) =>
        metric == MetricNames.MarginBelowZero || metric.StartsWith("violation@", StringComparison.Ordinal) || metric.StartsWith("unjudged@", StringComparison.Ordinal);

    private static int Decimals(string metric) => metric is MetricNames.ZMarginMean or MetricNames.ZMarginHard ? 2 : 3;
}
