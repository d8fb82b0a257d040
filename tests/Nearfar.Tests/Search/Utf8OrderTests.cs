using CsCheck;
using Nearfar.Search;
using Xunit;

namespace Nearfar.Tests.Search;

public class Utf8OrderTests
{
    [Theory]
    [InlineData("a", "b", -1)]
    [InlineData("a", "a", 0)]
    [InlineData("a", "ab", -1)]
    [InlineData("", "a", -1)]
    [InlineData("\uFFFD", "\U0001F600", -1)]       // UTF-16 units would say +1
    [InlineData("\uE000", "\U00010000", -1)]
    [InlineData("\uD7FF", "\U00010000", -1)]
    [InlineData("\U0001F600", "\U0001F601", -1)]
    public void Compare_KnownIds_OrdersByBytes(string x, string y, int sign)
    {
        Assert.Equal(sign, Math.Sign(Utf8Order.Ascending.Compare(x, y)));
        Assert.Equal(-sign, Math.Sign(Utf8Order.Ascending.Compare(y, x)));
    }

    [Fact]
    public void Compare_AnyText_AgreesWithItsBytes()
    {
        var rune = Gen.OneOf(Gen.Int[0x20, 0x7F], Gen.Int[0xD700, 0xD7FF], Gen.Int[0xE000, 0xFFFF], Gen.Int[0x10000, 0x10FFFF]);
        var text = rune.Array[0, 5].Select(runes => string.Concat(runes.Select(char.ConvertFromUtf32)));
        Gen.Select(text, text).Sample((x, y) =>
            Math.Sign(Utf8Order.Ascending.Compare(x, y))
            == Math.Sign(System.Text.Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(y))));
    }
}
