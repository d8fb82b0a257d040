using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>The first pass of a quantised index: the codes of a range of rows against some queries, a block of rows at a time so that it is read from memory once.</summary>
internal sealed unsafe class CodeScan(RowCode code, IndexSnapshot now, ulong[]? filter, int wanted, CancellationToken cancellationToken)
{
    private const int Group = 64;
    private const int Block = 16 * Group;

    public CandidateHeap[] Run(Rows<float> queries, ScanRange range)
    {
        var heaps = new CandidateHeap[queries.Count];
        byte[][] prepared = new byte[queries.Count][];
        for (int q = 0; q < queries.Count; q++)
        {
            heaps[q] = new CandidateHeap(wanted);
            prepared[q] = code.Prepare(queries[q]);
        }

        for (int s = 0; s < now.Segments.Length; s++)
        {
            var segment = now.Segments[s];
            int start = Math.Max(range.Start, segment.First);
            int end = Math.Min(range.End, segment.First + now.CountOf(s));
            if (start >= end)
            {
                continue;
            }

            using var pin = segment.Codes.Pin();
            byte* codes = (byte*)pin.Pointer - ((long)segment.First * code.Length);
            for (int block = start; block < end; block += Block)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (int q = 0; q < prepared.Length; q++)
                {
                    ScanBlock(prepared[q], codes, block, Math.Min(end, block + Block), heaps[q]);
                }
            }
        }

        return heaps;
    }

    public static void Merge(CandidateHeap[] into, CandidateHeap[] from)
    {
        for (int q = 0; q < into.Length; q++)
        {
            into[q].Merge(from[q]);
        }
    }

    private void ScanBlock(byte[] prepared, byte* codes, int start, int end, CandidateHeap heap)
    {
        int* scores = stackalloc int[Group];
        fixed (byte* query = prepared)
        {
            for (int group = start; group < end; group += Group)
            {
                ulong visible = now.Visible(group, end - group, filter);
                if (visible != 0)
                {
                    code.Score(query, codes + ((long)group * code.Length), visible, scores);
                    heap.Offer(group, visible, new ReadOnlySpan<int>(scores, Group));
                }
            }
        }
    }
}
