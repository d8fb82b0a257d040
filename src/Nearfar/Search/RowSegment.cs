using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Rows that lie in one piece: those an index was built over, or room for added ones. A snapshot says how many of them it sees.</summary>
/// <param name="First">Position of the first row.</param>
/// <param name="Rows">[capacity, D].</param>
/// <param name="Codes">[capacity, bytes of a code]; empty in a flat index.</param>
internal sealed record RowSegment(int First, Rows<float> Rows, Memory<byte> Codes);

/// <summary>An index as one search sees it. What is added later lies behind what this counts, and deletion replaces its bits.</summary>
/// <param name="Segments">In order of position.</param>
/// <param name="Ids">At least <paramref name="Total"/> ids.</param>
/// <param name="Total">Positions, deleted ones too.</param>
/// <param name="Deleted">Deleted positions; null for none.</param>
/// <param name="Hidden">Deleted positions and those known to have no vector; null for none.</param>
/// <param name="Live">Positions that are not deleted.</param>
internal sealed record IndexSnapshot(RowSegment[] Segments, string[] Ids, int Total, ulong[]? Deleted, ulong[]? Hidden, int Live)
{
    /// <summary>Rows of a segment that this sees.</summary>
    public int CountOf(int segment) => (segment + 1 < Segments.Length ? Segments[segment + 1].First : Total) - Segments[segment].First;

    /// <summary>Of 64 positions from <paramref name="start"/> on, and no more than <paramref name="count"/>, those that may be found.</summary>
    public ulong Visible(int start, int count, ulong[]? filter)
    {
        ulong live = count >= 64 ? ulong.MaxValue : (1UL << count) - 1;
        live &= Hidden is null ? live : ~Bits.From(Hidden, start);
        return filter is null ? live : live & Bits.From(filter, start);
    }

    /// <summary>Whether one position may be found.</summary>
    public bool IsVisible(int position, ulong[]? filter) => !Bits.Has(Hidden, position) && (filter is null || Bits.Has(filter, position));

    public RowSegment SegmentOf(int position)
    {
        int s = Segments.Length - 1;
        while (Segments[s].First > position)
        {
            s--;
        }

        return Segments[s];
    }

    public Span<float> Row(int position)
    {
        var segment = SegmentOf(position);
        return segment.Rows[position - segment.First];
    }

    /// <summary>A range by segment: [start, end) of each that has a part of it.</summary>
    public IEnumerable<(RowSegment Segment, int Start, int End)> Parts(ScanRange range)
    {
        for (int s = 0; s < Segments.Length; s++)
        {
            int start = Math.Max(range.Start, Segments[s].First);
            int end = Math.Min(range.End, Segments[s].First + CountOf(s));
            if (start < end)
            {
                yield return (Segments[s], start, end);
            }
        }
    }
}
