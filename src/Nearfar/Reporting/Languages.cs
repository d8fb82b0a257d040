using System.Buffers;
using Nearfar.Evaluation;
using Nearfar.Pairs;

namespace Nearfar.Reporting;

/// <summary>Language of a text where the data say so; never guessed.</summary>
internal static class Languages
{
    private static readonly SearchValues<char> TagCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly string[] Names = ["language", "lang"];

    public static string? Of(QueryScore query) => From(query.Cohorts);

    public static string? Of(Document document) => From(document.Attributes);

    private static string? From(IReadOnlyDictionary<string, string> values)
    {
        foreach (string name in Names)
        {
            if (values.TryGetValue(name, out string? value) && IsTag(value))
            {
                return value;
            }
        }

        return null;
    }

    // The shape of BCP 47: two or three letters, then subtags. "english" or "(unknown)" are values, not tags.
    private static bool IsTag(string value)
    {
        int primary = value.AsSpan().IndexOf('-') is var dash and >= 0 ? dash : value.Length;
        return primary is 2 or 3 && value.Length <= 35 && value.AsSpan(0, primary).IndexOfAnyExceptInRange('a', 'z') < 0
            && value.AsSpan().IndexOfAnyExcept(TagCharacters) < 0 && value[^1] != '-';
    }
}
