using Nearfar.Training;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

public class TouchedTokensTests
{
    // Texts over six tokens: "0 2 2 5", "2", nothing, "0 5".
    private static readonly TokenBags s_bags = new([new(0, 1), new(2, 2), new(5, 1), new(2, 1), new(0, 1), new(5, 1)], [0, 3, 4, 4, 6], [0.25f, 1, 0, 0.5f], [10, 11, 12, 13, 14, 15]);

    [Fact]
    public void Sort_ABatch_GivesEachTokensTextsWithTheirShares()
    {
        var touched = new TouchedTokens(6);
        touched.Sort(s_bags, [3, 1, 0, 1]);
        Assert.Equal([0, 2, 5], touched.Tokens[..touched.Count]);
        Assert.Equal([0, 2, 5, 7], touched.Starts[..(touched.Count + 1)]);
        Assert.Equal([new(0, 0.5f), new(2, 0.25f), new(1, 1), new(2, 0.5f), new(3, 1), new(0, 0.5f), new(2, 0.25f)], touched.Entries[..7]);
    }

    [Fact]
    public void Sort_AnotherBatch_KeepsNothingOfTheLast()
    {
        var touched = new TouchedTokens(6);
        touched.Sort(s_bags, [0, 1, 2, 3]);
        touched.Sort(s_bags, [2, 1]);
        Assert.Equal(1, touched.Count);
        Assert.Equal((2, 0, 1), (touched.Tokens[0], touched.Starts[0], touched.Starts[1]));
        Assert.Equal(new WeightedRow(1, 1), touched.Entries[0]);
        touched.Sort(s_bags, [2]);
        Assert.Equal(0, touched.Count);
    }
}
