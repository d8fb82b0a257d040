using System.Globalization;
using System.Text;

namespace Nearfar.Data.Init;

/// <summary>Headings as the last part of an id: lower case, words joined by hyphens, as code hosts make anchors.</summary>
internal static class Slugs
{
    public static string Of(string heading)
    {
        var slug = new StringBuilder();
        foreach (var rune in heading.Normalize(NormalizationForm.FormKC).ToLowerInvariant().EnumerateRunes())
        {
            bool word = Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            if (word && slug.Length < 80)
            {
                slug.Append(rune.ToString());
            }
            else if (!word && slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        return slug.ToString().Trim('-') is { Length: > 0 } text ? text : "section";
    }
}
