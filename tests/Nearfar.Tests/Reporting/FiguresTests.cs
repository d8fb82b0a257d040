using Nearfar.Evaluation;
using Nearfar.Reporting;
using Xunit;

namespace Nearfar.Tests.Reporting;

public sealed class FiguresTests
{
    [Theory]
    [InlineData(0.0004, "0.000")]
    [InlineData(-0.0004, "0.000")]
    [InlineData(0.0312, "+0.031")]
    [InlineData(-0.0312, "-0.031")]
    [InlineData(0, "0.000")]
    public void Difference_Value_HasASignOnlyWhenItIsSeen(double value, string expected) => Assert.Equal(expected, Figures.Difference("recall@5", value));

    [Fact]
    public void Value_ZMargin_HasTwoDecimals() => Assert.Equal("1.57", Figures.Value(MetricNames.ZMarginMean, 1.5749));

    [Theory, InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void Fixed_NoNumber_IsRefused(double value) => Assert.Throws<ArgumentException>(() => Figures.Fixed(value, 3));

    [Theory]
    [InlineData("short", 10, "short")]
    [InlineData("  a \n\t b  ", 10, "a b")]
    [InlineData("abcdef", 3, "abc…")]
    [InlineData("ab cd", 3, "ab…")]
    [InlineData("e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301…")]
    [InlineData("👩‍💻👩‍💻", 1, "👩‍💻…")]
    [InlineData("", 5, "")]
    public void Snippet_Text_EndsBetweenLetters(string text, int longest, string expected) => Assert.Equal(expected, Snippet.Of(text, longest));
}
