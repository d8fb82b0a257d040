using System.Globalization;
using System.Text.RegularExpressions;
using Nearfar.Reporting;
using Xunit;

namespace Nearfar.Tests.Reporting;

/// <summary>Contrast by WCAG 2.2: text 4.5:1 (1.4.3), marks that carry meaning 3:1 (1.4.11), in both colour schemes and on paper.</summary>
public sealed partial class StylesheetTests
{
    private static readonly string[] Themes = ["light", "dark", "print"];

    public static TheoryData<string, string, string> Texts => Every(
        ("ink", "ground"), ("soft", "ground"), ("good", "ground"), ("bad", "ground"), ("open", "ground"), ("now", "ground"),
        ("ink", "raised"), ("soft", "raised"),
        ("ink", "good-ground"), ("ink", "bad-ground"), ("ink", "open-ground"), ("soft", "good-ground"), ("soft", "bad-ground"), ("soft", "open-ground"),
        ("good", "good-ground"), ("bad", "bad-ground"), ("open", "open-ground"));

    public static TheoryData<string, string, string> Marks => Every(("now", "ground"), ("then", "ground"), ("soft", "ground"), ("good", "ground"), ("bad", "ground"), ("open", "ground"), ("focus", "ground"), ("bad", "open-ground"));

    [Theory, MemberData(nameof(Texts))]
    public void Css_Text_ReachesFourAndAHalf(string theme, string front, string back) => Assert.True(Contrast(theme, front, back) >= 4.5, $"{Contrast(theme, front, back):0.00}");

    [Theory, MemberData(nameof(Marks))]
    public void Css_Mark_ReachesThree(string theme, string front, string back) => Assert.True(Contrast(theme, front, back) >= 3, $"{Contrast(theme, front, back):0.00}");

    [Theory]
    [InlineData("#ffffff", "#000000", 21)]
    [InlineData("#777777", "#ffffff", 4.48)]
    public void Contrast_KnownPairs_AsWcagHasThem(string front, string back, double expected) => Assert.Equal(expected, Ratio(front, back), 0.01);

    [Fact]
    public void Css_EveryColourOfTheRules_IsOneOfTheTheme()
    {
        string rules = Themed().Replace(Stylesheet.Css, "");
        Assert.DoesNotMatch("#[0-9a-fA-F]{3,8}\\b", rules);
        var light = Colours("light");
        Assert.All(Used().Matches(rules).Select(m => m.Groups[1].Value), name => Assert.Contains(name, light.Keys));
    }

    private static TheoryData<string, string, string> Every(params (string Front, string Back)[] pairs)
    {
        var data = new TheoryData<string, string, string>();
        foreach (var (theme, pair) in Themes.SelectMany(t => pairs.Select(p => (t, p))))
        {
            data.Add(theme, pair.Front, pair.Back);
        }

        return data;
    }

    private static double Contrast(string theme, string front, string back) => Ratio(Colours(theme)[front], Colours(theme)[back]);

    private static Dictionary<string, string> Colours(string theme)
    {
        string[] blocks = [.. Themed().Matches(Stylesheet.Css).Select(m => m.Value)];
        Assert.Equal(3, blocks.Length);
        string block = blocks[Array.IndexOf(Themes, theme)];
        return Variable().Matches(block).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value, StringComparer.Ordinal);
    }

    private static double Ratio(string front, string back)
    {
        double a = Luminance(front), b = Luminance(back);
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string colour)
    {
        string hex = colour.Length == 4 ? string.Concat(colour[1..].Select(c => $"{c}{c}")) : colour[1..];
        double[] parts = [.. hex.Chunk(2).Select(c => int.Parse(c, NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0).Select(v => v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4))];
        return (0.2126 * parts[0]) + (0.7152 * parts[1]) + (0.0722 * parts[2]);
    }

    [GeneratedRegex(@":root \{.*?\}", RegexOptions.Singleline)]
    private static partial Regex Themed();

    [GeneratedRegex(@"--([a-z-]+): (#[0-9a-f]{3,6});")]
    private static partial Regex Variable();

    [GeneratedRegex(@"var\(--([a-z-]+)\)")]
    private static partial Regex Used();
}
