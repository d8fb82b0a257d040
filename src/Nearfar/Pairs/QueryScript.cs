using System.Text;
using Nearfar.Text;

namespace Nearfar.Pairs;

/// <summary>The script most letters of a text are written in, as the ISO 15924 code.</summary>
internal static class QueryScript
{
    private static readonly (int First, int Last, string Code)[] s_ranges =
    [
        (0x0041, 0x024F, "Latn"), (0x0370, 0x03FF, "Grek"), (0x0400, 0x052F, "Cyrl"), (0x0530, 0x058F, "Armn"), (0x0590, 0x05FF, "Hebr"),
        (0x0600, 0x077F, "Arab"), (0x08A0, 0x08FF, "Arab"), (0x0900, 0x097F, "Deva"), (0x0980, 0x09FF, "Beng"), (0x0A00, 0x0A7F, "Guru"),
        (0x0A80, 0x0AFF, "Gujr"), (0x0B80, 0x0BFF, "Taml"), (0x0C00, 0x0C7F, "Telu"), (0x0C80, 0x0CFF, "Knda"), (0x0D00, 0x0D7F, "Mlym"),
        (0x0D80, 0x0DFF, "Sinh"), (0x0E00, 0x0E7F, "Thai"), (0x0E80, 0x0EFF, "Laoo"), (0x0F00, 0x0FFF, "Tibt"), (0x1000, 0x109F, "Mymr"),
        (0x10A0, 0x10FF, "Geor"), (0x1100, 0x11FF, "Hang"), (0x1200, 0x139F, "Ethi"), (0x1780, 0x17FF, "Khmr"), (0x1E00, 0x1EFF, "Latn"),
        (0x1F00, 0x1FFF, "Grek"), (0x3040, 0x30FF, "Jpan"), (0x3130, 0x318F, "Hang"), (0x31F0, 0x31FF, "Jpan"), (0xA960, 0xA97F, "Hang"),
        (0xAC00, 0xD7FF, "Hang"), (0xFB1D, 0xFB4F, "Hebr"), (0xFB50, 0xFDFF, "Arab"), (0xFE70, 0xFEFF, "Arab"),
    ];

    /// <returns>For example <c>Latn</c>; <c>Jpan</c> for Han with any kana beside it, <c>Hani</c> without; <c>Zyyy</c> for a text without letters.</returns>
    public static string Of(string text)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var rune in Text.Unicode.Normalization.Nfkc(text).EnumerateRunes().Where(Rune.IsLetter))
        {
            string code = CodeOf(rune.Value);
            counts[code] = counts.GetValueOrDefault(code) + 1;
        }

        if (counts.ContainsKey("Jpan") && counts.Remove("Hani", out int han))
        {
            counts["Jpan"] += han;
        }

        return counts.Count == 0 ? "Zyyy" : counts.MaxBy(c => c.Value).Key;
    }

    private static string CodeOf(int c)
    {
        foreach (var (first, last, code) in s_ranges)
        {
            if (c >= first && c <= last)
            {
                return code;
            }
        }

        return Words.IsUnspaced(c) ? "Hani" : "Zzzz";
    }
}
