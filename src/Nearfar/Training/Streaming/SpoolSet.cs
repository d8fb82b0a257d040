using Nearfar.Training.Sampling;

namespace Nearfar.Training.Streaming;

/// <summary>The blocks of a data set: in random order by epoch, cut into slices. In each part of an epoch one slice is in memory, that of a small set for several parts.</summary>
/// <remarks>A slice is cut into batches once in an epoch, whatever the number of parts that it stays for: small sets have whole batches, and every part has all sets.</remarks>
/// <param name="blocks">Ascending.</param>
/// <param name="rows">Readable ones.</param>
/// <param name="parts">Of an epoch.</param>
/// <param name="slices">1 to <paramref name="parts"/>.</param>
/// <param name="name">Behind the purposes of random numbers, with a space in front; empty for the only set.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="samplers">Cut a slice's rows.</param>
internal sealed class SpoolSet(int[] blocks, long rows, int parts, int slices, string name, ulong seed, SliceSamplers samplers)
{
    public long Rows => rows;

    /// <summary>The blocks that a part has of the set, ascending.</summary>
    public int[] BlocksOf(int epoch, int part) => Blocks(epoch, SliceOf(part));

    /// <summary>Batches that the slices make of all their rows, up to the end of each.</summary>
    public int[] EndsOf(int epoch)
    {
        int end = 0;
        return [.. Enumerable.Range(0, slices).Select(slice => end += SamplerOf(epoch, slice).CountOf(epoch))];
    }

    /// <summary>How many batches the set gives to a part.</summary>
    /// <param name="part">Its number.</param>
    /// <param name="ends">Of <see cref="EndsOf"/>.</param>
    /// <param name="quota">Batches that it gives in the epoch.</param>
    public int CountOf(int part, int[] ends, int quota)
    {
        var (_, from, to) = RangeOf(part, ends, quota);
        return to - from;
    }

    /// <summary>The batches that the set gives to a part; rows are numbered from 0 among those of <see cref="BlocksOf"/>.</summary>
    public IReadOnlyList<int[]> BatchesOf(int epoch, int part, int[] ends, int quota)
    {
        var (ofSlice, from, to) = RangeOf(part, ends, quota);
        return from == to ? [] : MixedSampler.Take(SamplerOf(epoch, SliceOf(part)), epoch, ofSlice, null)[from..to];
    }

    private int SliceOf(int part) => (int)((long)part * slices / parts);

    // Batches of the part's slice, and which of them are the part's: shares of the quota, so that their sum is the quota.
    private (int OfSlice, int From, int To) RangeOf(int part, int[] ends, int quota)
    {
        int slice = SliceOf(part), first = FirstPartOf(slice), stays = FirstPartOf(slice + 1) - first;
        long all = Math.Max(1, ends[^1]);
        long ofSlice = ((long)quota * ends[slice] / all) - (slice == 0 ? 0 : (long)quota * ends[slice - 1] / all);
        return ((int)ofSlice, (int)(ofSlice * (part - first) / stays), (int)(ofSlice * (part - first + 1) / stays));
    }

    private int FirstPartOf(int slice) => (int)((((long)slice * parts) + slices - 1) / slices);

    private int[] Blocks(int epoch, int slice)
    {
        int[] order = [.. blocks];
        SeededRandom.For(seed, epoch, "blocks" + name).Shuffle(order);
        int[] own = order[(int)((long)order.Length * slice / slices)..(int)((long)order.Length * (slice + 1) / slices)];
        Array.Sort(own);
        return own;
    }

    // The first slice is drawn like all rows of a set in memory.
    private IBatchSampler SamplerOf(int epoch, int slice) => samplers.Of(Blocks(epoch, slice), slice == 0 ? "batches" + name : FormattableString.Invariant($"batches{name} part {slice}"));
}
