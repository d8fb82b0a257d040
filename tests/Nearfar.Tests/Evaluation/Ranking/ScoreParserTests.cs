using System.Globalization;
using CsCheck;
using Nearfar.Evaluation.Ranking;
using Xunit;

namespace Nearfar.Tests.Evaluation.Ranking;

public sealed class ScoreParserTests
{
    [Theory]
    [InlineData("0,9")]
    [InlineData("nan")]
    [InlineData("NaN")]
    [InlineData("inf")]
    [InlineData("-Infinity")]
    [InlineData("∞")]
    [InlineData("1e999")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("+-1")]
    [InlineData("1.2.3")]
    [InlineData("1e")]
    [InlineData("0x10")]
    [InlineData("1_000")]
    [InlineData("12a")]
    public void TryParse_NoFiniteNumber_IsFalse(string text) => Assert.False(ScoreParser.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("1.", 1)]
    [InlineData(".5", .5)]
    [InlineData("+7", 7)]
    [InlineData("-0.0", -0.0)]
    [InlineData("9007199254740993", 9007199254740992)]         // 2^53 + 1: to even
    [InlineData("0.1", 0.1)]
    [InlineData("0.3000000000000000166", 0.3)]                    // just below the middle of two doubles
    [InlineData("0.30000000000000001666", 0.30000000000000004)]   // just above it
    [InlineData("2.2250738585072014e-308", 2.2250738585072014e-308)]
    public void TryParse_KnownText_IsTheNearestDouble(string text, double value)
    {
        Assert.True(ScoreParser.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out double parsed));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(parsed));
    }

    [Fact]
    public void TryParse_AnyDecimal_IsTheNearestDouble()
    {
        var digits = Gen.Char['0', '9'].Array[0, 24].Select(c => new string(c));
        var exponent = Gen.OneOf(Gen.Const(""), Gen.Int[-340, 300].Select(e => $"e{e}"), Gen.Int[0, 30].Select(e => $"E+{e}"));
        Gen.Select(Gen.OneOf(Gen.Const(""), Gen.Const("-"), Gen.Const("+")), digits, Gen.OneOf(Gen.Const(""), Gen.Const(".")), digits, exponent).Sample((sign, whole, point, part, power) =>
        {
            string text = sign + whole + point + part + power;
            bool wanted = double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value);
            return ScoreParser.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out double parsed) == wanted
                && (!wanted || BitConverter.DoubleToInt64Bits(parsed) == BitConverter.DoubleToInt64Bits(value));
        }, seed: "0000KGzTNp14", iter: 100_000);
    }
}
