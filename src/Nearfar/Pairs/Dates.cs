using System.Globalization;

namespace Nearfar.Pairs;

/// <summary>ISO 8601 dates and times, and no other spelling: 3/4/2026 is two days.</summary>
internal static class Dates
{
    /// <summary>A date or time; without an offset it is UTC.</summary>
    public static bool TryParseTime(string text, out DateTimeOffset time)
    {
        time = default;
        return text.Length >= 10 && text[4] == '-' && text[7] == '-' && char.IsAsciiDigit(text[0])
            && (text.Length == 10 || text[10] is 'T' or ' ')
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    /// <summary>The day of a date or time as it is written there.</summary>
    public static bool TryParseDay(string text, out DateOnly day)
    {
        bool read = TryParseTime(text, out var time);
        day = read ? DateOnly.FromDateTime(time.DateTime) : default;
        return read;
    }

    public static string Write(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture);
}
