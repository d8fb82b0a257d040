using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Training.Sampling;

public class SeededRandomTests
{
    [Fact]
    public void SplitMix_SeedZero_GivesThePublishedSequence()
    {
        ulong state = 0;
        Assert.Equal([0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC],
            Enumerable.Range(0, 4).Select(_ => SeededRandom.SplitMix(ref state)).ToArray());
    }

    [Fact]
    public void Next_StateOneToFour_GivesThePublishedSequence()
    {
        var random = new SeededRandom(1, 2, 3, 4);
        Assert.Equal([11520UL, 0UL, 1509978240UL, 1215971899390074240UL], Enumerable.Range(0, 4).Select(_ => random.Next()).ToArray());
    }

    [Fact]
    public void For_OtherSeedEpochOrPurpose_IsAnotherStream()
    {
        ulong[] first = [.. new[] { (1UL, 0L, "batches"), (2UL, 0L, "batches"), (1UL, 1L, "batches"), (1UL, 0L, "rows") }.Select(x => SeededRandom.For(x.Item1, x.Item2, x.Item3).Next())];
        Assert.Equal(4, first.Distinct().Count());
        Assert.Equal(first[0], SeededRandom.For(1, 0, "batches").Next());
    }

    [Fact]
    public void Below_Three_DrawsEachAThirdOfTheTime()
    {
        var random = new SeededRandom(7);
        int[] counts = new int[3];
        for (int i = 0; i < 30_000; i++)
        {
            counts[random.Below(3)]++;
        }

        Assert.All(counts, c => Assert.InRange(c, 9_650, 10_350));      // 4 standard deviations
    }

    [Fact]
    public void Bell_ManyDraws_HaveMeanZeroAndDeviationOne()
    {
        var random = new SeededRandom(7);
        double[] values = [.. Enumerable.Range(0, 100_000).Select(_ => (double)random.Bell())];
        Assert.Equal(0, values.Average(), 0.015);
        Assert.Equal(1, values.Average(v => v * v), 0.02);
    }

    [Fact]
    public void Shuffle_AnyList_KeepsItsItems()
    {
        int[] items = [.. Enumerable.Range(0, 100)];
        new SeededRandom(3).Shuffle(items);
        Assert.NotEqual(Enumerable.Range(0, 100), items);
        Assert.Equal(Enumerable.Range(0, 100), items.Order());
    }
}
