using System.Numerics;
using System.Runtime.Intrinsics;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>The first pass of a quantised index for few queries: over the codes where they lie.</summary>
internal sealed unsafe class CodeScan : StreamScan
{
    private readonly RowCode _code;
    private readonly IndexSnapshot _now;
    private readonly ulong[]? _filter;
    private readonly byte[][] _queries;
    private readonly CandidateHeap[] _heaps;

    private CodeScan(RowCode code, IndexSnapshot now, ulong[]? filter, int wanted, Rows<float> queries, CancellationToken cancellationToken) : base(now, filter, cancellationToken)
    {
        _code = code;
        _now = now;
        _filter = filter;
        _queries = new byte[queries.Count][];
        _heaps = new CandidateHeap[queries.Count];
        for (int q = 0; q < queries.Count; q++)
        {
            _queries[q] = code.Prepare(queries[q]);
            _heaps[q] = new CandidateHeap(wanted);
        }
    }

    public static CandidateHeap[] Run(RowCode code, IndexSnapshot now, ulong[]? filter, int wanted, Rows<float> queries, ScanRange range, CancellationToken cancellationToken)
    {
        var scan = new CodeScan(code, now, filter, wanted, queries, cancellationToken);
        foreach (var (segment, start, end) in now.Parts(range))
        {
            using var codes = segment.Codes.Pin();
            scan.Walk(codes.Pointer, code.Length, segment.First, start, end);
        }

        return scan._heaps;
    }

    public static void Merge(CandidateHeap[] into, CandidateHeap[] from)
    {
        for (int q = 0; q < into.Length; q++)
        {
            into[q].Merge(from[q]);
        }
    }

    protected override void Score(byte** rows, int* positions, int count, bool ahead)
    {
        int* scores = stackalloc int[Streams];
        for (int q = 0; q < _heaps.Length; q++)
        {
            fixed (byte* query = _queries[q])
            {
                _code.Score(query, rows, ahead && q == 0, scores);
            }

            uint reach = Vector256.GreaterThanOrEqual(Vector256.Load(scores), Vector256.Create(_heaps[q].Threshold)).ExtractMostSignificantBits() & ((1u << count) - 1);
            for (; reach != 0; reach &= reach - 1)
            {
                int j = BitOperations.TrailingZeroCount(reach);
                if (_now.IsVisible(positions[j], _filter))
                {
                    _heaps[q].Offer(positions[j], scores[j]);
                }
            }
        }
    }
}
